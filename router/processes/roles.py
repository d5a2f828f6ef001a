"""The processes of one installation, by the names under which the supervisor runs them."""

from __future__ import annotations

from typing import Final

from router.processes.supervisor import Role

WEB: Final = Role("web", "router.web")
HOUSEKEEPING: Final = Role("housekeeping", "workers", ("housekeeping",))
CRON: Final = Role("cron", "workers", ("cron",))


def workers(count: int) -> tuple[Role, ...]:
    """The roles `worker-1`, `worker-2` …, which route leads."""
    return tuple(Role(f"worker-{number}", "workers", ("worker",)) for number in range(1, count + 1))


def whole_service(*, worker_count: int) -> tuple[Role, ...]:
    """Every process that a portal needs."""
    return (WEB, *workers(worker_count), HOUSEKEEPING, CRON)
