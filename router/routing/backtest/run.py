"""A backtest: real leads replayed through two rule sets, and the results compared."""

from __future__ import annotations

import os
from typing import Final

from msgspec import Struct

from router.policy.backtest.dealing.comparison import Comparison, compare
from router.policy.backtest.dealing.replay import ReplayedLeads
from router.policy.leads.catalog import Catalog
from router.policy.rules.policy import Policy
from router.routing.backtest.blocks import Leads, MergedBlocks, ProgressCallback, RuleSet, Work
from router.routing.backtest.csv_rows import LeadsUnreadable
from router.routing.backtest.pool import ToDeal, a_pool

WORKERS: Final = min(os.cpu_count() or 1, 4)


class Backtest(Struct, frozen=True):
    """The comparison, the contact id of each example, and the number of rows left out for lack of a date."""

    comparison: Comparison
    example_ids: tuple[str, ...]
    left_out: int


def rule_set(name: str, policy: Policy, catalog: Catalog) -> RuleSet:
    """A policy with the owners of its catalog; an active owner wins over an archived one."""
    archived_first = sorted(catalog.owners, key=lambda owner: not owner.archived)
    return RuleSet(name, policy, {owner.email.lower(): owner for owner in archived_first})


def run_backtest(
    leads: Leads, before: RuleSet, after: RuleSet, *, workers: int, progress: ProgressCallback
) -> Backtest:
    """Replay the leads through both rule sets, in order, each with its own book of shares.

    With more than one worker, leads are judged and dealt in processes. Raises LeadsUnreadable when there are
    none, or none that can be read.
    """
    with a_pool(workers, Work(leads, (before, after))) as pool:
        parts = pool.judged(progress)
        read = MergedBlocks(parts)
        if not len(read.arrived):
            raise LeadsUnreadable("There is no lead to replay. Choose an earlier --since, or another file.")
        judged = [read.judged(side) for side in (0, 1)]
        dealt = pool.dealt(
            [
                ToDeal(side, found.kinds, found.kind_of, read.arrived, found.scores())
                for side, found in enumerate(judged)
            ]
        )
    was, becomes = (
        ReplayedLeads(rules.policy, judged_side, found)
        for rules, judged_side, found in zip((before, after), judged, dealt, strict=True)
    )
    comparison = compare(was, becomes, arrived=read.arrived)
    return Backtest(
        comparison=comparison,
        example_ids=read.ids_of(one.lead for one in comparison.examples),
        left_out=sum(part.left_out for part in parts),
    )
