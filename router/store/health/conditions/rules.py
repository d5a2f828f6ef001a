"""The rules are missing, have a mistake, or name what the portal has no more."""

from __future__ import annotations

from router.store.health.conditions.condition import Sentences, condition
from router.store.health.reading import VitalsReading


@condition("failing", when="no rules are live, so every lead waits", command="router check")
def rules_missing(seen: VitalsReading) -> Sentences:
    if seen.rules_revision is not None:
        return
    if not seen.rule_mistakes:
        yield "No rules are live, so every lead waits. No process has read the rule files yet."
        return
    first, more = seen.rule_mistakes[0], len(seen.rule_mistakes) - 1
    others = f" (and {more} more: router check)" if more else ""
    yield f"No rules are live, so every lead waits. {first}{others}"


@condition(
    "degraded",
    when="the rule files on disk have a mistake; the last good rules stay live",
    command="router check",
)
def rules_refused(seen: VitalsReading) -> Sentences:
    if seen.rules_revision is not None:
        for one in seen.rule_mistakes:
            yield f"{one} (the last good rules stay live)"


@condition("degraded", when="the portal changed something that a rule names", command="router pull")
def portal_changed(seen: VitalsReading) -> Sentences:
    for sentence in seen.drift:
        yield f"The portal has changed: {sentence}"
