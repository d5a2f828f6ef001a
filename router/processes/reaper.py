"""Cleaning up after a killed supervisor: `python -m router.processes.reaper VALKEY_DIR [REMOVE_DIR]`.

The supervisor writes "done" to our stdin when it ends in good order. If stdin closes without it, the
supervisor is dead; its children end by themselves, and then the server they used has to be stopped too.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from router.processes.child import GRACE_S


def main(arguments: list[str]) -> None:
    """Wait for the supervisor's end. A server that a living process has taken over is not stopped."""
    if sys.stdin.buffer.read():
        return
    time.sleep(GRACE_S)
    _stop_valkey(Path(arguments[0]))
    for directory in arguments[1:]:
        shutil.rmtree(directory, ignore_errors=True)


def _stop_valkey(directory: Path) -> None:
    from router.store.embedded import EmbeddedValkey  # only now: a waiting reaper needs little memory

    server = EmbeddedValkey(directory)
    if server.socket.exists():
        server.start().stop()


if __name__ == "__main__":
    main(sys.argv[1:])
