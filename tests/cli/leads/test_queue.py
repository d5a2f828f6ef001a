"""Pull on the command line: see who waits, claim, give back, make links and tokens."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from router.routing.intake.route import route
from router.routing.portal.services import Services
from router.routing.queues.claim_links import opened
from router.sandbox.http.client import SandboxClient
from tests.world.command_line import Run
from tests.world.rule_folders import COMPANY, PULLED, SMALL


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Small rules, whose leads wait in the queue of idf."""
    folder = tmp_path / "config"
    shutil.copytree(SMALL, folder)
    shutil.copy(COMPANY / "hubspot.catalog.json", folder)
    (folder / "routing.yaml").write_text(PULLED)
    return {**environ, "CONFIG_DIR": str(folder), "API_TOKENS_FILE": str(tmp_path / "tokens")}


@pytest.fixture
def contact(sandbox: SandboxClient, services: Services, route_now: Callable[[list[str]], None]) -> str:
    (contact_id,) = sandbox.create_exactly([{"email": "a@acier.fr", "jobtitle": "Directeur"}])
    route_now([contact_id])
    return contact_id


def test_a_lead_is_listed_claimed_and_given_back(
    run: Run, contact: str, services: Services, sandbox: SandboxClient
) -> None:
    listed = json.loads(run("queue", "--json").stdout)
    claimed = run("claim", contact, "--rep", "lea")
    late = run("claim", contact, "--rep", "hugo", "--json")
    route(services, services.store.inbox.take("test"), consumer="test")
    owner = sandbox.contact(contact)["properties"]["hubspot_owner_id"]
    released = run("release", contact, "--rep", "lea", "--why", "wrong region")
    route(services, services.store.inbox.take("test"), consumer="test")

    assert [one["contact_id"] for one in listed["idf"]] == [contact]
    assert (claimed.exit_code, released.exit_code, late.exit_code) == (0, 0, 1)
    assert json.loads(late.stdout)["sentence"] == "lea has this lead already."
    assert owner == "71480103"
    assert contact in run("queue", "idf").stdout


def test_the_table_of_a_queue_fits_the_screen(run: Run, contact: str) -> None:
    told = run("queue").stdout

    assert max(len(line) for line in told.splitlines()) <= 80
    assert "1 lead in idf." in told


def test_a_queue_that_nobody_used_is_a_no(run: Run, contact: str) -> None:
    answer = run("queue", "idef")

    assert answer.exit_code == 1
    assert "Queues in use: idf." in answer.stderr


def test_a_link_needs_a_secret(run: Run, contact: str) -> None:
    without = run("claim", contact, "--rep", "lea", "--link")
    made = run("claim", contact, "--rep", "lea", "--link", CLAIM_SECRET="a-secret-that-signs-links")

    assert without.exit_code == 1
    assert "CLAIM_SECRET" in without.stderr
    assert made.stdout.startswith("http://127.0.0.1:1/claim/")


def test_a_token_is_made_listed_and_ended(run: Run) -> None:
    made = run("token", "add", "lea")
    listed = run("token")
    ended = run("token", "revoke", "lea")

    assert made.stdout.startswith("lr_")
    assert listed.stdout == "lea\n"
    assert ended.exit_code == 0
    assert run("token", "add", "leo").exit_code == 1
    assert run("token", API_TOKENS_FILE="").exit_code == 1


def test_the_links_of_a_rep_are_revoked_and_listed(run: Run, contact: str) -> None:
    secret = {"CLAIM_SECRET": "a-secret-that-signs-links"}
    nothing = run("links")
    revoked = run("links", "revoke", "lea", "--json")
    listed = run("links", "--json")
    new = run("claim", contact, "--rep", "lea", "--link", **secret)

    assert "No claim links were revoked lately." in nothing.stdout
    assert json.loads(listed.stdout) == [json.loads(revoked.stdout)]
    made = opened(
        new.stdout.strip().rsplit("/", 1)[1],
        secret=secret["CLAIM_SECRET"],
        now=datetime.fromtimestamp(0, UTC),
    )
    assert (
        made.made_at.isoformat() >= json.loads(revoked.stdout)["valid_since"]
    )  # also within the same second


def test_links_are_made_and_revoked_for_reps_who_can_use_them_only(run: Run, contact: str) -> None:
    secret = {"CLAIM_SECRET": "a-secret-that-signs-links"}

    other_team = run("claim", contact, "--rep", "marc", "--link", **secret)
    unknown = run("claim", contact, "--rep", "leo", "--link", **secret)
    mistyped = run("links", "revoke", "leo")

    assert (other_team.exit_code, "marc is not in the team idf" in other_team.stderr) == (1, True)
    assert (unknown.exit_code, mistyped.exit_code) == (2, 2)
    assert "There is no rep 'leo'. Did you mean 'lea'?" in mistyped.stderr
