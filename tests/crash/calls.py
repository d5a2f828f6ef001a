"""Every call of the product to HubSpot, Redis and the ledger, found in its own code: a new one is found too.

A call is a public method of a class that is built with a connection: `client` (Redis), `access_token`
(HubSpot) or `database` (SQL). `instrumented` lets something happen right before and right after each.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import pkgutil
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from msgspec.structs import replace

from router.hubspot.api.client import ApiClient, Request
from router.hubspot.api.gateway import Gateway

CONNECTIONS = {"client", "access_token", "database"}
PLACES = ("router.hubspot", "router.store", "router.ledger", "router.routing.portal", "router.wakeups")
"""Where such classes may stand; a test looks whether one stands elsewhere."""
ELSEWHERE = ("router.sandbox", "router.ledger.migrations")
"""No part of the product's processes, or not to be imported for its own sake."""
ALSO = ("__enter__", "__exit__")

Around = Callable[[str, str], None]
"""Called with `before` or `after`, and the name of the call."""

_inside = threading.local()


def calls_in_code(places: Sequence[str] = PLACES) -> dict[str, tuple[type, str]]:
    """Class and method of every call, by its name, such as `Inbox.take`."""
    found: dict[str, tuple[type, str]] = {}
    for holder in classes_with_connection(places):
        for name, member in vars(holder).items():
            if isinstance(member, FunctionType) and (not name.startswith("_") or name in ALSO):
                found[f"{holder.__name__}.{name}"] = (holder, name)
    return found


def classes_with_connection(places: Sequence[str]) -> list[type]:
    """The classes of these packages that are built with a connection."""
    return [
        held
        for module in _modules(places)
        for held in vars(module).values()
        if inspect.isclass(held) and held.__module__ == module.__name__ and _has_connection(held)
    ]


def _modules(places: Sequence[str]) -> Iterator[ModuleType]:
    for place in places:
        module = importlib.import_module(place)
        yield module
        for one in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{place}."):
            if not one.name.startswith(ELSEWHERE) and not one.name.endswith("__main__"):
                yield importlib.import_module(one.name)


def _has_connection(held: type) -> bool:
    build = held.__init__  # type: ignore[misc]
    return isinstance(build, FunctionType) and bool(CONNECTIONS & set(inspect.signature(build).parameters))


@contextmanager
def instrumented(around: Around) -> Iterator[None]:
    """Tell `around` of every call, until the end of the block.

    A call to HubSpot counts from the moment when its request is sent, after every check of ours.
    """
    undo: list[Callable[[], None]] = []

    def put(holder: type, name: str, value: Any) -> None:
        undo.append(functools.partial(setattr, holder, name, vars(holder)[name]))
        setattr(holder, name, value)

    named = threading.local()
    for call, (holder, name) in calls_in_code().items():
        method = vars(holder)[name]
        put(holder, name, _named(method, call, named) if holder is Gateway else _told(method, call, around))
    put(ApiClient, "ask", _sending(ApiClient.ask, named, around))
    try:
        yield
    finally:
        for step in reversed(undo):
            step()


def _told(method: Callable[..., Any], call: str, around: Around) -> Callable[..., Any]:
    @functools.wraps(method)
    def told(*args: Any, **kwargs: Any) -> Any:
        if getattr(_inside, "call", None):  # a part of another call
            return method(*args, **kwargs)
        around("before", call)
        _inside.call = call
        try:
            return method(*args, **kwargs)
        finally:
            _inside.call = None
            around("after", call)

    return told


def _named(method: Callable[..., Any], call: str, named: threading.local) -> Callable[..., Any]:
    @functools.wraps(method)
    def remembered(*args: Any, **kwargs: Any) -> Any:
        named.call = call
        return method(*args, **kwargs)

    return remembered


def _sending(ask: Callable[..., Any], named: threading.local, around: Around) -> Callable[..., Any]:
    @functools.wraps(ask)
    def asked(client: ApiClient, request: Request, *args: Any, **kwargs: Any) -> Any:
        send = _told(request.send, named.call, around)
        return ask(client, replace(request, send=send), *args, **kwargs)

    return asked


class Orders:
    """What the harness wants of a role: to die or to stand still at a call, written in its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)

    @staticmethod
    def give(folder: Path, *, moment: str, call: str, action: str) -> None:
        """The first process of the folder's role that comes to the call is struck. Actions: kill, pause."""
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / "draft"
        draft.write_text(action)
        draft.rename(folder / f"{moment} {call}")

    @staticmethod
    def taken(folder: Path) -> int | None:
        """The process that was struck."""
        return next((int(one.name.split()[1]) for one in folder.glob("taken *")), None)

    @staticmethod
    def take_back(folder: Path) -> None:
        """Nobody who comes to the call from now on is struck."""
        for moment in ("before", "after"):
            for one in folder.glob(f"{moment} *"):
                one.unlink(missing_ok=True)

    @staticmethod
    def forget(folder: Path) -> None:
        """Take everything back, and forget who was struck."""
        for one in folder.glob("*"):
            one.unlink(missing_ok=True)

    def obey(self, moment: str, call: str) -> None:
        """Die or stand still here if that was ordered."""
        path = f"{self._folder}/{moment} {call}"
        if not os.path.exists(path):  # noqa: PTH110 - asked before and after every call
            return
        taken = f"{self._folder}/taken {os.getpid()}"
        try:
            Path(path).rename(taken)
        except FileNotFoundError:
            return  # another process was first
        os.kill(os.getpid(), signal.SIGKILL if Path(taken).read_text() == "kill" else signal.SIGSTOP)
