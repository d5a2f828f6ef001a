"""The block `settle` of routing.yaml: how long a lead waits for its facts, and how long it can be revised."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Final

from msgspec import Struct

from router.hubspot.properties import GROUP, OWNER, STATUS
from router.policy.leads.catalog import COMPANY_PREFIX

LONGEST_WAIT: Final = timedelta(minutes=2)
LONGEST_REVISE: Final = timedelta(hours=24)
NEVER_LATE: Final = ("hs_analytics_*", "hs_email_*", "notes_*", "num_*", "*score*")
"""Properties that HubSpot fills by itself, at once or long after: no lead waits for them."""
_OUR_GROUP: Final = f"{GROUP}_"


class Settle(Struct, frozen=True):
    """Spans of clock time: a lead waits at most `wait` after its creation, and `quiet` after its last change.

    Within `revise` of its creation it is decided again when its facts change. `never_late` are patterns of
    contact properties (`*` stands for any text) that a lead does not wait for.
    """

    wait: timedelta = timedelta(seconds=20)
    quiet: timedelta = timedelta(seconds=6)
    revise: timedelta = timedelta(minutes=15)
    never_late: tuple[str, ...] = NEVER_LATE

    def comes_late(self, name: str) -> bool:
        """Whether the contact property can come after the contact; what we write ourselves never does."""
        return not is_ours(name) and not any(fnmatchcase(name, pattern) for pattern in self.never_late)


def is_ours(name: str) -> bool:
    """Whether we write this contact property ourselves."""
    return name in (OWNER, STATUS) or name.startswith(_OUR_GROUP)


class Settled(Struct, frozen=True):
    """A lead that was decided under `settle`: its wait (milliseconds), and the open facts that mattered.

    `waited_for` are those that mattered when it began to wait, `still_open` those that still did when it was
    decided: the others have come.
    """

    waited_ms: int = 0
    waited_for: tuple[str, ...] = ()
    still_open: tuple[str, ...] = ()


def never_late(changes: tuple[str, ...]) -> tuple[str, ...]:
    """The usual patterns with these added; `-name` takes a pattern out."""
    added = [one for one in changes if not one.startswith("-")]
    left_out = {one.removeprefix("-") for one in changes if one.startswith("-")}
    return tuple(one for one in dict.fromkeys((*NEVER_LATE, *added)) if one not in left_out)


def without_company_facts(facts: Iterable[str]) -> tuple[str, ...]:
    """The facts as people are told them: those of the company come together, and are one, `company`."""
    return tuple(
        dict.fromkeys(
            "company" if fact == "account_owner" or fact.startswith(COMPANY_PREFIX) else fact
            for fact in facts
        )
    )
