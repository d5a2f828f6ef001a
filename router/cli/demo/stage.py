"""The setup of the demo: a toy portal and the real service, in a directory that is removed afterwards."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from msgspec import Struct

from router.bootstrap import open_services
from router.cli.demo.logs import Logs, last_words
from router.hubspot.setup import apply, plan_for
from router.processes.roles import CRON, HOUSEKEEPING, WEB, workers
from router.processes.supervisor import Role, Supervisor
from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from router.settings import SECRETS, Settings, read_settings
from router.store.clients import text_client
from router.store.embedded import EmbeddedValkey
from router.store.health.vitals import Vitals
from router.telemetry import set_up_logging

CALLS_PER_10S: Final = 190
LATENCY_MS: Final = 50
"""Duration of a call to the toy HubSpot, in milliseconds."""
WORKERS: Final = 2
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ENVIRON_FILE: Final = "demo.env"


class Interruption:
    """A signal handler like Python's own for Ctrl-C, which remembers that it was called.

    A KeyboardInterrupt raised inside a destructor or a weak reference's callback is printed and forgotten by
    Python; code that is about to wait for long checks here first.
    """

    def __init__(self) -> None:
        self._asked = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True
        raise KeyboardInterrupt

    def must_not_be_lost(self) -> None:
        """Raise KeyboardInterrupt if the signal came before."""
        if self._asked:
            raise KeyboardInterrupt


class Stage(Struct, frozen=True):
    """The running service, and the portal that it serves."""

    directory: Path
    settings: Settings
    supervisor: Supervisor
    sandbox: SandboxClient
    services: Services
    vitals: Vitals
    interruption: Interruption

    @property
    def receiver(self) -> str:
        """The address where the web process listens."""
        return f"http://127.0.0.1:{self.settings.port}"

    def last_words(self) -> str:
        """The last lines of every process, to find the cause of an error."""
        return last_words(self.directory / "logs")


@contextmanager
def set_stage(*, config_dir: Path) -> Iterator[Stage]:
    """Start everything, and remove it all at the end of the block, however that is reached.

    Raises `NotReady` when a process does not become ready. Any error carries the last lines of all logs as a
    note, because the logs are about to be removed.
    """
    # SIGTERM and a closed terminal end the demo like Ctrl-C does.
    interruption = Interruption()
    before = {number: signal.signal(number, interruption) for number in SIGNALS}
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # until the directory to remove is known
    directory = Path(tempfile.mkdtemp(prefix="lead-router-demo-"))
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        (directory / "logs").mkdir()
        valkey = EmbeddedValkey(directory / "valkey")
        portal, token, client_secret = _made_up()
        sandbox_port, web_port = _free_ports(2)
        sandbox_url = f"http://127.0.0.1:{sandbox_port}"
        given = {
            "HUBSPOT_ACCESS_TOKEN": token,
            "HUBSPOT_CLIENT_SECRET": client_secret,
            "HUBSPOT_PORTAL_ID": portal,
            "HUBSPOT_BASE_URL": sandbox_url,
            "HUBSPOT_CALLS_PER_10S": str(CALLS_PER_10S),
            "PUBLIC_WEBHOOK_URL": f"http://127.0.0.1:{web_port}/webhooks/hubspot",
            "REDIS_URL": valkey.url,
            "CONFIG_DIR": str(config_dir.resolve()),
            "VAR_DIR": str(directory / "var"),
            "HOST": "127.0.0.1",
            "PORT": str(web_port),
            "LOG_FORMAT": "json",
        }
        settings = read_settings(given)
        _keep_environ(directory / ENVIRON_FILE, given)
        portal_process = Role(
            "sandbox",
            "router.sandbox",
            ("--port", str(sandbox_port), "--portal-id", portal),
            {"SANDBOX_TOKEN": token, "SANDBOX_CLIENT_SECRET": client_secret},
        )
        with (
            closing(Logs(directory / "logs")) as logs,
            Supervisor(
                environ={**_foreign(os.environ), **given}, hear=logs.hear, valkey=valkey, remove=directory
            ) as supervisor,
            _undisturbed_at_the_end(),
        ):
            set_up_logging(level="error", form="json", secrets=settings.secrets, stream=logs.open("demo"))
            supervisor.start(portal_process, WEB)
            client = text_client(valkey.url)
            # Before the workers: they would all wait for the first one to make the ledger's tables.
            services = open_services(settings, client)
            # A worker that calls a portal that does not listen yet makes all of them pause for 15 s.
            supervisor.wait_until_ready(portal_process.name)
            supervisor.start(*workers(WORKERS), HOUSEKEEPING, CRON)
            apply(services.hubspot, plan_for(services.hubspot))
            supervisor.wait_until_ready()
            sandbox = SandboxClient(sandbox_url, token=token, client_secret=client_secret)
            sandbox.settings(latency_ms=LATENCY_MS, calls_per_10s=CALLS_PER_10S)
            interruption.must_not_be_lost()
            yield Stage(
                directory,
                settings,
                supervisor,
                sandbox,
                services,
                Vitals(client, services.store.keys),
                interruption,
            )
    except Exception as error:
        error.add_note(last_words(directory / "logs"))
        raise
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        for number, reaction in before.items():
            signal.signal(number, reaction)


@contextmanager
def _undisturbed_at_the_end() -> Iterator[None]:
    """Ignore a second Ctrl-C, so that it cannot stop the cleaning up."""
    try:
        yield
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)


def _keep_environ(path: Path, environ: Mapping[str, str]) -> None:
    """Write the settings for a shell that wants to ask the demo's service; only its owner can read them."""
    path.touch(mode=0o600)
    path.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in environ.items()))


def _made_up() -> tuple[str, str, str]:
    """A portal id, an access token and a client secret that nothing else uses."""
    portal = str(90_000_000 + secrets.randbelow(9_999_999))
    return portal, f"pat-demo-{secrets.token_hex(16)}", secrets.token_hex(16)


def _free_ports(count: int) -> list[int]:
    """Different ports that were free a moment ago."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _foreign(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without our settings: the demo must not touch a real portal or its ledger."""
    ours = {name.upper() for name in Settings.model_fields}
    ours |= {f"{name}_FILE" for name in SECRETS}
    return {name: value for name, value in environ.items() if name not in ours}
