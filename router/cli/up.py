"""`router up`: a small installation, run on this machine until Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from typing import Final

import click
from rich.console import Console
from rich.text import Text

from router.cli.shared.failures import UserError
from router.cli.shared.screen import screen
from router.ledger import LEDGER_ERRORS, ledger_at
from router.processes.roles import WEB, whole_service
from router.processes.supervisor import Supervisor
from router.processes.valkey_process import Hear
from router.settings import Settings, read_settings
from router.store.embedded import EmbeddedValkey
from router.store.health.reading import PATIENCE
from router.telemetry import set_up_logging

COLOURS: Final = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green")


@click.command(epilog="Example: router up --workers 4")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes that route leads."
)
def up(workers: int) -> None:
    """Run everything on this machine until Ctrl-C: web, workers, housekeeping.

    Starts a Valkey server in VAR_DIR if REDIS_URL is not set; it keeps its data over restarts. A process that
    ends is started again. For several hosts run the lines of the Procfile instead.
    """
    settings = read_settings()
    settings.close_var_dir()
    set_up_logging(form=settings.log_format, level="error", secrets=settings.secrets)
    _check_port(settings)
    _open_ledger(settings)
    valkey = None if settings.redis_url else EmbeddedValkey(settings.var_dir / "valkey")
    environ = dict(os.environ)
    if valkey is not None:
        environ["REDIS_URL"] = valkey.url
    if settings.log_format == "auto" and sys.stdout.isatty():
        environ["LOG_FORMAT"] = "console"  # their own stdout is a pipe to us
    out = screen()
    stopping = _stop_signals()
    with Supervisor(environ=environ, hear=_printing(out), valkey=valkey) as supervisor:
        supervisor.start(*whole_service(worker_count=workers))
        supervisor.wait_until_ready(WEB.name, within_s=PATIENCE.total_seconds())
        _print_addresses(out, supervisor.address(WEB.name), settings)
        stopping.wait()
        out.print("Stopping …")
    out.print("Stopped.")


def _open_ledger(settings: Settings) -> None:
    """Upgrade the ledger here and first, as that takes a while; leads are routed without it, too."""
    ledger = ledger_at(settings.ledger_url.get_secret_value(), settings.hubspot_portal_id)
    try:
        ledger.database.open()
    except LEDGER_ERRORS as error:
        problem = ledger.database.problem
        why = problem.sentence if problem else str(error).partition("\n")[0]
        screen().print(Text(f"{why} Leads are routed meanwhile; see: router ledger check", "bold red"))
    finally:
        ledger.close()


def _check_port(settings: Settings) -> None:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((settings.host, settings.port))
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            raise UserError(
                f"Cannot listen on {where} ({error.strerror}). Set PORT (or HOST) to another one."
            ) from error


def _stop_signals() -> threading.Event:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: stopping.set())
    return stopping


def _printing(out: Console) -> Hear:
    """A function that prints the log lines of all children, each after the child's name."""
    lock = threading.Lock()
    colours: dict[str, str] = {}

    def hear(name: str, line: str) -> None:
        with lock:
            colour = colours.setdefault(name, COLOURS[len(colours) % len(COLOURS)])
            head = Text(f"{name:<9}", colour)
            out.print(Text.assemble(head, "| ", Text.from_ansi(line)), soft_wrap=True)

    return hear


def _print_addresses(out: Console, address: str, settings: Settings) -> None:
    for line in (
        f"HubSpot posts to  {settings.public_webhook_url}",
        f"which must reach  {address}/webhooks/hubspot",
        f"Health            {address}/health",
        f"Metrics           {address}/metrics",
        "Stop with Ctrl-C.",
    ):
        out.print(Text(line, "bold"))
