"""Stops what a killed supervisor left behind: `python -m router.processes.reaper VALKEY_DIR [REMOVE_DIR]`.

The supervisor says "done" on our stdin when it ends in good order. If stdin closes without a word, the
supervisor is dead; its children end by themselves, and then the server they used has to go too.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from router.processes.child import GRACE_S


def main(arguments: list[str]) -> None:
    """Wait for the supervisor's end. A server that a living process has taken over is left alone."""
    if sys.stdin.buffer.read():
        return
    time.sleep(GRACE_S)
    _stop_valkey(Path(arguments[0]))
    for directory in arguments[1:]:
        shutil.rmtree(directory, ignore_errors=True)


def _stop_valkey(directory: Path) -> None:
    from router.store.embedded import EmbeddedValkey  # only now: we idle, and should weigh nothing

    server = EmbeddedValkey(directory)
    if server.socket.exists():
        server.start().stop()


if __name__ == "__main__":
    main(sys.argv[1:])
