"""Which processes one installation has, by the names under which the supervisor runs them."""

from __future__ import annotations

from typing import Final

from router.processes.supervisor import Role

WEB: Final = Role("web", "router.web")
HOUSEKEEPING: Final = Role("housekeeping", "workers", ("housekeeping",))
CRON: Final = Role("cron", "workers", ("cron",))


def workers(count: int) -> tuple[Role, ...]:
    """`worker-1`, `worker-2` …: they route leads."""
    return tuple(Role(f"worker-{number}", "workers", ("worker",)) for number in range(1, count + 1))


def whole_service(*, worker_count: int) -> tuple[Role, ...]:
    """Everything that a portal needs."""
    return (WEB, *workers(worker_count), HOUSEKEEPING, CRON)
