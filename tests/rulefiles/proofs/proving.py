"""What is proved of the small rule files once a test has changed them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from router.rulefiles.proofs.prove import prove
from router.rulefiles.yaml.mistakes import Mistake
from tests.world.rule_files import FILES, a_catalog, policy_of

NOW: Final = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
"""A Tuesday, 10:15 in Paris."""

HEAD: Final = """\
segments:
  hot: {grade: [A1, B1]}
  cold: otherwise
rules:
"""
TAIL: Final = """\
otherwise:
  assign: {team: north, method: queue}
sla:
  default: 4h
"""


def routing(rules: str) -> str:
    """A routing.yaml of these rules; the first one stands on line 5."""
    return HEAD + rules + TAIL


def proved(
    rules: str | None = None, *, files: Mapping[str, str] | None = None, **given: Any
) -> tuple[Mistake, ...]:
    """All findings about the small files with these rules and these other changes."""
    changes = {**(files or {}), **({"routing.yaml": routing(rules)} if rules is not None else {})}
    texts = {**FILES, **changes}
    return prove(
        policy_of(changes),
        catalog=a_catalog(),
        now=given.pop("now", NOW),
        files={name: text.encode() for name, text in texts.items()},
        **given,
    )


def reported(findings: Collection[Mistake], *severities: str) -> str:
    """The findings as people read them, of these severities or of all."""
    return "\n".join(str(each) for each in findings if not severities or each.severity in severities)
