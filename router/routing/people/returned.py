"""Returned credit: when the next leads have evened out what refunds gave back, the bound is narrow again."""

from __future__ import annotations

from typing import Final

from router.policy.reports.bounds import bounds_of, is_within
from router.policy.shares.share_book import Book, returned_field
from router.routing.portal.services import Services

SETTLED: Final = "returned_settled"
"""The kind of the ledger's lines about returned credit that is evened out."""
TRIES: Final = 20
"""Other commits that may come between; the next look comes in five minutes."""


def settle_returned(services: Services) -> tuple[str, ...]:
    """Drop what is noted as returned in teams where every rep is within the bound; the names of the teams.

    The ledger keeps the change of the book. Raises `NoRules` or `redis.RedisError`.
    """
    bounds = bounds_of(services.rules.policy())
    for _ in range(TRIES):
        fields, version = services.store.commits.read_book()
        book = Book(fields)
        settled = [
            team
            for team, bound in bounds.items()
            if book.value(returned_field(team, bound.unit)) and is_within(bound, book, team)
        ]
        noted = (returned_field(team, bounds[team].unit) for team in settled)
        changes = {name: -book.value(name) for name in noted}
        event = {"at": services.clock().isoformat(), "kind": SETTLED, "book": changes}
        if not changes or services.store.credits.change(changes, version=version, event=event):
            return tuple(settled)
    return ()
