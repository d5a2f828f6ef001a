"""`sla` in routing.yaml and `managers` in team.yaml: what becomes of overdue leads, and who hears of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from router.policy.people.roster import Manager
from router.policy.results.work_signs import ANY_ACTIVITY, CONTACTED
from router.policy.rules.sla_steps import MoveToQueue, Reassign, SlaPolicy, SlaStep
from router.rulefiles.document.blocks import Bullets
from router.rulefiles.document.policy_document import document_of
from tests.world.rule_files import ROUTING, TEAM, MistakeCase, a_catalog, check, policy_of

STEPS = """\
  on_breach:
    - after: 100%
      notify: [rep, manager]
    - after: 150%
      reassign: {same_rule: true, except: previous_rep, at_most: 3}
    - after: 300%
      notify: manager
      move_to_queue: south
"""
MANAGED = TEAM + "managers:\n  cleo: {owner: anna@acme.fr, teams: [north]}\n  dora: {owner: ben@acme.fr}\n"


def a_case(behaviour: str, below_sla: str, reported: str) -> MistakeCase:
    return MistakeCase(behaviour, "  default: 4h\n", f"  default: 4h\n{below_sla}", reported)


CASES = (
    a_case(
        "no percentage",
        "  on_breach: [{after: soon, notify: rep}]\n",
        """
        routing.yaml:16:23: error: 'soon' is no share of the SLA
              on_breach: [{after: soon, notify: rep}]
                                  ^
            Write a percentage such as 100% (when the lead is due) or 150%.
        """,
    ),
    a_case(
        "a fact instead of a list",
        "  on_breach: remind\n",
        """
        routing.yaml:16:14: error: 'on_breach' is a list of steps
              on_breach: remind
                         ^
            Write - after: 100%, and below it notify: [rep, manager].
        """,
    ),
    a_case(
        "a step without its time",
        "  on_breach: [{notify: rep}]\n",
        """
        routing.yaml:16:15: error: a step of 'on_breach' has no 'after'
              on_breach: [{notify: rep}]
                          ^
            Add 'after: 100%': the share of the SLA that has passed.
        """,
    ),
    a_case(
        "a step that does nothing",
        "  on_breach: [{after: 100%}]\n",
        """
        routing.yaml:16:15: error: a step of 'on_breach' does nothing
              on_breach: [{after: 100%}]
                          ^
            Add 'notify', 'reassign' or 'move_to_queue'.
        """,
    ),
    a_case(
        "steps out of order",
        "  on_breach:\n    - {after: 150%, notify: rep}\n    - {after: 100%, notify: rep}\n",
        """
        routing.yaml:18:7: error: the step after 100% stands below one after 150%
                - {after: 100%, notify: rep}
                  ^
            Write the steps in the order in which they happen.
        """,
    ),
    a_case(
        "somebody who cannot be told",
        "  on_breach: [{after: 100%, notify: [reps]}]\n",
        """
        routing.yaml:16:38: error: 'reps' is nobody who can be told
              on_breach: [{after: 100%, notify: [reps]}]
                                                 ^
            Did you mean 'rep'?
        """,
    ),
    a_case(
        "managers who are not there",
        "  on_breach: [{after: 100%, notify: manager}]\n",
        """
        routing.yaml:16:37: warning: team.yaml names no managers, so none is told
              on_breach: [{after: 100%, notify: manager}]
                                                ^
            Add 'managers:' to team.yaml, or take 'manager' out.
        """,
    ),
    a_case(
        "taken away too early",
        "  on_breach: [{after: 50%, reassign: {at_most: 1}}]\n",
        """
        routing.yaml:16:23: error: a lead is not taken away before it is due
              on_breach: [{after: 50%, reassign: {at_most: 1}}]
                                  ^
            Write 100% or more; before that a step can only notify.
        """,
    ),
    a_case(
        "two places for one lead",
        "  on_breach: [{after: 100%, reassign: {at_most: 1}, move_to_queue: south}]\n",
        """
        routing.yaml:16:53: error: a step both reassigns the lead and queues it
              on_breach: [{after: 100%, reassign: {at_most: 1}, move_to_queue: south}]
                                                                ^
            Keep one of the two, or write the other as a later step.
        """,
    ),
    a_case(
        "a queue of no team",
        "  on_breach: [{after: 100%, move_to_queue: sout}]\n",
        """
        routing.yaml:16:44: error: there is no team 'sout'
              on_breach: [{after: 100%, move_to_queue: sout}]
                                                       ^
            Did you mean 'south'?
        """,
    ),
    a_case(
        "an exception that there is not",
        "  on_breach: [{after: 100%, reassign: {except: previous}}]\n",
        """
        routing.yaml:16:48: error: 'except' cannot be 'previous'
              on_breach: [{after: 100%, reassign: {except: previous}}]
                                                           ^
            Did you mean 'previous_rep'?
        """,
    ),
    a_case(
        "no number of times, and no truth",
        "  on_breach: [{after: 100%, reassign: {at_most: 0, same_rule: maybe}}]\n",
        """
        routing.yaml:16:49: error: 'at_most' is a whole number of times from 1 to 20, not '0'
              on_breach: [{after: 100%, reassign: {at_most: 0, same_rule: maybe}}]
                                                            ^
            Afterwards only the managers are told.
        routing.yaml:16:63: error: 'same_rule' is true or false, not 'maybe'
              on_breach: [{after: 100%, reassign: {at_most: 0, same_rule: maybe}}]
                                                                          ^
            Write true, or false to have all rules read again.
        """,
    ),
    a_case(
        "a segment that there is not",
        "  segments: {warm: {on_breach: [{after: 100%, notify: rep}]}}\n",
        """
        routing.yaml:16:14: error: there is no segment 'warm'
              segments: {warm: {on_breach: [{after: 100%, notify: rep}]}}
                         ^
            The segments are: hot, cold.
        """,
    ),
    a_case(
        "an activity that there is not",
        "  started_when: [fax]\n",
        """
        routing.yaml:16:18: error: 'fax' is no activity that starts the work on a lead
              started_when: [fax]
                             ^
            Name some of: call, email, meeting, note.
        """,
    ),
    a_case(
        "activities that HubSpot does not tell apart",
        "  started_when: [call, note]\n",
        """
        routing.yaml:16:17: error: HubSpot's contacts do not tell calls, e-mails and meetings apart
              started_when: [call, note]
                            ^
            Add email and meeting, or leave all three out.
        """,
    ),
    a_case(
        "a key that there is not",
        "  on_breach: [{after: 100%, remind: rep}]\n",
        """
        routing.yaml:16:15: error: a step of 'on_breach' does nothing
              on_breach: [{after: 100%, remind: rep}]
                          ^
            Add 'notify', 'reassign' or 'move_to_queue'.
        routing.yaml:16:29: error: a step of 'on_breach' has no key 'remind'
              on_breach: [{after: 100%, remind: rep}]
                                        ^
            Its keys are: after, notify, reassign, move_to_queue.
        """,
    ),
)
TEAM_CASES = (
    MistakeCase(
        "a manager without an owner",
        "teams:\n",
        "managers:\n  cleo: {teams: [north]}\nteams:\n",
        """
        team.yaml:10:9: error: the manager 'cleo' has no 'owner'
              cleo: {teams: [north]}
                    ^
            Add 'owner:' with the e-mail address of their HubSpot owner.
        """,
    ),
    MistakeCase(
        "a manager of a team that there is not, whom HubSpot does not know",
        "teams:\n",
        "managers:\n  cleo: {owner: cleo@acme.fr, teams: [nort]}\nteams:\n",
        """
        team.yaml:10:17: error: HubSpot has no owner 'cleo@acme.fr'
              cleo: {owner: cleo@acme.fr, teams: [nort]}
                            ^
            Did you mean 'ben@acme.fr'?
        team.yaml:10:39: error: there is no team 'nort'
              cleo: {owner: cleo@acme.fr, teams: [nort]}
                                                  ^
            Did you mean 'north'?
        """,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.behaviour)
def test_a_mistake_in_sla_is_told_with_its_remedy(case: MistakeCase) -> None:
    check("routing.yaml", case)


@pytest.mark.parametrize("case", TEAM_CASES, ids=lambda case: case.behaviour)
def test_a_mistake_in_managers_is_told_with_its_remedy(case: MistakeCase) -> None:
    check("team.yaml", case)


def test_the_steps_mean_what_is_written() -> None:
    more = f"{STEPS}  segments: {{hot: {{on_breach: [{{after: 80%, notify: rep}}]}}}}\n"

    sla_policy = policy_of({"routing.yaml": ROUTING + more, "team.yaml": MANAGED}).sla_policy

    assert sla_policy.on_breach == (
        SlaStep(100, ("rep", "manager")),
        SlaStep(150, (), Reassign(same_rule=True, at_most=3)),
        SlaStep(300, ("manager",), MoveToQueue("south")),
    )
    assert sla_policy.steps_of("hot") == (SlaStep(80, ("rep",)),)
    assert sla_policy.steps_of("cold") == sla_policy.on_breach
    assert sla_policy.started_when == ANY_ACTIVITY


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("[call, email, meeting]", CONTACTED),
        ("note", frozenset({"note"})),
        ("[call, email, meeting, note]", ANY_ACTIVITY),
    ],
)
def test_work_starts_with_the_activities_that_are_named(written: str, meant: frozenset[str]) -> None:
    policy = policy_of({"routing.yaml": f"{ROUTING}  started_when: {written}\n"})

    assert policy.sla_policy.started_when == meant


def test_without_a_word_nothing_happens_to_an_overdue_lead() -> None:
    policy = policy_of()

    assert policy.sla_policy == SlaPolicy()
    assert policy.default_sla == timedelta(hours=4)


def test_managers_manage_the_teams_they_name_or_all() -> None:
    roster = policy_of({"team.yaml": MANAGED}).roster

    assert roster.managers == (Manager("cleo", "anna@acme.fr", ("north",)), Manager("dora", "ben@acme.fr"))


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "At 150% of the time: it goes to another rep by the same rule, at most 3 times"),
        ("fr", "À 300 % du délai : rappel (les responsables de l'équipe) ; il va dans la file de south"),
    ],
)
def test_the_document_tells_every_step(language: str, line: str) -> None:
    policy = policy_of({"routing.yaml": ROUTING + STEPS, "team.yaml": MANAGED})

    blocks = document_of(policy, a_catalog(), language=language).blocks

    told = [text for block in blocks if isinstance(block, Bullets) for text in block.lines]
    assert line in [text.replace("\u00a0", " ") for text in told]
