"""Usage: rules that no test reaches, or that have taken no lead for a long time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from router.policy.rules.policy import Rule
from router.rulefiles.proofs.findings import Finding, own_name
from router.rulefiles.yaml.mistakes import Severity

UNUSED_AFTER: Final = timedelta(days=90)


def untested_findings(rules: Sequence[Rule], reached: Collection[str]) -> Iterator[Finding]:
    """A warning for each rule whose full name is not among those that tests reached."""
    for rule in rules:
        if rule.name not in reached:
            message = f"no test reaches the rule '{rule.name}'"
            hint = "Add a lead for it to a file in tests/, with what you expect."
            yield Finding(rule.line, own_name(rule), Severity.WARNING, message, hint)


def unused_findings(
    rules: Sequence[Rule], last_used: Mapping[str, datetime | None], *, now: datetime
) -> Iterator[Finding]:
    """An info for each rule whose last lead came more than 90 days before `now`; both aware UTC.

    Rules that the mapping does not name are not judged: they may be younger than the ledger. None stands for
    a rule that is old enough and never took a lead.
    """
    for rule in rules:
        if rule.name not in last_used:
            continue
        used = last_used[rule.name]
        if used is None:
            message = f"the rule '{rule.name}' has never taken a lead"
        elif now - used > UNUSED_AFTER:
            message = f"the rule '{rule.name}' has taken no lead since {used:%Y-%m-%d}"
        else:
            continue
        yield Finding(
            rule.line, own_name(rule), Severity.INFO, message, "Remove it if it has served its time."
        )
