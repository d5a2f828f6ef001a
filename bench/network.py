"""Hosts in network namespaces of their own: each sees one address that they share, and not each other.

Needs Linux, `ip` (iproute2) and root; `why_not()` says what is missing. Nothing is left behind: a
namespace takes its end of the cable with it, and that end the other one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import redis

from router.store.embedded import EmbeddedValkey

SHARED: Final = "10.77.0.1"
"""Where Redis and the portal are, for every host."""


@dataclass(frozen=True)
class Host:
    """A namespace, its own address, and what to write before a command so that it runs there."""

    name: str
    address: str

    @property
    def prefix(self) -> tuple[str, ...]:
        """Runs a command in the namespace; signals reach the command itself."""
        return ("ip", "netns", "exec", self.name)

    def reaches(self, address: str, port: int) -> bool:
        """Whether a connection from this host to that port comes about."""
        asked = f"import socket; socket.create_connection(({address!r}, {port}), 2)"
        return (
            subprocess.run([*self.prefix, sys.executable, "-c", asked], capture_output=True).returncode == 0
        )


def why_not() -> str | None:
    """Why this machine does not let us make namespaces, or None if it does."""
    if shutil.which("ip") is None:
        return "there is no `ip` command"
    name = f"lr-try-{os.getpid()}"
    complaint = _ip("netns", "add", name, check=False)
    if complaint:
        return complaint
    _ip("netns", "del", name)
    return None


@contextlib.contextmanager
def hosts(*names: str) -> Iterator[list[Host]]:
    """A namespace for each name, with a cable to where we are; they are gone at the end of the block."""
    made: list[Host] = []
    try:
        for number, name in enumerate(names, start=1):
            host = Host(f"lr-{name}-{os.getpid()}", f"10.77.{number}.2")
            ours, theirs = f"lr{number}a{os.getpid()}"[:15], f"lr{number}b{os.getpid()}"[:15]
            _ip("netns", "add", host.name)
            made.append(host)
            _ip("link", "add", ours, "type", "veth", "peer", "name", theirs)
            _ip("link", "set", theirs, "netns", host.name)
            _ip("addr", "add", SHARED, "peer", f"{host.address}/32", "dev", ours)
            _ip("link", "set", ours, "up")
            _ip("-n", host.name, "addr", "add", host.address, "peer", f"{SHARED}/32", "dev", theirs)
            for device in ("lo", theirs):
                _ip("-n", host.name, "link", "set", device, "up")
        yield made
    finally:
        for host in made:
            _ip("netns", "del", host.name, check=False)


@contextlib.contextmanager
def carried(found: Sequence[Host], *, port: int) -> Iterator[None]:
    """On each host, its own 127.0.0.1 leads to that port of ours: plain HTTP goes nowhere else."""
    carrying = []
    try:
        for host in found:
            command = [*host.prefix, sys.executable, "-m", "bench.network", str(port)]
            carrying.append(subprocess.Popen(command, stdout=subprocess.PIPE))
        for process in carrying:
            if process.stdout is not None:
                process.stdout.readline()
        yield
    finally:
        for process in carrying:
            process.terminate()
            process.wait()


async def _carry(port: int) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(SHARED, port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pump(reader, back), _pump(there, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    print("carrying", flush=True)
    await server.serve_forever()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while part := await reader.read(65_536):
            writer.write(part)
            await writer.drain()
    writer.close()


def on_network(valkey: EmbeddedValkey, address: str) -> str:
    """Have a running server listen on that address too; its URL."""
    with socket.socket() as free:
        free.bind((address, 0))
        port = int(free.getsockname()[1])
    client = redis.Redis.from_url(valkey.url)
    client.config_set("protected-mode", "no")
    client.config_set("bind", address)
    client.config_set("port", port)
    return f"redis://{address}:{port}/0"


def _ip(*arguments: str, check: bool = True) -> str:
    """Its complaint, if any; raises CalledProcessError instead where that is not expected."""
    done = subprocess.run(
        [shutil.which("ip") or "ip", *arguments], check=check, capture_output=True, text=True
    )
    return done.stderr.strip() or "not allowed" if done.returncode else ""


if __name__ == "__main__":
    asyncio.run(_carry(int(sys.argv[1])))
