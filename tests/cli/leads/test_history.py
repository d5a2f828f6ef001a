"""The whole story of a lead, told in order and in words that a stranger understands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from router.cli.leads.history import history_of
from router.cli.leads.lead_history import lead_history_of
from router.ledger.follow_ups import Seen
from router.ledger.ledger import LedgerEvent
from router.policy.decision.decision import Decision
from router.policy.decision.inputs import Inputs
from router.policy.decision.trigger import Revised
from router.policy.leads.settle import Settled
from router.policy.results.follow_up import FollowUp
from router.routing.followup.reassign import Reassignment, reassign
from router.routing.portal.services import Services
from router.routing.queues.claims import claim_lead, release_lead
from router.routing.verification.verify import verify_owners
from router.sandbox.http.client import SandboxClient
from tests.world.leads import OWNERS, queued, route_all
from tests.world.policies import a_policy, a_rule, asks, deciding, deciding_on
from tests.world.portal import clock, portal, pull, rules, sandbox, services, settings, time
from tests.world.time import Time

__all__ = ["clock", "portal", "pull", "rules", "sandbox", "services", "settings", "time"]

AT = datetime(2026, 11, 24, 9, 15, tzinfo=UTC)


def story_of(services: Services, contact_id: str) -> list[str]:
    found = lead_history_of(services, contact_id)
    assert found is not None
    return [line.what for line in found.history()]


def settle(services: Services, time: Time) -> None:
    """Everything is written, and looked at again until nothing is in doubt."""
    route_all(services)
    time.pass_by(minutes=10)
    verify_owners(services)


def test_a_life_of_moves_is_told_with_from_to_why_and_run(
    pull: Services, sandbox: SandboxClient, time: Time
) -> None:
    (contact_id,) = queued(pull, sandbox)
    claim_lead(pull, contact_id, rep="lea")
    settle(pull, time)
    release_lead(pull, contact_id, rep="lea", why="wrong region")
    settle(pull, time)
    claim_lead(pull, contact_id, rep="hugo")
    settle(pull, time)
    state = pull.store.leads.recall([contact_id])[contact_id]
    wish = Reassignment(contact_id, state.episode, OWNERS["hugo"], "nobody acted within 6 h")
    reassign(pull, [wish], run="night of 24 Nov")
    settle(pull, time)

    told = [one.split(" (")[0] for one in story_of(pull, contact_id)]

    assert told == [
        "decided: waits in the queue of idf",
        "written to HubSpot",
        "lea claimed it from the queue of idf",
        "written to HubSpot",
        "lea gave it back to the queue of idf: wrong region",
        "written to HubSpot",
        "hugo claimed it from the queue of idf",
        "written to HubSpot",
        "to be taken from its owner and decided once more",
        "taken from hugo because nobody acted within 6 h",
        "written to HubSpot",
    ]
    found = lead_history_of(pull, contact_id)
    assert found is not None
    moved = found.history()[-2]
    assert moved.what.startswith("taken from hugo because nobody acted within 6 h (night of 24 Nov): ")
    assert moved.detail == {
        "from": "hugo",
        "to": "queue of idf",
        "why": "nobody acted within 6 h",
        "run": "night of 24 Nov",
    }


def test_people_are_called_by_their_names(pull: Services, sandbox: SandboxClient, time: Time) -> None:
    (contact_id,) = queued(pull, sandbox)
    claim_lead(pull, contact_id, rep="lea")
    settle(pull, time)

    (claimed,) = [one for one in story_of(pull, contact_id) if one.startswith("written") and "owner" in one]

    assert claimed.startswith(f"written to HubSpot (owner lea ({OWNERS['lea']}), ")


def test_what_came_of_it_is_part_of_the_story(pull: Services, sandbox: SandboxClient, time: Time) -> None:
    (contact_id,) = queued(pull, sandbox)
    answer = claim_lead(pull, contact_id, rep="lea")
    settle(pull, time)
    begun = pull.clock() + timedelta(minutes=34)
    seen = Seen(answer.decision_id, "CONNECTED", "customer", begun, "won", begun + timedelta(days=3))
    lead_history_of(pull, contact_id)  # carries the decision into the ledger
    pull.ledger.follow_ups.note([seen], at=pull.clock())

    told = story_of(pull, contact_id)

    assert told[-2].startswith("lea acted for the first time, 44 min after the assignment")
    assert told[-1] == "won with lea (customer, CONNECTED)"


def test_an_event_that_nobody_here_knows_is_told_all_the_same() -> None:
    event = LedgerEvent(
        AT.isoformat(), "put_on_hold", None, {"by": "71480103", "why": "fair", "owner_id": None}
    )

    (line,) = history_of([], [event], [], names={"71480103": "lea"})

    assert line.what == "put on hold (by lea (71480103), fair)"
    assert (line.kind, line.at) == ("put_on_hold", AT.isoformat())


def test_a_revision_tells_which_facts_came_and_who_has_it_now() -> None:
    policy = a_policy(a_rule("germany", asks("country", "DE"), line=1), a_rule("all", line=2))
    first = deciding(policy)
    kept = replace(deciding_on(policy, {"country": "DE"}), inputs=revised(first, ("country",)))
    queued = replace(deciding(a_policy()), inputs=revised(first, ()))

    _, stays = history_of([first, kept], [], [], names={})
    _, goes = history_of([first, queued], [], [], names={})

    assert stays.what == "now known: country: anna keeps it, by germany"
    assert stays.detail == {"from": "anna", "to": "anna", "why": "now known: country"}
    assert goes.what == "its facts have changed: waits in the queue of sales"


def test_a_decision_after_a_wait_says_how_long_it_was() -> None:
    settled = Settled(6_200, ("country", "zip"), ("zip",))
    waited = replace(deciding(a_policy()), inputs=Inputs(settled=settled))
    at_once = replace(waited, inputs=Inputs(settled=Settled(0, (), ("zip",))))

    lines = [history_of([one], [], [], names={})[0].what for one in (waited, at_once)]

    assert lines == [
        "decided after a wait of 6.2 s for country, zip: waits in the queue of sales",
        "decided: waits in the queue of sales",
    ]


def revised(first: Decision, facts: tuple[str, ...]) -> Inputs:
    return Inputs(trigger=Revised(first.owner_id, "anna", facts, first.due_at, first.book_changes))


def test_moments_of_other_offsets_are_in_order() -> None:
    later = LedgerEvent("2026-11-24T10:20:00+01:00", "written", None, {})
    lead = FollowUp("d", "5", "idf", "lea", "71480103", "rule", "r1", 50, AT, first_response_at=AT)

    lines = history_of([], [later], [lead], names={})

    assert [line.kind for line in lines] == ["responded", "written"]


def test_a_message_that_reached_nobody_is_not_told_as_one_that_did() -> None:
    detail = {"channel": "task", "rep": "camille", "outcome": "refused", "why": "HubSpot refuses it."}
    told = [
        line.what
        for outcome in ("sent", "refused", "given_up")
        for line in history_of(
            [],
            [LedgerEvent(AT.isoformat(), "notified", "501-0-ab", {**detail, "outcome": outcome})],
            [],
            names={},
        )
    ]

    assert [one.split(" (")[0] for one in told] == [
        "the rep was told",
        "the rep could not be told: it was refused, and is not tried again",
        "the rep could not be told within a day",
    ]
