"""Running a module as a program that ends when its parent is gone.

`python -m router.processes.child MODULE …`. The parent holds the other end of our stdin. However it ends,
SIGKILL included, the kernel closes that end, and no child process is left over.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time
from typing import Final

GRACE_S: Final = 12.0
"""From being asked to end until being killed, as under the supervisor."""


def main() -> None:
    """Run the module named first with the arguments that follow, on this thread: it may want signals."""
    module, *arguments = sys.argv[1:]
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with_parent() -> None:
    while os.read(0, 64):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os._exit(1)


if __name__ == "__main__":
    main()
