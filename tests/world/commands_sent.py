"""Every command that Redis is sent, written to a file as it comes, for the story of a lead."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from router.store import scripts

SCRIPTS = Path(scripts.__file__).parent
NOT_TOLD = {"HMGET", "HGET", "HGETALL", "EXISTS", "SISMEMBER", "ZSCORE", "XRANGE", "ZMSCORE", "HEXISTS"}
"""Commands that only look."""
ENTRY_ID = re.compile(r"\b\d{13}-\d+\b")


@dataclass
class CommandsSent:
    """Listens with MONITOR, which shows the commands inside scripts too; a server that dies is awaited."""

    server: Path
    """The server's socket."""
    file: Path
    _stopping: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()

    def _listen(self) -> None:
        with self.file.open("ab") as file:
            while not self._stopping.wait(0.02):
                try:
                    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                        line.settimeout(1.0)
                        line.connect(str(self.server))
                        line.sendall(b"MONITOR\r\n")
                        self._copy(line, file)
                except OSError:
                    continue

    def _copy(self, line: socket.socket, file: Any) -> None:
        while not self._stopping.is_set():
            try:
                heard = line.recv(262_144)
            except TimeoutError:
                continue
            if not heard:
                return
            file.write(heard)
            file.flush()


def commands_about(file: Path, contact_id: str) -> list[tuple[float, str]]:
    """The commands that concern a contact or its entries in the inbox: epoch ms, and what was sent."""
    named = re.compile(rf"(?<!\d){contact_id}(?!\d)")
    by_contact: list[tuple[float, str, str]] = []
    entries: set[str] = set()
    for line in _lines(file):
        if named.search(line):
            at_ms, said = _told(line, contact_id, named)
            by_contact.append((at_ms, said, line))
            entries |= set(ENTRY_ID.findall(said))
    heard = {line for _, _, line in by_contact}
    told = [(at_ms, said) for at_ms, said, _ in by_contact if said]
    if entries:
        ids = re.compile("|".join(sorted(entries)))
        for line in _lines(file):
            if line not in heard and ids.search(line):
                at_ms, said = _told(line, contact_id, ids)
                told.append((at_ms, said))
    return sorted((at_ms, said) for at_ms, said in told if said)


def _lines(file: Path) -> Iterator[str]:
    if file.exists():
        with file.open(encoding="utf-8", errors="replace") as lines:
            yield from (line.strip() for line in lines if line.startswith("+1"))


def _told(line: str, contact_id: str, named: re.Pattern[str]) -> tuple[float, str]:
    """The moment (epoch ms) and the command in short; "" for one that only looks."""
    moment, _, rest = line[1:].partition(" ")
    sender, _, text = rest.partition("] ")
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    at_ms = float(moment) * 1000
    inside = sender.endswith("lua")
    if not words or words[0] in NOT_TOLD:
        return at_ms, ""
    if words[0] in ("EVALSHA", "EVAL"):
        name = _script_names().get(words[1]) or "a new script"
        count = int(words[2])
        keys, arguments = words[3 : 3 + count], words[3 + count :]
        said = [one for one in keys if named.search(one)]
        said += [_of_contact(one, contact_id, named) for one in arguments]
        return at_ms, f"{name}: " + " ".join(one for one in said if one)
    short = " ".join(word if len(word) < 300 else f"{word[:300]}…" for word in words)
    return at_ms, f"  · {short}" if inside else short


def _of_contact(argument: str, contact_id: str, named: re.Pattern[str]) -> str:
    """What an argument says of the contact; short arguments are told whole."""
    if len(argument) < 60:
        return argument
    try:
        asked = json.loads(argument)
    except ValueError:
        asked = None
    if isinstance(asked, dict) and isinstance(asked.get("leads"), list):
        return json.dumps([lead for lead in asked["leads"] if named.search(json.dumps(lead))])[:1500]
    found = named.search(argument)
    return argument[max(0, found.start() - 60) : found.end() + 200] if found else ""


def _script_names() -> Mapping[str, str]:
    global _names
    if not _names:
        for path in SCRIPTS.rglob("*.lua"):
            name = str(path.relative_to(SCRIPTS).with_suffix(""))
            _names[hashlib.sha1(scripts.text_of(name).encode(), usedforsecurity=False).hexdigest()] = name
    return _names


_names: dict[str, str] = {}
