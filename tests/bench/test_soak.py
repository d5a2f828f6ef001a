"""The soak: its samples of this process and of a real Valkey, its verdicts, and its file."""

from __future__ import annotations

import os
from pathlib import Path

import orjson
import pytest
import redis

from bench.soak.__main__ import HEADINGS, cpu_per_lead, options, save, told
from bench.soak.lines import MB, SoakLine, lines_of
from bench.soak.samples import Minute, ProcessSample, ValkeySample, percentile, process_sample, valkey_sample
from router.store.keys import Keys

KEYS = Keys("4242")


def a_minute(
    number: int, *, rss_mb: float = 80, handles: int = 20, housekeeping_s: float = 1.0, **more: object
) -> Minute:
    one = ProcessSample(round(rss_mb * 1024), 0, handles, number * 1.0)
    valkey = ValkeySample(
        used=50 * MB + number * 3_000 * 2_000, due=number * 3_000 * 2_000, leads=number * 3_000
    )
    values = {
        "at_min": float(number),
        "processes": {"worker1": one, "worker2": one, "housekeeping": one},
        "valkey": valkey,
        "outbox": 10,
        "inbox": 0,
        "waiting": 5_000,
        "announced": number * 3_000,
        "p50_s": 0.2,
        "p99_s": 0.4,
        "cpu_s": {"housekeeping": housekeeping_s},
    }
    return Minute(**(values | more))  # type: ignore[arg-type]


def verdicts(minutes: list[Minute]) -> dict[str, str]:
    return {line.name: line.verdict for line in lines_of(minutes)}


def test_steady_minutes_are_flat_though_leads_fill_valkey() -> None:
    minutes = [a_minute(number, rss_mb=80 + number % 3 * 0.2) for number in range(1, 31)]

    assert set(verdicts(minutes).values()) == {"flat"}
    assert minutes[-1].valkey.used > 2 * minutes[0].valkey.used


def test_each_thing_that_grows_is_seen() -> None:
    minutes = [
        a_minute(
            number,
            rss_mb=80 + number,
            handles=20 + number,
            outbox=number * 50,
            p99_s=0.4 + number * 0.05,
            housekeeping_s=1 + number * 0.1,
            valkey=ValkeySample(used=(50 + number) * MB, due=0, leads=0),
        )
        for number in range(1, 31)
    ]

    found = verdicts(minutes)

    growing = {name for name, verdict in found.items() if verdict == "grows"}
    wanted = {"outbox", "event to owner p99", "housekeeping CPU", "Valkey without leads"}
    assert wanted < growing
    assert {"housekeeping RSS", "housekeeping handles", "worker1 RSS"} < growing


def test_the_start_is_no_growth() -> None:
    points = [(float(minute), 60.0 if minute <= 2 else 90.0 + minute % 2) for minute in range(1, 31)]

    assert SoakLine("worker1 RSS", "MB", points, least=2).verdict == "flat"


def test_two_minutes_are_too_short_for_a_verdict() -> None:
    assert set(verdicts([a_minute(1), a_minute(2)]).values()) == {"too short"}


def test_this_process_has_memory_handles_and_cpu() -> None:
    before = process_sample(os.getpid())
    with Path("/dev/null").open(), Path("/dev/null").open():
        after = process_sample(os.getpid())

    assert after.handles == before.handles + 2
    assert after.rss_kb > 10_000
    assert after.cpu_s >= before.cpu_s > 0


def test_what_leads_must_cost_is_measured_and_the_rest_stays(redis_client: redis.Redis) -> None:
    empty = valkey_sample(redis_client, KEYS, [])
    ids = [str(number) for number in range(2_000)]
    for one in ids:
        redis_client.hset(KEYS.lead(one), mapping={"st": "done", "ch": "x" * 1_500})

    full = valkey_sample(redis_client, KEYS, ids)

    assert full.due > 2_000 * 1_500
    assert full.used - empty.used > 2_000 * 1_500
    assert abs(full.rest - empty.rest) < 0.1 * full.due


def test_the_file_survives_every_minute(tmp_path: Path) -> None:
    file = tmp_path / "soak.json"
    minutes: list[Minute] = []
    for number in range(1, 4):
        minutes.append(a_minute(number))
        save(file, minutes)
        assert len(orjson.loads(file.read_bytes())["minutes"]) == number

    lines = {line["name"]: line for line in orjson.loads(file.read_bytes())["lines"]}
    assert lines["worker1 RSS"]["per_minute"] == 0
    assert [one.name for one in tmp_path.iterdir()] == ["soak.json"]


def test_cpu_is_counted_for_each_lead() -> None:
    assert cpu_per_lead([a_minute(1), a_minute(2)]) == pytest.approx(
        {"workers": 2 / 3_000 * 1e6, "housekeeping": 1 / 3_000 * 1e6}
    )


def test_a_minute_is_a_line_below_its_headings() -> None:
    assert len(told(a_minute(30))) == len(HEADINGS) <= 80


def test_percentiles_of_few_and_none() -> None:
    assert percentile([1, 2, 3, 4], 0.5) == 3
    assert percentile([1, 2], 0.99) == 2
    assert percentile([], 0.5) == 0


def test_a_wrong_option_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        options(["--minutes", "-1"])

    assert ended.value.code == 2
    assert "'-1' is no whole number above 0" in capsys.readouterr().err
