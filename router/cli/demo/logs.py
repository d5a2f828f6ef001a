"""The logs of the demo's processes: files, as printed lines would break the progress bar."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final, TextIO

LAST_LINES: Final = 8


class Logs:
    """One file per process, in a directory of their own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._files: dict[str, TextIO] = {}

    def hear(self, name: str, line: str) -> None:
        """Write a line of this process; lines that come after the end are dropped."""
        file = self.open(name)
        with self._lock:
            if not file.closed:
                file.write(line + "\n")
                file.flush()

    def open(self, name: str) -> TextIO:
        """The file of this process."""
        with self._lock:
            if name not in self._files:
                self._files[name] = (self._directory / f"{name}.log").open("a", encoding="utf-8")
            return self._files[name]

    def close(self) -> None:
        """Nothing is written any more."""
        for file in self._files.values():
            file.close()


def last_words(logs: Path) -> str:
    """The last lines of every log, each under the name of its process."""
    texts = []
    for log in sorted(logs.glob("*.log")):
        lines = log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        if lines:
            texts.append("\n".join([f"--- {log.stem} ---", *lines]))
    return "\n".join(texts)
