"""Rule files are judged by one process: the others take its verdict, and judge only when it fails them."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
import redis

from router.routing.portal.rules_gate import GateResult, judge
from router.routing.portal.rules_judging import RulesJudging
from router.routing.portal.verdict_key import verdict_key
from router.rulefiles.load import revision
from router.rules_on_disk import read_rule_files
from router.store.keys import Keys
from router.store.shared.rule_verdicts import TURN_S, RuleVerdicts
from tests.world.fleet import until

NOW = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
PROGRAM = "version 7"


@dataclass
class Counted:
    """Judges as every process does, and counts."""

    times: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, files: Mapping[str, bytes], now: datetime) -> GateResult:
        with self._lock:
            self.times += 1
        return judge(files, now)


def never(_files: Mapping[str, bytes], _now: datetime) -> GateResult:
    raise AssertionError("the verdict was there to be taken")


@pytest.fixture
def files(rules: Path) -> dict[str, bytes]:
    return dict(read_rule_files(rules))


@pytest.fixture
def verdicts(redis_client: redis.Redis, keys: Keys) -> RuleVerdicts:
    return RuleVerdicts(redis_client, keys)


@pytest.fixture
def broken(files: dict[str, bytes]) -> dict[str, bytes]:
    return files | {"routing.yaml": files["routing.yaml"].replace(b"rep: marc", b"rep: mark")}


def a_process(
    verdicts: RuleVerdicts, judging: Counted | None = None, *, program: str = PROGRAM
) -> RulesJudging:
    return RulesJudging(verdicts, by=judging or never, program=program)


def the_key(files: Mapping[str, bytes]) -> str:
    return verdict_key(files, now=NOW, program=PROGRAM)


def test_processes_that_start_together_judge_once_and_all_have_the_rules(
    verdicts: RuleVerdicts, files: dict[str, bytes]
) -> None:
    judging, count = Counted(), 6
    together = threading.Barrier(count)

    def start(_number: int) -> GateResult:
        process = a_process(verdicts, judging)
        together.wait()
        return process.judged(files, now=NOW)

    with ThreadPoolExecutor(count) as processes:
        found = list(processes.map(start, range(count)))

    assert judging.times == 1
    assert {one.policy.revision if one.policy else None for one in found} == {revision(files)}


class Overtaken(RuleVerdicts):
    """Another process publishes its verdict just after the first look."""

    looks = 0

    def of(self, of: str) -> tuple[Mapping[str, object], ...] | None:
        found = super().of(of)
        self.looks += 1
        if self.looks == 1:
            self.publish(of, ())
        return found


def test_a_verdict_that_comes_between_the_look_and_the_turn_is_taken(
    redis_client: redis.Redis, keys: Keys, files: dict[str, bytes]
) -> None:
    assert a_process(Overtaken(redis_client, keys)).judged(files, now=NOW).policy is not None


def test_mistakes_are_known_to_all_with_their_places(
    verdicts: RuleVerdicts, broken: dict[str, bytes]
) -> None:
    first = a_process(verdicts, Counted()).judged(broken, now=NOW)

    second = a_process(verdicts).judged(broken, now=NOW)

    assert second == first
    assert second.mistakes[0]["file"] == "routing.yaml"
    assert second.mistakes[0]["line"] == 14


@pytest.mark.parametrize("passed", ["program", "day", "files"])
def test_a_verdict_counts_for_its_files_its_program_and_its_day_alone(
    verdicts: RuleVerdicts, files: dict[str, bytes], passed: str
) -> None:
    a_process(verdicts, Counted()).judged(files, now=NOW)
    judging = Counted()
    other = a_process(verdicts, judging, program="version 8" if passed == "program" else PROGRAM)
    now = NOW + timedelta(days=1) if passed == "day" else NOW
    changed = files | {"lists.yaml": files["lists.yaml"] + b"\n"} if passed == "files" else files

    found = other.judged(changed, now=now)

    assert judging.times == 1
    assert found.policy is not None


def test_after_redis_was_emptied_files_are_judged_again(
    verdicts: RuleVerdicts, files: dict[str, bytes], redis_client: redis.Redis
) -> None:
    a_process(verdicts, Counted()).judged(files, now=NOW)
    redis_client.flushall()
    judging = Counted()

    assert a_process(verdicts, judging).judged(files, now=NOW).policy is not None
    assert judging.times == 1


BROKEN_VERDICTS = {
    "no JSON": "good",
    "no object": "[]",
    "another's": orjson.dumps({"of": "other", "mistakes": []}).decode(),
    "no mistakes": '{"of": "KEY"}',
    "mistakes of no kind": '{"of": "KEY", "mistakes": [1]}',
    "a mistake without a place": '{"of": "KEY", "mistakes": [{"file": "a", "message": "b"}]}',
    "no place": '{"of": "KEY", "mistakes": [{"file": "a", "message": "b", "line": "1", "column": 1}]}',
}


@pytest.mark.parametrize("text", BROKEN_VERDICTS.values(), ids=BROKEN_VERDICTS)
def test_a_verdict_that_cannot_be_read_is_replaced(
    verdicts: RuleVerdicts, files: dict[str, bytes], redis_client: redis.Redis, keys: Keys, text: str
) -> None:
    of = the_key(files)
    redis_client.set(keys.rules_verdict(of), text.replace("KEY", of))
    judging = Counted()

    found = a_process(verdicts, judging).judged(files, now=NOW)

    assert found.policy is not None
    assert judging.times == 1
    assert verdicts.of(of) == ()


def test_files_that_cannot_be_loaded_are_judged_again_whatever_the_verdict(
    verdicts: RuleVerdicts, broken: dict[str, bytes]
) -> None:
    verdicts.publish(the_key(broken), ())
    judging = Counted()

    found = a_process(verdicts, judging).judged(broken, now=NOW)

    assert (found.policy, judging.times) == (None, 1)
    assert verdicts.of(the_key(broken)) == found.mistakes


DYING = """
import sys, redis
from router.store.keys import Keys
from router.store.shared.rule_verdicts import RuleVerdicts
verdicts = RuleVerdicts(redis.Redis.from_url(sys.argv[1], decode_responses=True), Keys("4242"))
with verdicts.turn(sys.argv[2]) as is_ours:
    sys.stdout.write(f"{is_ours}\\n")
    sys.stdout.flush()
    sys.stdin.read()
"""


def test_a_process_that_dies_while_it_judges_is_replaced(
    verdicts: RuleVerdicts, files: dict[str, bytes], redis_client: redis.Redis, redis_url: str, keys: Keys
) -> None:
    of, judging = the_key(files), Counted()
    command = [sys.executable, "-c", DYING, redis_url, of]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as dying:
        assert dying.stdout is not None
        took_it = dying.stdout.readline().strip()
        dying.kill()
    left_ms = redis_client.pttl(keys.rules_judge(of))
    redis_client.pexpire(keys.rules_judge(of), 50)  # the rest of its time has passed

    found = a_process(verdicts, judging).judged(files, now=NOW)

    assert took_it == "True"
    assert 0 < left_ms <= TURN_S * 1000
    assert found.policy is not None
    assert judging.times == 1


def test_a_process_that_judges_for_long_keeps_its_turn(redis_client: redis.Redis, keys: Keys) -> None:
    ours, others = (RuleVerdicts(redis_client, keys, turn_s=0.5) for _ in range(2))

    with ours.turn("files"):
        redis_client.pexpire(keys.rules_judge("files"), 300)
        renewed = until(lambda: redis_client.pttl(keys.rules_judge("files")) > 300, within_s=10)
        with others.turn("files") as theirs:
            pass

    assert renewed
    assert not theirs
    assert not redis_client.exists(keys.rules_judge("files"))


def test_a_turn_that_was_lost_to_another_process_is_not_ended(redis_client: redis.Redis, keys: Keys) -> None:
    with RuleVerdicts(redis_client, keys).turn("files"):
        redis_client.set(keys.rules_judge("files"), "another", ex=60)

    assert redis_client.get(keys.rules_judge("files")) == "another"


def test_a_bug_in_judging_leaves_the_turn_to_others(
    verdicts: RuleVerdicts, files: dict[str, bytes], redis_client: redis.Redis, keys: Keys
) -> None:
    with pytest.raises(AssertionError):
        a_process(verdicts).judged(files, now=NOW)

    assert redis_client.keys(keys.rules_judge("*")) == []
    assert a_process(verdicts, Counted()).judged(files, now=NOW).policy is not None


def test_without_redis_a_process_judges_for_itself(keys: Keys, files: dict[str, bytes]) -> None:
    nobody = redis.Redis(host="127.0.0.1", port=1, decode_responses=True)

    found = a_process(RuleVerdicts(nobody, keys), Counted()).judged(files, now=NOW)

    assert found.policy is not None
