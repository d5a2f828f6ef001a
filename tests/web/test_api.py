"""Reps over HTTP: a token says who asks, one claim wins, and a link claims when its button is pressed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import redis

from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.queues.claim_links import ClaimLink, LinkInvalid, opened, signed
from router.sandbox.http.client import SandboxClient
from router.settings import Settings
from router.store.health.vitals import Vitals
from router.store.inbox.inbox import Inbox
from router.store.keys import Keys
from router.web.app import create_app
from router.web.lazy_services import lazy_services
from router.web.tokens import made_for, rep_of, reps_with_token, revoke
from tests.world.leads import OWNERS, owner_of, queued, route_all
from tests.world.newer_ledgers import make_newer
from tests.world.portal import clock, portal, pull, rules, sandbox, services, settings
from tests.world.reps import SECRET, Reps, reps
from tests.world.rule_folders import PULLED, with_rep_line, with_rules
from tests.world.time import NOW

__all__ = ["clock", "portal", "pull", "reps", "rules", "sandbox", "services", "settings"]

SHARED = PULLED.replace("method: queue, push_after: 30min", "method: fair_share")
WITHOUT_MARC = PULLED.replace("{rep: marc}", "{rep: hugo}")


def test_a_rep_sees_the_queue_of_their_team_and_claims_from_it(
    reps: Reps, pull: Services, sandbox: SandboxClient
) -> None:
    (contact_id,) = queued(pull, sandbox)
    seen = reps.client.get("/api/queues/idf", headers=reps.headers("lea"))

    answer = reps.client.post("/api/claims", json={"contact_id": contact_id}, headers=reps.headers("lea"))
    late = reps.client.post("/api/claims", json={"contact_id": contact_id}, headers=reps.headers("hugo"))
    route_all(pull)

    assert [one["contact_id"] for one in seen.get_json()["leads"]] == [contact_id]
    assert (answer.status_code, answer.get_json()["owner_id"]) == (200, OWNERS["lea"])
    assert (late.status_code, late.get_json()["sentence"]) == (409, "lea has this lead already.")
    assert owner_of(sandbox, contact_id) == OWNERS["lea"]
    assert reps.woken == [1]


def test_a_rep_gives_a_lead_back(reps: Reps, pull: Services, sandbox: SandboxClient) -> None:
    (contact_id,) = queued(pull, sandbox)
    reps.client.post("/api/claims", json={"contact_id": contact_id}, headers=reps.headers("lea"))
    route_all(pull)
    asked = {"contact_id": contact_id, "why": "wrong region"}

    others = reps.client.post("/api/releases", json=asked, headers=reps.headers("hugo"))
    own = reps.client.post("/api/releases", json=asked, headers=reps.headers("lea"))
    route_all(pull)

    assert (others.status_code, own.status_code) == (409, 200)
    assert not owner_of(sandbox, contact_id)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer lr_wrong", "Basic bGVhOg=="])
def test_without_a_token_nothing_is_answered(reps: Reps, header: str) -> None:
    answer = reps.client.get("/api/queues/idf", headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("body", "status"),
    [('{"contact_id": "abc"}', 400), ("[", 400), ('{"contact_id": "5", "rep": "hugo"}', 400), ("{}", 400)],
)
def test_a_body_that_is_no_claim_is_refused_in_a_sentence(reps: Reps, body: str, status: int) -> None:
    answer = reps.client.post("/api/claims", data=body, headers=reps.headers("lea"))

    assert answer.status_code == status
    assert answer.get_json()["error"]


def test_a_rep_sees_only_queues_of_their_own_teams(reps: Reps) -> None:
    assert reps.client.get("/api/queues/idf", headers=reps.headers("marc")).status_code == 404


def test_a_limit_is_told_as_such(reps: Reps, pull: Services, sandbox: SandboxClient, rules: Path) -> None:
    with_rep_line(pull, rules, "lea:     {", "lea:     {max_open_leads: 1, ")
    first, second = queued(pull, sandbox, 2)
    reps.client.post("/api/claims", json={"contact_id": first}, headers=reps.headers("lea"))

    answer = reps.client.post("/api/claims", json={"contact_id": second}, headers=reps.headers("lea"))

    assert answer.status_code == 429


def test_a_link_is_good_for_its_rep_its_lead_and_its_time_only() -> None:
    link = ClaimLink("idf", "501", "lea", NOW + timedelta(days=2))
    token = signed(link, secret=SECRET)
    words, seal = token.split(".")
    other = signed(ClaimLink("idf", "501", "hugo", link.expires_at), secret=SECRET).split(".")[0]

    assert opened(token, secret=SECRET, now=NOW) == link
    for wrong, secret, now in (
        (token, "another-secret-altogether", NOW),
        (f"{other}.{seal}", SECRET, NOW),
        (f"{words}.", SECRET, NOW),
        (token, SECRET, NOW + timedelta(days=2, seconds=1)),
    ):
        with pytest.raises(LinkInvalid):
            opened(wrong, secret=secret, now=now)


def test_the_token_file_keeps_hashes_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    old = made_for("lea", path)

    new = made_for("lea", path)

    assert new not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    assert (rep_of(old, path), rep_of(new, path)) == (None, "lea")
    assert revoke("lea", path)
    assert reps_with_token(path) == ()


def stands(reps: Reps, rep: str) -> dict[str, object]:
    answer = reps.client.get("/api/away", headers=reps.headers(rep))
    assert answer.status_code == 200
    told: dict[str, object] = answer.get_json()
    return told


def test_a_rep_who_says_they_are_away_gets_no_leads_until_they_are_back(
    reps: Reps, pull: Services, sandbox: SandboxClient, rules: Path
) -> None:
    with_rules(pull, rules, SHARED)
    later = (NOW + timedelta(days=9)).date().isoformat()
    before = stands(reps, "lea")

    gone = reps.client.post(
        "/api/away", json={"until": later, "why": "trade fair"}, headers=reps.headers("lea")
    )
    given = [owner_of(sandbox, one) for one in queued(pull, sandbox, 8)]
    away = stands(reps, "lea")
    back = reps.client.post("/api/back", headers=reps.headers("lea"))

    assert all(given) and OWNERS["lea"] not in given
    assert (before["away"], before["override"]) == (False, None)
    assert (gone.status_code, gone.get_json()["away"]) == (200, True)
    assert away["override"] == gone.get_json()["override"]
    assert gone.get_json()["override"]["why"] == "trade fair"
    assert stands(reps, "hugo")["away"] is False
    assert (back.status_code, back.get_json()["away"]) == (200, False)


def test_a_rep_who_is_away_in_hubspot_can_say_that_they_are_there(reps: Reps) -> None:
    later = (NOW + timedelta(days=2)).isoformat()

    there = reps.client.post("/api/back", json={"until": later}, headers=reps.headers("lea"))

    assert there.get_json()["override"]["kind"] == "present"


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/api/away", {"until": "2020-01-01"}, "until: 2020-01-01 is over. Write a day to come."),
        ("/api/away", {"until": "next Friday"}, "until: 'next Friday' is no day."),
        ("/api/away", {}, "until: Field required."),
        (
            "/api/away",
            {"until": "2026-12-01", "why": "a\x1b[2Jb"},
            "why: The reason has a line end or a char",
        ),
        ("/api/back", {"until": "2026-12-01", "why": "a\u202eb"}, "why: The reason has a line end or a char"),
        ("/api/away", {"until": "2099-01-01", "rep": "hugo"}, "rep: Extra inputs are not permitted."),
        ("/api/back", {"until": "x" * 50}, "until: "),
        *(
            (path, {"until": until}, f"until: {until} is more than two years from now. Write an earlier day.")
            for path in ("/api/away", "/api/back")
            for until in ("9999-12-31T23:59:59Z", "9999-12-31", "9999-12-31T23:59:59-12:00", "2028-11-27")
        ),
        ("/api/away", {"until": "0001-01-01T00:00:00+14:00"}, "until: 0001-01-01T00:00:00+14:00 is over."),
    ],
)
def test_an_absence_that_is_none_is_refused_in_a_sentence(
    reps: Reps, path: str, body: dict[str, str], says: str
) -> None:
    answer = reps.client.post(path, json=body, headers=reps.headers("lea"))

    assert answer.status_code == 400
    assert answer.get_json()["error"].startswith(says)
    assert stands(reps, "lea")["override"] is None


def test_whoever_left_the_rule_files_is_told_so(reps: Reps, pull: Services, rules: Path) -> None:
    team = rules / "team.yaml"
    kept = [one for one in team.read_text().splitlines() if not one.startswith("  marc:")]
    team.write_text("\n".join(kept))
    with_rules(pull, rules, WITHOUT_MARC)

    answer = reps.client.get("/api/away", headers=reps.headers("marc"))

    assert answer.status_code == 403
    assert answer.get_json()["error"] == "marc is no rep of team.yaml any more."


def test_what_was_said_stands_in_the_ledger_without_the_reason(reps: Reps, pull: Services) -> None:
    reps.client.post(
        "/api/away", json={"until": "2027-01-01", "why": "a secret"}, headers=reps.headers("lea")
    )
    reps.client.post("/api/back", headers=reps.headers("lea"))
    record_outbox(pull)

    told = pull.ledger.events_of("")

    assert [(one.kind, one.detail["rep"], one.detail["says"]) for one in told] == [
        ("override", "lea", "away"),
        ("override", "lea", "lifted"),
    ]
    assert "secret" not in str(told)


def test_a_ledger_that_cannot_be_read_hides_no_queue(
    settings: Settings, redis_client: redis.Redis, redis_url: str, keys: Keys, tmp_path: Path
) -> None:
    make_newer(settings.ledger_url.get_secret_value(), settings.hubspot_portal_id)
    path = tmp_path / "tokens"
    app = create_app(
        settings=settings.model_copy(update={"api_tokens_file": path}),
        inbox=Inbox(redis_client, keys),
        wake=lambda: None,
        vitals=Vitals(redis_client, keys),
        services=lazy_services(settings, redis_url),
    )
    asking = {"Authorization": f"Bearer {made_for('lea', path)}"}

    answer = app.test_client().get("/api/queues/idf", headers=asking)

    assert (answer.status_code, answer.get_json()["waiting"]) == (200, 0)
