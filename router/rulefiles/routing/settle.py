"""Reader of `settle` in routing.yaml: how long a lead waits for its facts, and can be decided again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Final

from router.policy.leads.catalog import Catalog
from router.policy.leads.settle import LONGEST_REVISE, LONGEST_WAIT, NEVER_LATE, Settle, never_late
from router.policy.rules.facts import facts_needed
from router.policy.rules.policy import Policy
from router.policy.settling.open_facts import late_facts
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.quantities import span, within
from router.rulefiles.yaml.tree import Node, Scalar, YamlEntry

SETTLE_KEYS: Final = ("wait", "quiet", "revise", "never_late")
_SECONDS: Final = re.compile(r"([0-9]{1,5}) ?(?:s|sec|second|seconds)")
_PATTERN: Final = re.compile(r"-?[a-z0-9_*]+")
_USUAL: Final = Settle()


def read_settle(node: Node, file: FileReader, catalog: Catalog) -> Settle:
    """The block; a key that is left out, or a mistake, gets its default."""
    fields = file.fields(node, "'settle'", known=SETTLE_KEYS) or {}
    wait = _span("wait", fields, file, longest=LONGEST_WAIT, example="20s, up to 2min")
    quiet = _span("quiet", fields, file, longest=LONGEST_WAIT, example="6s, up to the wait")
    revise = _span("revise", fields, file, longest=LONGEST_REVISE, example="15min, up to 24h")
    if "wait" in fields and not wait:
        hint = "Write wait: 20s, or leave 'settle' out if leads shall not be decided once more either."
        file.warning(fields["wait"].key, "with 'wait: 0s' no lead waits for its facts", hint)
    if quiet > wait and "quiet" in fields:
        hint = "Write a shorter quiet, or a longer wait."
        file.error(fields["quiet"].key, "'quiet' is longer than 'wait', so it never ends a wait", hint)
    return Settle(
        wait=wait, quiet=min(quiet, wait), revise=revise, never_late=_never_late(fields, file, catalog)
    )


def warn_if_idle(policy: Policy, at: Scalar, file: FileReader) -> None:
    """A warning at the key `settle` if no fact that the policy needs can come late."""
    if policy.settle is None:
        return
    late = late_facts(facts_needed(policy), policy.settle)
    if not late.of_contact and not late.of_company:
        hint = "Remove 'settle', or take the property out of 'never_late'."
        file.warning(at, "no fact that these files read can come late, so 'settle' changes nothing", hint)


def _span(
    name: str, fields: Mapping[str, YamlEntry], file: FileReader, *, longest: timedelta, example: str
) -> timedelta:
    read = within(timedelta(0), longest, _seconds_or_more)
    found = file.value(fields.get(name), read, f"'{name}' cannot be '{{}}'", f"Write {example}.")
    usual: timedelta = getattr(_USUAL, name)
    return usual if found is None else found


def _seconds_or_more(text: str) -> timedelta | None:
    parts = _SECONDS.fullmatch(text)
    return timedelta(seconds=int(parts[1])) if parts else span(text)


def _never_late(fields: Mapping[str, YamlEntry], file: FileReader, catalog: Catalog) -> tuple[str, ...]:
    if "never_late" not in fields:
        return _USUAL.never_late
    changes: list[str] = []
    for written in file.scalars(fields["never_late"].value, "'never_late'"):
        pattern = written.text.removeprefix("-")
        if not _PATTERN.fullmatch(written.text):
            hint = "Write a contact property such as langue, a beginning such as hs_email_*, or -num_*."
            file.error(written, f"'{written.text}' is no property that comes late or never", hint)
        elif written.text.startswith("-") and pattern not in NEVER_LATE:
            hint = f"It can take out: {', '.join(NEVER_LATE)}."
            file.error(written, f"'{written.text}' takes out what is not in the usual list", hint)
        elif not any(fnmatchcase(name, pattern) for name in catalog.contact):
            file.warning(written, f"no contact property is called '{pattern}'", "Remove it, or router pull.")
            changes.append(written.text)
        else:
            changes.append(written.text)
    return never_late(tuple(changes))
