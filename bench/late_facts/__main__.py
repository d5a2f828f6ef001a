"""Do leads whose facts come late end where they belong, and at what price?

    python -m bench.late_facts [--quick] [--leads 2000] [--rate 20] [--scale 1] [--beside PATH]

The shipped rules, with everybody at work, route leads of a sandbox portal (50 ms per call, 190 calls in
10 s): 40 % are complete at creation, 40 % within 10 s, 20 % within 10 minutes (times `--scale`); companies
are linked 1 to 5 s after the contact. Once without `settle`, once with it. PATH is a checkout of another
commit (`git worktree add PATH COMMIT`), whose processes run the same; without `settle` if it is too old.
Of many leads more are revised than the brake of revisions lets through in an hour: it holds the rest, which
then do not end where they belong.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bench.late_facts.figures import Figures, show
from bench.late_facts.rules import write_rules
from bench.late_facts.running import run
from bench.processes import REPOSITORY

QUICK = {"leads": 200, "scale": 0.1}
KNOWS_SETTLE = Path("router") / "policy" / "leads" / "settle.py"


def main() -> None:
    """Run both, and the other checkout's, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leads", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=20.0, help="new leads per second")
    parser.add_argument("--scale", type=float, default=1.0, help="of the ten minutes within which facts come")
    parser.add_argument("--quick", action="store_true", help="200 leads, facts within one minute")
    parser.add_argument("--seed", type=int, default=1, help="of the leads that are drawn")
    parser.add_argument("--beside", type=Path, metavar="PATH", help="a checkout of another commit")
    asked = parser.parse_args()
    if asked.quick:
        asked.leads, asked.scale = QUICK["leads"], QUICK["scale"]
    shown: list[Figures] = []
    with tempfile.TemporaryDirectory() as name:
        for code in filter(None, (REPOSITORY, asked.beside and asked.beside.resolve())):
            here = "" if code == REPOSITORY else " there"
            for settle in (False, True) if (code / KNOWS_SETTLE).exists() else (False,):
                title = f"settle {'on' if settle else 'off'}{here}"
                rules = write_rules(Path(name) / title.replace(" ", "-"), settle=settle)
                found = run(
                    title,
                    rules,
                    code=code,
                    count=int(asked.leads),
                    per_s=asked.rate,
                    scale=asked.scale,
                    seed=asked.seed,
                )
                shown.append(found)
    show(shown)


if __name__ == "__main__":
    main()
