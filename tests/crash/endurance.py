"""The long run: `python -m tests.crash.endurance` storms through 100,000 leads, and counts what happened.

  --seeds 1-20 | 1,4,7   one storm for each seed (1-20)
  --leads 5000           leads of each storm
  --workers 8            worker processes of each storm
  --totals FILE          results as JSON (endurance.json); seeds that held there are not run again

Every storm has kills of workers, of other processes and of Redis, workers that stand still for
longer than the lease, a HubSpot that misbehaves, and people who choose owners. Nothing may be lost, owned
twice or finally covered.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from router.deadlines import CALL, LEASE
from tests.crash.storm import has_no_doubt, judge, settled, storm
from tests.world.checker import check, longest_covered_s
from tests.world.fleet import CRASH_POINTS, WEIGHTS, a_fleet, until
from tests.world.story import stories

STORM_S: Final = 60.0
REDIS_KILLS: Final = 2
PAUSES: Final = 2
PAUSE_S: Final = LEASE.total_seconds() + 5
EDITS: Final = 30
LATE_S: Final = CALL.total_seconds() + 5
HEALED_WITHIN_S: Final = 600.0
ADDED_UP: Final = (
    *("leads", "webhook_events", "worker_kills", "other_kills", "redis_kills", "pauses", "human_edits"),
    *("lost", "two_owners", "finally_covered"),
)

Totals = dict[str, Any]


def one_storm(seed: int, *, leads: int, workers: int, progress: Progress) -> Totals:
    """The counts and the verdict of the storm of a seed; `story` is there if it did not hold."""
    bar = progress.add_task(f"seed {seed}", total=leads)
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix=f"storm-{seed}-") as place,
        a_fleet(Path(place), workers=workers, seed=seed, crash_points=CRASH_POINTS) as fleet,
    ):
        ids = storm(
            fleet,
            seed=seed,
            seconds=STORM_S,
            leads=leads,
            redis_kills=REDIS_KILLS,
            pauses=PAUSES,
            pause_s=PAUSE_S,
            edits=EDITS,
            late_s=LATE_S,
            tell=lambda created: progress.update(bar, completed=min(created, leads)),
        )
        progress.update(bar, description=f"seed {seed}: healing")
        judge(fleet, ids, within_s=HEALED_WITHIN_S)
        until(lambda: has_no_doubt(fleet), within_s=HEALED_WITHIN_S)
        verdict = check(fleet.sandbox, ids, weights=WEIGHTS)
        held = verdict.sound
        result: Totals = {
            "leads": len(ids),
            "webhook_events": fleet.sandbox.deliveries()["delivered"],
            "worker_kills": fleet.deaths["worker"],
            "other_kills": fleet.deaths.total() - fleet.deaths["worker"],
            "redis_kills": fleet.redis_kills,
            "pauses": fleet.pauses,
            "human_edits": len(fleet.sandbox.human_choices()),
            "lost": len(verdict.lost),
            "two_owners": len(verdict.two_owners),
            "finally_covered": len(verdict.overwritten),
            "longest_giving_back_s": round(longest_covered_s(fleet.sandbox, ids), 1),
            "deviation": float(settled(fleet, ids).deviation) if held else None,
            "held": held,
            "story": "" if held else stories(fleet, verdict),
        }
        result["took_s"] = round(time.monotonic() - began)
    progress.update(bar, completed=leads, description=f"seed {seed}: {'held' if held else 'FAILED'}")
    return result


def summed(storms: dict[str, Totals]) -> Totals:
    """The totals of all storms."""
    total: Totals = {name: sum(one[name] for one in storms.values()) for name in ADDED_UP}
    longest = max((one["longest_giving_back_s"] for one in storms.values()), default=0.0)
    return {
        "seeds": sorted(map(int, storms)),
        "held": all(one["held"] for one in storms.values()),
        **total,
        "longest_giving_back_s": longest,
        "took_s": sum(one["took_s"] for one in storms.values()),
    }


def seeds_of(text: str) -> list[int]:
    """The seeds of `1-5` or `1,4,7`. Raises ValueError."""
    seeds: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        seeds += range(int(first), int(last or first) + 1)
    return seeds


def main(arguments: Sequence[str]) -> int:
    """Run the storms that have not held yet; exit code 1 if one does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.endurance")
    parser.add_argument("--seeds", type=seeds_of, default=seeds_of("1-20"))
    parser.add_argument("--leads", type=int, default=5_000)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--totals", type=Path, default=Path("endurance.json"))
    asked = parser.parse_args(arguments)
    storms = _kept(asked.totals, leads=asked.leads, workers=asked.workers)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as progress:
        for seed in asked.seeds:
            if storms.get(str(seed), {}).get("held"):
                progress.console.print(f"seed {seed} held before")
                continue
            storms[str(seed)] = one_storm(seed, leads=asked.leads, workers=asked.workers, progress=progress)
            _keep(asked.totals, storms, leads=asked.leads, workers=asked.workers)
            if not storms[str(seed)]["held"]:
                progress.console.print(f"seed {seed}: {storms[str(seed)]['story']}", markup=False)
    total = summed(storms)
    sys.stdout.write(
        "\n".join(f"  {name.replace('_', ' '):<22} {value}" for name, value in total.items()) + "\n"
    )
    return 0 if total["held"] else 1


def _kept(file: Path, **each: int) -> dict[str, Totals]:
    """The storms of an earlier run with as many leads and workers each."""
    if not file.exists():
        return {}
    kept = json.loads(file.read_text())
    return dict(kept["storms"]) if kept.get("each") == each else {}


def _keep(file: Path, storms: dict[str, Totals], **each: int) -> None:
    written = {"each": each, "totals": summed(storms), "storms": storms}
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n")
    draft.rename(file)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
