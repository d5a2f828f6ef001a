"""Transitions applied to the store and written to the log, in one place."""

from __future__ import annotations

from collections.abc import Sequence

from router.routing.portal.services import Services
from router.store.leads.commits import Transition


def apply(services: Services, transitions: Sequence[Transition]) -> tuple[bool, ...]:
    """Move leads on in one step, and log each that moved; False where a lead had moved already."""
    moved = services.store.commits.finish(transitions, now_ms=services.now_ms())
    for transition, has_moved in zip(transitions, moved, strict=True):
        if has_moved and transition.event is not None:
            facts = {name: value for name, value in transition.event.items() if name not in ("at", "kind")}
            services.log.info(f"lead.{transition.event['kind']}", contact_id=transition.contact_id, **facts)
    return moved
