"""A good change of the rule files goes live whole; nothing that is put in their place stops routing."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from router.bootstrap import open_services
from router.routing.portal.live_rules import NoRules
from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from router.settings import Settings
from router.store.health.reading import VitalsReading
from router.store.health.vitals import Vitals
from tests.world.leads import a_hot_contact, announce, route_all
from tests.world.time import Clock
from tests.world.well import sentences_of

PASSING = """
now: 2026-11-24T10:15+01:00
tests:
  - name: Un directeur qui demande une démo
    lead: {jobtitle: Directeur, type_demande: demo, country: France}
    expect: {team: idf}
"""


def change(rules: Path, old: str, new: str, *, file: str = "routing.yaml") -> None:
    text = (rules / file).read_text()
    assert old in text
    (rules / file).write_text(text.replace(old, new))


def vitals(services: Services, redis_client: redis.Redis) -> VitalsReading:
    return Vitals(redis_client, services.store.keys).read()


def revision(services: Services) -> str:
    return services.rules.policy().revision


def test_a_good_change_goes_live_for_everybody(
    services: Services, rules: Path, redis_client: redis.Redis
) -> None:
    before = revision(services)
    change(rules, "default: 4h", "default: 1h")

    services.rules.refresh()

    after = revision(services)
    assert after != before
    assert vitals(services, redis_client).rules_revision == after
    assert [one.revision for one in services.ledger.revisions.all()] == [before, after]
    assert services.ledger.files_of(after) == services.rules.files


def test_a_broken_change_is_told_with_its_place_and_the_last_good_rules_stay(
    services: Services, rules: Path, redis_client: redis.Redis, sandbox: SandboxClient
) -> None:
    before = revision(services)
    change(rules, "assign: {rep: marc}", "assign: {rep: mark}")

    services.rules.refresh()

    (warning,) = sentences_of(redis_client, services.store.keys, "rules_refused")
    assert revision(services) == before
    assert warning.startswith("routing.yaml:14:")
    assert "mark" in warning
    assert "(the last good rules stay live)" in warning


def test_a_mended_change_settles_the_complaint(
    services: Services, rules: Path, redis_client: redis.Redis
) -> None:
    change(rules, "rep: marc", "rep: mark")
    services.rules.refresh()
    change(rules, "rep: mark", "rep: marc")

    services.rules.refresh()

    assert vitals(services, redis_client).rule_mistakes == ()


def test_rules_that_fail_their_own_tests_do_not_go_live(
    services: Services, rules: Path, redis_client: redis.Redis
) -> None:
    (rules / "tests").mkdir()
    (rules / "tests" / "idf.test.yaml").write_text(PASSING)
    services.rules.refresh()
    passing = revision(services)
    change(rules, "assign: {team: idf}", "assign: {team: idf, method: queue}")
    change(rules, "expect: {team: idf}", "expect: {rep: camille}", file="tests/idf.test.yaml")

    services.rules.refresh()

    (mistake,) = vitals(services, redis_client).rule_mistakes
    assert revision(services) == passing
    assert (mistake.file, mistake.line) == ("tests/idf.test.yaml", 4)
    assert mistake.message == (
        "the test 'Un directeur qui demande une démo' fails: rep is nobody, not camille"
    )


def take_away(rules: Path) -> None:
    shutil.rmtree(rules)


def put_a_pipe(rules: Path) -> None:
    (rules / "team.yaml").unlink()
    os.mkfifo(rules / "team.yaml")


def put_a_loop_of_links(rules: Path) -> None:
    (rules / "team.yaml").unlink()
    (rules / "team.yaml").symlink_to("team.yaml")


def put_a_folder(rules: Path) -> None:
    (rules / "lists.yaml").unlink()
    (rules / "lists.yaml").mkdir()


def put_a_gigabyte(rules: Path) -> None:
    with (rules / "routing.yaml").open("wb") as file:
        file.truncate(1 << 30)


def cut_in_half(rules: Path) -> None:
    text = (rules / "routing.yaml").read_text()
    (rules / "routing.yaml").write_text(text[: len(text) // 2])


def empty_it(rules: Path) -> None:
    (rules / "scoring.yaml").write_text("")


def put_noise(rules: Path) -> None:
    (rules / "routing.yaml").write_bytes(bytes(range(256)) * 40)


def put_brackets(rules: Path) -> None:
    (rules / "routing.yaml").write_text("[" * 50_000)


def break_the_catalog(rules: Path) -> None:
    (rules / "hubspot.catalog.json").write_text('{"contact": [')


def put_a_file_for_the_tests(rules: Path) -> None:
    (rules / "tests").write_text("not a folder")


def put_a_loop_of_links_for_the_tests(rules: Path) -> None:
    (rules / "tests").symlink_to("tests")


def put_a_pipe_among_the_tests(rules: Path) -> None:
    (rules / "tests").mkdir()
    os.mkfifo(rules / "tests" / "a.test.yaml")


HAVOC: tuple[Callable[[Path], None], ...] = (
    take_away,
    put_a_pipe,
    put_a_loop_of_links,
    put_a_folder,
    put_a_gigabyte,
    cut_in_half,
    empty_it,
    put_noise,
    put_brackets,
    break_the_catalog,
    put_a_file_for_the_tests,
    put_a_loop_of_links_for_the_tests,
    put_a_pipe_among_the_tests,
)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("wreck", HAVOC, ids=lambda wreck: wreck.__name__)
def test_whatever_happens_to_the_files_leads_are_routed_and_it_is_said(
    services: Services,
    rules: Path,
    sandbox: SandboxClient,
    redis_client: redis.Redis,
    wreck: Callable[[Path], None],
) -> None:
    before = revision(services)
    wreck(rules)

    services.rules.refresh()
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(services, contact_id)
    route_all(services)

    assert revision(services) == before
    assert sandbox.contact(contact_id)["properties"]["hubspot_owner_id"]
    assert sentences_of(redis_client, services.store.keys, "rules_refused")
    assert sentences_of(redis_client, services.store.keys, "rules_missing") == ()


def test_what_an_editor_leaves_lying_around_changes_nothing(services: Services, rules: Path) -> None:
    before = revision(services)
    (rules / "tests").mkdir()
    for name in (".routing.yaml.swp", "routing.yaml~", "#routing.yaml#", "4913", "tests/.a.test.yaml"):
        (rules / name).write_text("}{")
    (rules / ".#routing.yaml").symlink_to("somebody@somewhere.1234")
    (rules / "tests" / ".#a.test.yaml").symlink_to("somebody@somewhere.1234")

    services.rules.refresh()

    assert revision(services) == before


@pytest.mark.timeout(30)
def test_files_that_are_written_one_after_the_other_go_live_together(services: Services, rules: Path) -> None:
    change(rules, "idf: [camille, hugo, lea]", "idf: [camille, hugo]", file="team.yaml")
    revisions: list[str] = []

    def write_the_other() -> None:
        time.sleep(0.15)  # as `git pull` does: the second file comes a moment after the first
        change(rules, "default: 4h", "default: 1h")

    writer = threading.Thread(target=write_the_other)
    writer.start()
    services.rules.refresh()
    writer.join()
    revisions.append(revision(services))
    services.rules.refresh()
    revisions.append(revision(services))

    assert revisions[0] == revisions[1]
    assert services.rules.policy().default_sla.total_seconds() == 3600


def another_desk(settings: Settings, client: redis.Redis, clock: Clock) -> Services:
    """A process that starts now."""
    services = open_services(settings, client, clock=clock)
    services.rules.refresh()
    return services


def test_a_restart_with_the_same_files_is_no_change(
    services: Services, settings: Settings, redis_client: redis.Redis, clock: Clock
) -> None:
    since = vitals(services, redis_client).rules_loaded_at
    clock.forward(60)

    started = another_desk(settings, redis_client, clock)

    assert vitals(started, redis_client).rules_loaded_at == since
    assert len(started.ledger.revisions.all()) == 1
    started.ledger.close()


def test_a_start_with_broken_files_goes_on_with_the_last_good_ones(
    services: Services, rules: Path, settings: Settings, redis_client: redis.Redis, clock: Clock
) -> None:
    change(rules, "rep: marc", "rep: mark")

    started = another_desk(settings, redis_client, clock)

    assert revision(started) == revision(services)
    assert "mark" in sentences_of(redis_client, started.store.keys, "rules_refused")[0]
    started.ledger.close()


def test_a_start_with_broken_files_and_an_emptied_redis_asks_the_ledger(
    services: Services, rules: Path, settings: Settings, redis_client: redis.Redis, clock: Clock
) -> None:
    change(rules, "rep: marc", "rep: mark")
    redis_client.flushall()

    started = another_desk(settings, redis_client, clock)

    assert revision(started) == revision(services)
    assert vitals(started, redis_client).rules_revision == revision(services)
    assert "mark" in sentences_of(redis_client, started.store.keys, "rules_refused")[0]
    started.ledger.close()


def test_a_first_start_with_broken_files_keeps_leads_waiting_until_they_are_mended(
    settings: Settings, rules: Path, sandbox: SandboxClient, redis_client: redis.Redis, clock: Clock
) -> None:
    change(rules, "rep: marc", "rep: mark")
    started = another_desk(settings, redis_client, clock)
    started.store.inbox.open()
    (contact_id,) = sandbox.create_exactly([a_hot_contact()])
    announce(started, contact_id)

    (problem,) = sentences_of(redis_client, started.store.keys, "rules_missing")
    with pytest.raises(NoRules):
        started.rules.policy()
    change(rules, "rep: mark", "rep: marc")
    started.rules.refresh()

    assert problem.startswith("No rules are live, so every lead waits. routing.yaml:14:")
    assert started.rules.live is not None
    assert started.store.inbox.has_work()
    assert sentences_of(redis_client, started.store.keys, "rules_missing") == ()
    started.ledger.close()


def test_a_directory_that_comes_back_goes_live_again(
    services: Services, rules: Path, redis_client: redis.Redis
) -> None:
    away = rules.with_name("away")
    rules.rename(away)
    services.rules.refresh()
    change(away, "default: 4h", "default: 1h")
    before = revision(services)
    away.rename(rules)

    services.rules.refresh()

    assert revision(services) != before
    assert vitals(services, redis_client).rule_mistakes == ()


def test_an_emptied_redis_is_told_again(services: Services, rules: Path, redis_client: redis.Redis) -> None:
    redis_client.flushall()

    services.rules.refresh()

    assert vitals(services, redis_client).rules_revision == revision(services)


def test_rules_that_come_back_are_another_change_in_the_history(services: Services, rules: Path) -> None:
    first = revision(services)
    change(rules, "default: 4h", "default: 1h")
    services.rules.refresh()
    second = revision(services)
    change(rules, "default: 1h", "default: 4h")

    services.rules.refresh()

    assert [one.revision for one in services.ledger.revisions.all()] == [first, second, first]


def git(rules: Path, *arguments: str) -> None:
    who = ["-c", "user.name=Inès Garcia", "-c", "user.email=ines@acme.fr"]
    program = shutil.which("git") or "git"
    subprocess.run([program, *who, *arguments], cwd=rules, check=True, capture_output=True)


def test_the_author_of_committed_rules_is_kept(services: Services, rules: Path) -> None:
    change(rules, "default: 4h", "default: 1h")
    git(rules, "init")
    git(rules, "add", ".")
    git(rules, "commit", "-m", "Answer within the hour")
    services.rules.refresh()
    change(rules, "default: 1h", "default: 2h")
    services.rules.refresh()

    before_git, committed, edited = services.ledger.revisions.all()

    assert committed.origin is not None
    assert committed.origin.author == "Inès Garcia"
    assert (before_git.origin, edited.origin) == (None, None)


def test_a_rule_that_is_never_reached_keeps_the_files_from_going_live(
    services: Services, rules: Path, redis_client: redis.Redis
) -> None:
    before = revision(services)
    dead = "  - name: Jamais\n    when: {type_demande: support, country: FR}\n    do: nothing\n"
    change(rules, "otherwise:\n  assign", dead + "otherwise:\n  assign")

    services.rules.refresh()

    (warning,) = sentences_of(redis_client, services.store.keys, "rules_refused")
    assert revision(services) == before
    assert "never reached" in warning


def test_a_round_that_has_begun_keeps_its_rules(services: Services, rules: Path) -> None:
    before, held = revision(services), services.rules.held()
    change(rules, "default: 4h", "default: 1h")

    services.rules.refresh()

    assert held.policy().revision == before
    assert revision(services) != before
