"""Starting the sandbox portal: `python -m router.sandbox --port 0`, until SIGTERM."""

import argparse
import gc
import logging
import os
import signal
import sys
from types import FrameType

from waitress import create_server

from router.sandbox.http.app import make_app
from router.sandbox.portal import Portal
from router.sandbox.settings import Settings


def main() -> int:
    """Serve until killed. The two secrets come from the environment, where `ps` does not show them."""
    asked = _arguments().parse_args()
    token, secret = os.environ.get("SANDBOX_TOKEN"), os.environ.get("SANDBOX_CLIENT_SECRET")
    if not token or not secret:
        message = "The sandbox needs SANDBOX_TOKEN and SANDBOX_CLIENT_SECRET in its environment; set both.\n"
        sys.stderr.write(message)
        return 2
    # Many thousand long-lived records: the default would walk through all of them every few calls.
    gc.set_threshold(50_000, 50, 100)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    portal = Portal(Settings(token=token, client_secret=secret, portal_id=asked.portal_id))
    server = create_server(
        make_app(portal),
        host=asked.host,
        port=asked.port,
        threads=64,
        connection_limit=1000,
        recv_bytes=262_144,  # a batch arrives in one piece, not in eight
        asyncore_use_poll=True,
        log_socket_errors=False,  # faults break connections on purpose, without an answer
        channel_timeout=600,
        clear_untrusted_proxy_headers=True,
    )
    signal.signal(signal.SIGTERM, _stop)
    sys.stdout.write(f"sandbox listening on http://{asked.host}:{server.effective_port}\n")
    sys.stdout.flush()
    server.run()
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m router.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8900, help="port to listen on; 0 takes a free one")
    parser.add_argument("--portal-id", type=int, default=49645859, help="the portal's number in webhooks")
    return parser


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # Nothing here outlives the run, and a call that hangs on purpose must not delay the end.
    os._exit(0)


if __name__ == "__main__":
    raise SystemExit(main())
