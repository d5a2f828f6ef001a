"""Checks of the addresses in settings: errors that name what is wrong, and never a part of the address."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, SecretStr

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_RAW: Final = "its password has a /, ?, # or [ in it: write them as %2F, %3F, %23 and %5B"


def protected_url(url: str) -> str:
    """An https address, or an http one of this machine."""
    parts = _parts_of(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.fragment:
        raise ValueError("it is not a whole https address")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("plain http is allowed on this machine (127.0.0.1) only")
    return url


def protected_secret_url(url: SecretStr) -> SecretStr:
    """The same for an address that is a secret."""
    protected_url(url.get_secret_value())
    return url


def of_scheme(*schemes: str) -> AfterValidator:
    """A secret address with one of these schemes, whose host, port and password can be told apart."""

    def check(url: SecretStr) -> SecretStr:
        written = url.get_secret_value()
        scheme, _, rest = written.partition("://")
        if not rest or scheme not in schemes:
            raise ValueError(f"it has to begin with {', '.join(f'{one}://' for one in schemes)}")
        if scheme.startswith(("postgres", "sqlite")):
            _check_database(written)
        elif scheme != "unix":
            _check_server(written, needs_host=scheme.startswith("smtp"))
        if scheme.startswith(("redis", "unix")):
            _check_redis(written)
        return url

    return AfterValidator(check)


def _parts_of(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:  # the message would show a part of the address, and that part may be the password
        raise ValueError("its host or its port cannot be read") from None
    return parts


def _check_server(url: str, *, needs_host: bool) -> None:
    rest = url.partition("://")[2]
    if any(sign in rest.rpartition("@")[0] for sign in "/?#["):
        raise ValueError(_RAW)
    parts = _parts_of(url)
    if needs_host and not parts.hostname:
        raise ValueError("it names no host")


def _check_redis(url: str) -> None:
    import redis  # only where one is set: a command without it starts faster

    try:
        pool = redis.ConnectionPool.from_url(url)
        pool.connection_class(**pool.connection_kwargs)
    except (ValueError, TypeError, redis.RedisError):
        raise ValueError("it has a part or a parameter that no Redis client knows") from None


def _check_database(url: str) -> None:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        host = make_url(url).host or ""
    except (ValueError, ArgumentError):
        raise ValueError("its host, port or name cannot be read") from None
    if "@" in host:
        raise ValueError("its password has an @ in it: write it as %40")
