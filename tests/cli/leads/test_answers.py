"""Setup, pull, explain, parked, forget and health in front of a portal."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from router.routing.portal.services import Services
from router.sandbox.http.client import SandboxClient
from router.wakeups import leads_queue
from tests.world.command_line import Run
from tests.world.leads import LYON, park
from tests.world.rule_folders import COMPANY
from tests.world.well import make_well

RouteNow = Callable[[list[str]], None]


@pytest.fixture
def settling(environ: dict[str, str], tmp_path: Path) -> None:
    """The rules of the whole company, whose new leads wait for late facts."""
    rules = tmp_path / "config"
    shutil.copytree(COMPANY, rules)
    with (rules / "routing.yaml").open("a") as routing:
        routing.write("\nsettle: {wait: 20s, quiet: 6s, revise: 15min}\n")
    environ["CONFIG_DIR"] = str(rules)


def test_setup_shows_its_plan_and_creates_nothing_without_a_yes(run: Run) -> None:
    answer = run("setup")

    assert answer.exit_code == 1
    assert "lead_router_reason" in answer.stdout
    assert not json.loads(run("setup", "--json").stdout)["done"]


def test_setup_has_nothing_to_do_the_second_time(run: Run) -> None:
    first, second = run("setup", "--yes"), run("setup", "--yes")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "Done." in first.stdout
    assert "Nothing to do" in second.stdout


def test_pull_writes_a_catalog_and_says_what_changed(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "hubspot.catalog.json"
    first = run("pull", "--out", str(out))
    same = run("pull", "--out", str(out))
    run("setup", "--yes")

    changed = run("pull", "--out", str(out))

    assert "Written for the first time." in first.stdout
    assert "Nothing has changed." in same.stdout
    assert "+ contact property lead_router_reason" in changed.stdout
    assert [file.name for file in tmp_path.glob("*hubspot*")] == [out.name]


def test_explain_tells_points_rules_shares_and_history(
    run: Run, sandbox: SandboxClient, route_now: RouteNow
) -> None:
    (contact,) = sandbox.create_exactly([LYON])
    route_now([contact])

    answer = run("explain", contact, "--language", "en")

    assert answer.exit_code == 0
    for words in (f"Contact {contact}: assigned to ", "type_demande, demo: +60", "Rule: France / Sud"):
        assert words in answer.stdout
    for words in (
        "not Adresses jetables",
        "Shares before this lead",
        "next up:",
        "due ",
        "written to HubSpot",
    ):
        assert words in answer.stdout
    assert max(map(len, answer.stdout.splitlines())) <= 80


def test_explain_speaks_the_language_of_the_rules_by_default(
    run: Run, sandbox: SandboxClient, route_now: RouteNow
) -> None:
    (contact,) = sandbox.create_exactly([LYON])
    route_now([contact])

    assert "Règle : France / Sud" in run("explain", contact).stdout


def test_explain_knows_a_decision_that_is_still_on_its_way_to_the_ledger(
    run: Run, sandbox: SandboxClient, services: Services, route_now: RouteNow
) -> None:
    (contact,) = sandbox.create_exactly([LYON])
    route_now([contact])
    for line in services.ledger.decisions_of(contact):
        services.ledger.erase(line["contact_id"])

    assert run("explain", contact).exit_code == 0  # Redis still knows it


def test_explain_as_json_has_decision_steps_and_history(
    run: Run, sandbox: SandboxClient, route_now: RouteNow
) -> None:
    (contact,) = sandbox.create_exactly([LYON])
    route_now([contact])

    told = json.loads(run("explain", contact, "--json").stdout)

    assert told["decision"]["outcome"]["team"] == "sud"
    assert [step["title"] for step in told["steps"]]
    assert told["history"][0]["what"].startswith("decided: assigned to ")


def test_explain_says_when_somebody_owned_the_contact_before(
    run: Run, sandbox: SandboxClient, route_now: RouteNow
) -> None:
    (contact,) = sandbox.create_exactly([LYON | {"hubspot_owner_id": "71480101"}])
    route_now([contact])

    answer = run("explain", contact)

    assert answer.exit_code == 0
    assert "there was nothing to decide" in answer.stdout
    assert "had an owner when we first looked" in " ".join(answer.stdout.split())


def test_explain_says_for_what_and_until_when_a_lead_waits(
    run: Run, sandbox: SandboxClient, settling: None, route_now: RouteNow, services: Services
) -> None:
    (contact,) = sandbox.create_exactly([{"email": "a@acier.fr"}])
    route_now([contact])

    answer, told = run("explain", contact), json.loads(run("explain", contact, "--json").stdout)

    assert answer.exit_code == 0
    words = " ".join(answer.stdout.split())
    assert f"Contact {contact}: waits for its facts" in words
    assert "Now: not decided yet: waiting for company, country, departement, jobtitle," in words
    assert "; until 2026-11-24 10:15:" in words
    assert told["waiting"]["for"] == list(services.store.leads.recall([contact])[contact].waits_for)
    assert "leads waiting for their facts" in run("health").stdout


def test_explain_of_a_stranger_says_so_and_what_to_do(run: Run) -> None:
    answer = run("explain", "501")

    assert answer.exit_code == 1
    assert "has never seen contact 501" in answer.stderr


def test_the_address_of_a_contacts_page_will_do(run: Run) -> None:
    answer = run("explain", "https://app-eu1.hubspot.com/contacts/4242/record/0-1/501")

    assert "contact 501" in answer.stderr


@pytest.mark.parametrize("typed", ["abc", "0", "-5", "5; rm"])
def test_what_is_no_contact_id_is_a_misuse(run: Run, typed: str) -> None:
    answer = run("explain", "--", typed)

    assert answer.exit_code == 2
    assert "is no contact id" in answer.stderr


def test_parked_lists_leads_with_the_reason(run: Run, services: Services) -> None:
    park(services, "501", why="the property hs_lead_status has no option NEW")

    answer = run("parked")

    assert answer.exit_code == 0
    assert "501" in answer.stdout
    assert "has no option NEW" in " ".join(answer.stdout.split())
    assert json.loads(run("parked", "--json").stdout)[0]["contact_id"] == "501"


def test_parked_tells_what_goes_on_by_itself_from_what_needs_a_person(run: Run, services: Services) -> None:
    park(services, "501")
    park(services, "502", fault="outage")

    answer, listed = run("parked"), json.loads(run("parked", "--json").stdout)
    explained = run("explain", "502")

    said = " ".join(answer.stdout.split())
    assert "An outage stopped 1 lead; each goes on by itself" in said
    assert "Mend the cause, then: router parked redrive CONTACT" in said
    assert [one["goes_on_by_itself"] for one in listed] == [False, True]
    assert "It goes on by itself once HubSpot takes writes again." in " ".join(explained.stdout.split())


def test_redriving_all_empties_the_list_and_wakes_a_worker(
    run: Run, services: Services, redis_client: redis.Redis
) -> None:
    for contact in ("501", "502"):
        park(services, contact)

    answer = run("parked", "redrive", "--all")

    assert answer.exit_code == 0
    assert "2 leads sent again." in answer.stdout
    assert services.store.leads.parked() == {}
    assert {entry.contact_id for entry in services.store.inbox.take("me")} == {"501", "502"}
    assert redis_client.llen(f"rq:queue:{leads_queue(services.portal)}") == 1


def test_redriving_a_lead_that_is_not_parked_is_a_no(run: Run) -> None:
    answer = run("parked", "redrive", "501")

    assert answer.exit_code == 1
    assert "Contact 501 is not parked." in answer.stderr


def test_redriving_nobody_in_particular_is_a_misuse(run: Run) -> None:
    assert run("parked", "redrive").exit_code == 2


def test_forget_asks_for_the_erasure_and_says_within_how_long(run: Run, services: Services) -> None:
    answer = run("forget", "501")

    assert answer.exit_code == 0
    assert "within a minute" in answer.stdout
    assert services.store.erasures.asked_for() == ("501",)


def test_health_is_ok_where_all_is_well(run: Run, services: Services, redis_client: redis.Redis) -> None:
    make_well(redis_client, services.store.keys)

    answer = run("health")

    assert answer.exit_code == 0
    assert answer.stdout.startswith("Status: ok")
    assert "worker" in answer.stdout


def test_health_is_a_no_with_a_remedy_when_leads_wait_and_nobody_works(
    run: Run, services: Services, redis_client: redis.Redis
) -> None:
    redis_client.xadd(services.store.keys.inbox, {"c": "501", "t": "1"}, id="1000-0")

    answer = run("health")

    assert answer.exit_code == 1
    assert "Status: failing" in answer.stdout
    assert "No process 'worker' was seen within a day" in " ".join(answer.stdout.split())
    assert "→ router up, or: python -m workers worker" in answer.stdout
    assert json.loads(run("health", "--json").stdout)["status"] == "failing"


def test_what_is_only_degraded_is_no_failure(run: Run, services: Services, redis_client: redis.Redis) -> None:
    make_well(redis_client, services.store.keys)
    redis_client.hset(services.store.keys.parked, "501", "{}")

    answer = run("health")

    assert answer.exit_code == 0
    assert answer.stdout.startswith("Status: degraded")
    assert "→ router parked" in answer.stdout
