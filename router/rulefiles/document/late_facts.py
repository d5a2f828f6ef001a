"""The part of the document about leads whose facts come late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from router.policy.leads.settle import Settle
from router.rulefiles.document.blocks import Block, Bullets, Heading, Paragraph
from router.rulefiles.document.phrases import say, span_in_words


def late_facts(settle: Settle | None, language: str) -> Iterator[Block]:
    """How long a lead waits, how long it can be decided once more, and what it does not wait for."""
    if settle is None:
        return

    def words(phrase: str, **named: timedelta) -> str:
        spans = {name: span_in_words(span, language) for name, span in named.items()}
        return say(language, phrase, **spans)

    yield Heading(2, say(language, "late"))
    yield Paragraph(say(language, "late_text"))
    lines: list[str] = []
    if settle.wait:
        lines.append(words("late_wait", wait=settle.wait, quiet=settle.quiet))
        if settle.never_late:
            lines.append(say(language, "late_never", names=", ".join(settle.never_late)))
    else:
        lines.append(words("late_no_wait"))
    if settle.revise:
        lines += [words("late_revise", revise=settle.revise), words("late_keeps")]
    else:
        lines.append(words("late_no_revise"))
    yield Bullets(tuple(lines))
