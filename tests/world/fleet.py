"""All processes of the product against a sandbox portal, to be killed at will."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
import requests

from router.clock import real_clock
from router.hubspot.api.gateway import Gateway
from router.hubspot.setup import apply, plan_for
from router.sandbox.http.client import SandboxClient, start_sandbox
from router.store.budget.budget import CallBudget
from router.store.embedded import EmbeddedValkey
from router.store.keys import Keys
from router.timestamps import epoch_ms
from tests.world.commands_sent import CommandsSent
from tests.world.deliveries import HEALTH_TOKEN
from tests.world.leads import OWNERS
from tests.world.rule_folders import CATALOG, SMALL

PORTAL = "49645859"
PYTHON_PATH = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
PUBLIC_URL = "https://leads.example.fr/webhooks/hubspot"
WEIGHTS = {OWNERS["camille"]: 2, OWNERS["hugo"]: 1, OWNERS["lea"]: 1}
SETTLE = "\nsettle: {wait: 1s, quiet: 1s, revise: 15min}\n"
"""Leads that lack a fact wait a second, and are decided again when one comes."""
CRASH_POINTS = (
    "after_recall",
    "after_read",
    "after_commit",
    "before_write",
    "after_write",
    "after_finish",
)


@dataclass
class Fleet:
    """The running product. A process that dies is started again, as a supervisor would."""

    sandbox: SandboxClient
    valkey: EmbeddedValkey
    directory: Path
    environment: dict[str, str]
    without: str = ""
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    crash_points: tuple[str, ...] = ()
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    kills: int = 0
    pauses: int = 0
    """Processes that stood still and went on again."""
    redis_kills: int = 0
    respawns: int = 0
    deaths: Counter[str] = field(default_factory=Counter)
    """By role, whatever killed: the harness or a crash point."""
    events: list[tuple[float, str]] = field(default_factory=list)
    """What happened to processes and when (epoch ms)."""
    url: str = ""
    _still: set[int] = field(default_factory=set)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def redis(self) -> redis.Redis:
        """A client of the fleet's Valkey."""
        return redis.Redis.from_url(self.valkey.url, decode_responses=True)

    @property
    def keys(self) -> Keys:
        """The keys of the fleet's portal."""
        return Keys(PORTAL)

    @property
    def ledger_file(self) -> Path:
        """The ledger, once a process has opened it."""
        return self.directory / "var" / "ledger.sqlite3"

    @property
    def orders(self) -> Path:
        """The folder of orders to die or to stand still, with a folder for each role."""
        return self.directory / "orders"

    @property
    def commands(self) -> Path:
        """The file of the commands that Redis was sent."""
        return self.directory / "redis-commands.txt"

    def start(self, *, workers: int) -> None:
        """Start web, workers, housekeeping and cron, and keep them running."""
        self._start("web")
        for name in [*(f"worker{n}" for n in range(workers)), "housekeeping", "cron"]:
            self._start(name)
        threading.Thread(target=self._supervise, daemon=True).start()

    def is_up(self) -> bool:
        """Every process has begun its work, and none stands still."""
        reported = {name.rpartition(":")[2] for name in self.redis.hkeys(self.keys.progress)}
        with self._lock:
            return not self._still and all(
                process.poll() is None and (name == "web" or str(process.pid) in reported)
                for name, process in self.running.items()
            )

    def going(self, *roles: str) -> list[str]:
        """The processes of these roles that do not stand still."""
        with self._lock:
            return [
                name
                for name, process in self.running.items()
                if name.rstrip("0123456789") in roles and process.pid not in self._still
            ]

    def times_rules_went_live(self, name: str) -> int:
        """How often this process has taken up rule files; each does so by itself."""
        log = self.directory / f"{name}.log"
        return log.read_text().count('"rules.went_live"') if log.exists() else 0

    def begin_commands(self) -> None:
        """Forget the commands of Redis so far; what follows is another story."""
        if self.commands.exists():
            os.truncate(self.commands, 0)

    def kill(self, name: str) -> None:
        """End a process as the kernel would."""
        with self._lock:
            self._note(f"{name} is killed")
            self.running[name].send_signal(signal.SIGKILL)
            self.kills += 1

    def kill_redis(self) -> None:
        """End Redis as a power cut would, and start it again."""
        self._note("Redis is killed")
        self.redis_kills += 1
        self.valkey.kill()
        self.valkey.start()
        self._note("Redis is back")

    def pause(self, name: str, *, seconds: float) -> None:
        """Stop a process for a while, as a machine that hangs; it goes on where it was."""
        with self._lock:
            process = self.running[name]
            process.send_signal(signal.SIGSTOP)
        self.paused(name, process.pid, seconds=seconds)

    def paused(self, name: str, pid: int, *, seconds: float) -> None:
        """A process stands still: let it go on after these seconds."""
        self._note(f"{name} is paused for {seconds} s")
        self._still.add(pid)

        def wake() -> None:
            with self._lock:
                for process in self.running.values():
                    if process.pid == pid:
                        process.send_signal(signal.SIGCONT)
                        self.pauses += 1
                        self._note(f"{name} goes on")
            self._still.discard(pid)

        timer = threading.Timer(seconds, wake)
        timer.daemon = True
        timer.start()

    def stop(self) -> None:
        """End everything in good order."""
        self._stopping.set()
        with self._lock:
            for process in self.running.values():
                process.send_signal(signal.SIGTERM)
                process.send_signal(signal.SIGCONT)
            for process in self.running.values():
                try:
                    process.wait(timeout=15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def logs(self) -> str:
        """The last words of every process."""
        return "\n".join(
            f"--- {path.name}\n" + "\n".join(path.read_text().splitlines()[-15:])
            for path in sorted(self.directory.glob("*.log"))
        )

    def _note(self, what: str) -> None:
        self.events.append((epoch_ms(real_clock()), what))

    def _start(self, name: str) -> None:
        role = name.rstrip("0123456789")
        environment = self.environment | {"LEAD_ROUTER_WITHOUT": self.without}
        if role == "worker" and self.crash_points:
            point = self.chance.choice(self.crash_points)
            passage = self.chance.randint(1, 12)
            environment["LEAD_ROUTER_CRASH_AT"] = point if "@" in point else f"{point}@{passage}"
        with (self.directory / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "tests.crash.sabotage", role],
                env=environment,
                stdout=subprocess.PIPE if role == "web" else log,
                stderr=log,
                cwd=self.directory,
            )
        self._note(f"{name} is started as {self.running[name].pid}")
        if role == "web":
            stdout = self.running[name].stdout
            line = stdout.readline().decode() if stdout else ""
            if "listening on " in line:  # else it has ended, and is started again
                self.url = line.split("listening on ", 1)[1].strip()
                self.environment["PORT"] = self.url.rsplit(":", 1)[1]

    def _supervise(self) -> None:
        while not self._stopping.wait(0.1):
            with self._lock:
                for name, process in list(self.running.items()):
                    if process.poll() is not None and not self._stopping.is_set():
                        self.respawns += 1
                        self.deaths[name.rstrip("0123456789")] += 1
                        self._note(f"{name} ({process.pid}) has ended with {process.returncode}")
                        self._start(name)


def health_of(fleet: Fleet) -> tuple[int, dict[str, Any]]:
    """Status and details of the fleet's health page."""
    headers = {"Authorization": f"Bearer {HEALTH_TOKEN}"}
    answer = requests.get(f"{fleet.url}/health", headers=headers, timeout=5)
    return answer.status_code, answer.json()


def said(fleet: Fleet, condition: str) -> list[str]:
    """What the health page says of one condition."""
    return [one["sentence"] for one in health_of(fleet)[1]["findings"] if one["condition"] == condition]


@contextmanager
def a_fleet(
    directory: Path,
    *,
    workers: int = 3,
    without: str = "",
    seed: int = 0,
    crash_points: tuple[str, ...] = (),
    routing: str = "",
    scale: float = 1.0,
) -> Iterator[Fleet]:
    """A fleet on an empty portal; `without` names a guard that is taken out (see sabotage.py).

    `routing` is written below the rules of `routing.yaml`. With a `scale` below 1 every deadline is shorter.
    """
    with a_quiet_fleet(directory, routing=routing) as fleet:
        fleet.without, fleet.chance, fleet.crash_points = without, random.Random(seed), crash_points
        fleet.environment["LEAD_ROUTER_DEADLINES"] = str(scale)
        heard = CommandsSent(fleet.valkey.socket, fleet.commands)
        heard.start()
        fleet.start(workers=workers)
        try:
            yield fleet
        finally:
            fleet.stop()
            heard.stop()


@contextmanager
def a_quiet_fleet(directory: Path, *, routing: str = "") -> Iterator[Fleet]:
    """Portal, Redis and rules of a fleet whose processes do not run yet."""
    rules = directory / "config"
    shutil.copytree(SMALL, rules)
    shutil.copy(CATALOG, rules)
    with (rules / "routing.yaml").open("a") as file:
        file.write(routing)
    with (
        start_sandbox() as sandbox,
        EmbeddedValkey(directory / "valkey", appendfsync="always") as valkey,
    ):
        sandbox.settings(latency_ms=20, calls_per_10s=0, searches_per_s=0, calls_per_day=0, search_lag_ms=0)
        sandbox.settings(keep_calls=True)
        environment = os.environ | {
            "HUBSPOT_ACCESS_TOKEN": sandbox.token,
            "HUBSPOT_CLIENT_SECRET": sandbox.client_secret,
            "HUBSPOT_PORTAL_ID": PORTAL,
            "HUBSPOT_BASE_URL": sandbox.base_url,
            "HUBSPOT_CALLS_PER_10S": "5000",
            "PUBLIC_WEBHOOK_URL": PUBLIC_URL,
            "REDIS_URL": valkey.url,
            "CONFIG_DIR": str(rules),
            "VAR_DIR": str(directory / "var"),
            "HOST": "127.0.0.1",
            "PORT": "0",
            "LOG_FORMAT": "json",
            "HEALTH_TOKEN": HEALTH_TOKEN,
            "LEAD_ROUTER_ORDERS": str(directory / "orders"),
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *PYTHON_PATH]),
        }
        client = redis.Redis.from_url(valkey.url, decode_responses=True)
        gateway = Gateway(
            access_token=sandbox.token,
            base_url=sandbox.base_url,
            api_version="v3",
            budget=CallBudget(client, Keys(PORTAL)),
        )
        apply(gateway, plan_for(gateway))
        yield Fleet(sandbox, valkey, directory, environment)


def announce_to(fleet: Fleet, *, duplicates: float = 0.5, properties: tuple[str, ...] = ()) -> None:
    """From now on the portal posts its webhooks to the fleet."""
    fleet.sandbox.deliver(
        f"{fleet.url}/webhooks/hubspot",
        public_url=PUBLIC_URL,
        batch_min=1,
        batch_max=30,
        duplicates=duplicates,
        shuffle=True,
        form="mixed",
        retry_base_s=0.2,
        retry_max_s=1.0,
        retries=100,
        properties=properties,
        enabled=True,
    )


def until(condition: Callable[[], bool], *, within_s: float) -> bool:
    """Whether the condition came true within the time."""
    ends_at = time.monotonic() + within_s
    while time.monotonic() < ends_at:
        if condition():
            return True
        time.sleep(0.1)
    return condition()
