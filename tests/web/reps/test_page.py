"""Claim links: opening one changes nothing, and it is good for one rep, one team, one lead, until revoked."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from msgspec.structs import replace

from router.ledger import LEDGER_ERRORS, ledger_at
from router.routing.outbox.record import record_outbox
from router.routing.portal.services import Services
from router.routing.queues.claim_links import opened
from router.routing.queues.claim_words import PHRASES, say
from router.routing.queues.revoked_links import is_revoked, revoke_links
from router.sandbox.http.client import SandboxClient
from router.store.claims.revoked_links import REVOKED
from tests.world.leads import OWNERS, owner_of, queued, route_all
from tests.world.newer_ledgers import make_newer
from tests.world.portal import clock, portal, pull, rules, sandbox, services, settings
from tests.world.reps import SECRET, Reps, link_path, reps
from tests.world.rule_folders import PULLED, with_rules
from tests.world.time import Clock

__all__ = ["clock", "portal", "pull", "reps", "rules", "sandbox", "services", "settings"]

FRENCH = PULLED.replace("language: en", "language: fr")


def test_opening_a_link_changes_nothing_and_its_button_claims(
    reps: Reps, pull: Services, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    (contact_id,) = queued(pull, sandbox)
    path = link_path("idf", contact_id, rep="lea", at=pull)
    before = _everything(redis_client)

    pages = [reps.client.get(path), reps.client.head(path), reps.client.options(path)]
    after = _everything(redis_client)
    pressed = reps.client.post(path)
    route_all(pull)

    assert (pages[0].status_code, b"<form" in pages[0].data) == (200, True)
    assert after == before
    assert pressed.status_code == 200
    assert owner_of(sandbox, contact_id) == OWNERS["lea"]


@pytest.mark.parametrize("token", ["x", "a.b.c", "é.é", "YQ.YQ", "."])
def test_a_made_up_link_is_refused(reps: Reps, token: str) -> None:
    for answer in (reps.client.post(f"/claim/{token}"), reps.client.get(f"/claim/{token}")):
        assert answer.status_code == 403
        assert all(words in answer.text.replace("&#39;", "'") for words in PHRASES["link_wrong"].values())


@pytest.mark.parametrize(("language", "text"), [("fr", FRENCH), ("en", PULLED)])
def test_a_link_claims_out_of_the_queue_of_its_team_only(
    reps: Reps, pull: Services, sandbox: SandboxClient, rules: Path, language: str, text: str
) -> None:
    with_rules(pull, rules, text)
    (contact_id,) = queued(pull, sandbox)

    refused = reps.client.post(link_path("sud", contact_id, rep="lea", at=pull))

    words = {"team": "sud", "contact": contact_id, "queue": "idf"}
    assert refused.status_code == 403
    assert say(language, "link_other_team", **words) in refused.text.replace("&#39;", "'")
    assert [one.contact_id for one in pull.store.queues.waiting("idf")] == [contact_id]
    assert not reps.woken


def test_a_link_of_a_rep_of_another_team_claims_nothing(
    reps: Reps, pull: Services, sandbox: SandboxClient
) -> None:
    (contact_id,) = queued(pull, sandbox)

    refused = reps.client.post(link_path("idf", contact_id, rep="marc", at=pull))

    assert refused.status_code == 403
    assert not reps.woken


def test_a_revoked_link_opens_nothing_and_others_go_on(
    reps: Reps, pull: Services, sandbox: SandboxClient, clock: Clock, rules: Path
) -> None:
    with_rules(pull, rules, FRENCH)
    first, second = queued(pull, sandbox, 2)
    old, of_hugo = (link_path("idf", first, rep=rep, at=pull) for rep in ("lea", "hugo"))

    revoke_links(pull, "lea")
    refused = reps.client.get(old), reps.client.post(old)
    clock.forward(2)
    new = reps.client.post(link_path("idf", second, rep="lea", at=pull))
    others = reps.client.post(of_hugo)

    assert [one.status_code for one in refused] == [403, 403]
    assert all("<form" not in one.text and "révoqués" in one.text for one in refused)
    assert (new.status_code, others.status_code) == (200, 200)


def test_links_made_within_the_second_of_a_revocation_are_revoked_by_the_next(
    reps: Reps, pull: Services, sandbox: SandboxClient
) -> None:
    (contact_id,) = queued(pull, sandbox)
    first = revoke_links(pull, "lea")

    assert revoke_links(pull, "lea") > first
    assert reps.client.post(link_path("idf", contact_id, rep="lea", at=pull)).status_code == 403


def test_a_revoked_link_stays_revoked_when_redis_was_emptied_or_put_back(
    reps: Reps, pull: Services, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    (contact_id,) = queued(pull, sandbox)
    path = link_path("idf", contact_id, rep="lea", at=pull)
    revoke_links(pull, "lea")
    put_back = redis_client.delete(pull.store.keys.links_revoked("lea"))  # an older Redis had no such key
    refused = reps.client.post(path)
    redis_client.flushall()

    assert put_back == 1
    assert refused.status_code == 403
    assert "are revoked" in reps.client.post(path).text


def test_a_revocation_counts_before_the_ledger_has_it(
    reps: Reps, pull: Services, sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    (contact_id,) = queued(pull, sandbox)
    path = link_path("idf", contact_id, rep="lea", at=pull)
    # What is recorded here at once is otherwise seen in the ledger before the link is pressed.
    monkeypatch.setattr("router.routing.queues.revoked_links.record_outbox", lambda _services: 0)

    revoke_links(pull, "lea")

    assert not [one for one in pull.ledger.events_of("") if one.kind == REVOKED]
    assert reps.client.post(path).status_code == 403
    record_outbox(pull)
    assert [one.detail["rep"] for one in pull.ledger.events_of("") if one.kind == REVOKED] == ["lea"]


def test_claims_by_link_go_on_while_the_ledger_cannot_be_read_and_revoked_ones_do_not(
    reps: Reps, pull: Services, sandbox: SandboxClient, redis_client: redis.Redis, tmp_path: Path
) -> None:
    first, second = queued(pull, sandbox, 2)
    good, revoked = link_path("idf", first, rep="lea", at=pull), link_path("idf", second, rep="hugo", at=pull)
    newer = f"sqlite:///{tmp_path / 'newer.sqlite3'}"
    make_newer(newer, pull.portal)
    down = replace(pull, ledger=ledger_at(newer, pull.portal))

    revoke_links(down, "hugo")

    link = opened(good.removeprefix("/claim/"), secret=SECRET, now=pull.clock())
    of_hugo = opened(revoked.removeprefix("/claim/"), secret=SECRET, now=pull.clock())
    assert (is_revoked(down, link), is_revoked(down, of_hugo)) == (False, True)
    redis_client.flushall()
    with pytest.raises(LEDGER_ERRORS):
        is_revoked(down, of_hugo)


def _everything(client: redis.Redis) -> dict[str, object]:
    """All keys of this Redis with their values, without the owners that any reader may refresh."""
    return {key: client.dump(key) for key in client.scan_iter("*") if not key.endswith(":owners")}
