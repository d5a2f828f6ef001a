"""Reader of the public holidays that a line of `team.yaml` names."""

from __future__ import annotations

from router.policy.people.public_holidays import is_known, known_codes
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.tree import Node

NONE = "none"
_HINT = "Write a country such as FR, or a part of one: FR-57 (Alsace-Moselle), DE-BY, CH-GE."


def read_holidays(node: Node, file: FileReader) -> str | None:
    """The code of the holidays, None for `none`; an unknown code is reported and counts as none."""
    written = file.scalar(node, "'public_holidays'")
    if written is None or written.text == NONE:
        return None
    if is_known(written.text):
        return written.text
    country = written.text.partition("-")[0]
    if country != written.text and is_known(country):
        message = f"{country} has no part '{written.text}' with public holidays of its own"
        parts = [code for code in known_codes() if code.startswith(f"{country}-")]
        hint = f"Write {country}, or one of: {', '.join(parts)}." if parts else f"Write {country}."
        file.error(written, message, hint)
        return None
    file.error(
        written,
        f"there are no public holidays by the code '{written.text}'",
        _HINT,
        like=written.text,
        among=known_codes(),
    )
    return None
