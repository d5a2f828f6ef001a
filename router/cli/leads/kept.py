"""What is said of leads that are older than LEDGER_KEEP."""

from __future__ import annotations

from datetime import UTC, date, datetime

from router.ledger import Ledger


def pruned_before(ledger: Ledger) -> str:
    """One sentence, or "" if the ledger was never pruned."""
    kept = ledger.sums.table.kept_since()
    if kept is None:
        return ""
    return f"Leads decided before {kept} (UTC) are older than LEDGER_KEEP: only their sums are kept."


def left_out(kept: date | None, began: datetime) -> str:
    """The sentence for a list of leads that begins before the first kept day; "" for any other."""
    if kept is None or began.astimezone(UTC).date() >= kept:
        return ""
    return f"Leads decided before {kept} (UTC) are older than LEDGER_KEEP, and left out."


def counted_whole(ledger: Ledger, began: datetime) -> str:
    """The sentence for a report that begins among pruned days; "" for any other."""
    kept = ledger.sums.table.kept_since()
    if kept is None or began.astimezone(UTC).date() >= kept:
        return ""
    return (
        f"Days before {kept} (UTC) are older than LEDGER_KEEP. They are counted whole, from their sums, as "
        "they were then; their leads are not listed."
    )
