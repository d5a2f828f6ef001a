"""The shipped rules for a bench at any hour: everybody works round the clock, and nobody has a cap."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

from bench.processes import REPOSITORY, copy_rules

SETTLE: Final = "\nsettle: {wait: 20s, quiet: 6s, revise: 15min}\n"
_CAPS: Final = re.compile(r", (?:hours: \w+|max_open_leads: \d+|max_per_day: \d+|public_holidays: [\w-]+)")


def write_rules(target: Path, *, settle: bool, source: Path = REPOSITORY / "config") -> Path:
    """A copy of the rule files in `source`, with `settle` or without any."""
    copy_rules(source, target)
    shutil.rmtree(target / "tests", ignore_errors=True)  # they name absences and hours
    team = target / "team.yaml"
    text = _CAPS.sub("", team.read_text()).replace("public_holidays: FR ", "public_holidays: none ")
    team.write_text(re.sub(r"^out_of_office:.*\n(?:  .*\n)*", "", text, flags=re.M))
    routing = target / "routing.yaml"
    written = re.sub(r"^settle:.*\n(?:[ \t]+.*\n)*", "", routing.read_text(), flags=re.M)
    routing.write_text(written + (SETTLE if settle else ""))
    return target
