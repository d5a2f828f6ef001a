"""The steps of an explanation that tell of late facts: the wait for them, and what they changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from router.policy.decision.decision import Decision
from router.policy.decision.trigger import Revised
from router.policy.decision.triggered.revision import is_kept
from router.policy.explanation.step import Step
from router.policy.leads.settle import Settled
from router.policy.rules.policy import Policy
from router.policy.wording.phrases import moment_in_words, say


def steps_of_late_facts(decision: Decision, policy: Policy, *, language: str) -> Iterator[Step]:
    """The wait before the decision, and the decision that it revised, if there are any; in `fr` or `en`."""
    inputs = decision.inputs
    if inputs is None:
        return
    if inputs.settled is not None:
        yield _waited(inputs.settled, language)
    if isinstance(inputs.trigger, Revised):
        facts = ", ".join(inputs.trigger.facts)
        known = say(language, "now_known", facts=facts) if facts else say(language, "facts_changed")
        lines = tuple(_before(decision, inputs.trigger, policy, language))
        yield Step(say(language, "title_revised", why=known), lines)


def _waited(settled: Settled, language: str) -> Step:
    """The wait as a title, and below it which facts came and which are still open."""
    still_open = say(language, "line_open", facts=_named(settled.still_open)) if settled.still_open else None
    if not settled.waited_ms:
        return Step(still_open or say(language, "title_not_waited"))
    span = f"{settled.waited_ms / 1000:.1f}"
    span = span.replace(".", ",") if language == "fr" else span
    came = [fact for fact in settled.waited_for if fact not in settled.still_open]
    lines = [say(language, "line_came", facts=_named(came))] if came else []
    lines += [still_open] if still_open else []
    title = say(language, "title_waited", span=span, facts=_named(settled.waited_for))
    return Step(title, tuple(lines))


def _before(decision: Decision, trigger: Revised, policy: Policy, language: str) -> Iterator[str]:
    if not trigger.owner_id:
        yield say(language, "line_nobody_before")
        return
    called = trigger.rep or say(language, "owner_of_id", owner_id=trigger.owner_id)
    if trigger.due_at is None:
        yield say(language, "line_before", rep=called)
    else:
        local = trigger.due_at.astimezone(policy.roster.timezone)
        yield say(language, "line_before_due", rep=called, moment=moment_in_words(local, language))
    yield say(language, "line_kept" if is_kept(decision) else "line_not_kept", rep=called)


def _named(facts: Sequence[str]) -> str:
    return ", ".join(facts)
