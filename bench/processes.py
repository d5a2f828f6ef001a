"""Start and stop the processes of a bench: Valkey, a sandbox portal, and whatever runs against them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.network import on_network
from router.hubspot.api.gateway import Gateway
from router.hubspot.setup import apply, plan_for
from router.sandbox.http.client import SandboxClient, start_sandbox
from router.store.budget.budget import CallBudget
from router.store.embedded import EmbeddedValkey
from router.store.keys import Keys

REPOSITORY = Path(__file__).parents[1]
PORTAL = "49645859"


@dataclass(frozen=True)
class Stage:
    """An empty portal, an empty Valkey, and the environment that processes need to use them."""

    sandbox: SandboxClient
    valkey: EmbeddedValkey
    directory: Path
    environment: dict[str, str]
    prefix: tuple[str, ...] = ()
    """What stands before a command so that it runs on its host."""


@contextlib.contextmanager
def a_stage(*, config: Path, calls_per_10s: int, address: str = "") -> Iterator[Stage]:
    """Set a stage and clear it away. `calls_per_10s` is what our own limiter believes.

    With an `address` of this machine the portal and Valkey are to be found there by other hosts.
    """
    with tempfile.TemporaryDirectory(prefix="lead-router-bench-") as name:
        directory = Path(name)
        with (
            start_sandbox(host="0.0.0.0" if address else "127.0.0.1") as sandbox,  # noqa: S104 - so that other hosts reach it
            EmbeddedValkey(directory / "valkey") as valkey,
        ):
            sandbox.settings(
                latency_ms=0, calls_per_10s=0, searches_per_s=0, calls_per_day=0, search_lag_ms=0
            )
            environment = os.environ | {
                "HUBSPOT_ACCESS_TOKEN": sandbox.token,
                "HUBSPOT_CLIENT_SECRET": sandbox.client_secret,
                "HUBSPOT_PORTAL_ID": PORTAL,
                "HUBSPOT_BASE_URL": sandbox.base_url,
                "HUBSPOT_CALLS_PER_10S": str(calls_per_10s),
                "HUBSPOT_CALLS_PER_DAY": "100000000",
                "PUBLIC_WEBHOOK_URL": "https://leads.example.fr/webhooks/hubspot",
                "REDIS_URL": on_network(valkey, address) if address else valkey.url,
                "CONFIG_DIR": str(config),
                "VAR_DIR": str(directory / "var"),
                "HOST": "127.0.0.1",
                "PORT": "0",
                "LOG_FORMAT": "json",
                "PYTHONPATH": str(REPOSITORY),
            }
            _set_up(sandbox, valkey)
            yield Stage(sandbox, valkey, directory, environment)


def _set_up(sandbox: SandboxClient, valkey: EmbeddedValkey) -> None:
    import redis

    client = redis.Redis.from_url(valkey.url, decode_responses=True)
    gateway = Gateway(
        access_token=sandbox.token,
        base_url=sandbox.base_url,
        api_version="v3",
        budget=CallBudget(client, Keys(PORTAL)),
    )
    apply(gateway, plan_for(gateway))


@contextlib.contextmanager
def processes(stage: Stage, *commands: list[str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run Python modules as processes, their output in files of the stage's directory; then stop them."""
    started = []
    try:
        for number, command in enumerate(commands):
            log = (stage.directory / f"{number}-{command[-1].replace('/', '_')}.log").open("wb")
            started.append(
                subprocess.Popen(
                    [*stage.prefix, sys.executable, *command],
                    env=stage.environment,
                    stdout=log,
                    stderr=log,
                    cwd=stage.directory,
                )
            )
        yield started
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            try:
                process.wait(timeout=12)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def listening(stage: Stage, command: list[str]) -> Iterator[str]:
    """Run a server that says `listening on URL` first; yields the URL."""
    with (stage.directory / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*stage.prefix, sys.executable, *command],
            env=stage.environment,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=stage.directory,
        )
        try:
            line = server.stdout.readline().decode() if server.stdout else ""
            yield line.split("listening on ", 1)[1].strip()
        finally:
            server.terminate()
            try:
                server.wait(timeout=12)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def copy_rules(source: Path, target: Path) -> Path:
    """The rule files of `source` with the shipped catalog, in `target`.

    Without their `settle`: leads are decided at once, so that a bench measures work and no waiting.
    """
    shutil.copytree(source, target)
    routing = target / "routing.yaml"
    lines = routing.read_text().splitlines(keepends=True)
    routing.write_text("".join(line for line in lines if not line.startswith("settle:")))
    shutil.copy(REPOSITORY / "config" / "hubspot.catalog.json", target)
    return target
