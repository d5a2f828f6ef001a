"""What is said about every mistake in routing.yaml outside of its conditions."""

# ruff: noqa: E501 - messages stand here as they are printed

from __future__ import annotations

import pytest

from tests.world.rule_files import MistakeCase, check

CASES = (
    MistakeCase(
        "no otherwise",
        "otherwise:\n  assign: {team: north, method: queue}\n",
        "",
        """
        routing.yaml:1:1: error: routing.yaml has no 'otherwise'
            segments:
            ^
            Leads that fit no rule need a place: add 'otherwise: {assign: {team: …}}'.
        """,
    ),
    MistakeCase(
        "an otherwise without a team",
        "otherwise:\n  assign: {team: north, method: queue}\n",
        "otherwise:\n  do: nothing\n",
        """
        routing.yaml:12:1: error: the last 'otherwise' names no team
            otherwise:
            ^
            Its queue keeps every lead that finds nobody: write assign: {team: …, method: queue}.
        """,
    ),
    MistakeCase(
        "a rule without a name",
        "  - name: Public sector\n    when:",
        "  - when:",
        """
        routing.yaml:5:5: error: the rule has no 'name'
              - when: {company.industry: GOVERNMENT}
                ^
            Add 'name:'; people read it as the reason.
        """,
    ),
    MistakeCase(
        "a rule without a condition",
        "    when: {company.industry: GOVERNMENT}\n",
        "",
        """
        routing.yaml:5:11: error: the rule 'Public sector' has no 'when'
              - name: Public sector
                      ^
            Add 'when: {property: value}'; what fits no rule goes to 'otherwise'.
        """,
    ),
    MistakeCase(
        "a rule without an action",
        "    assign: {rep: anna}\n",
        "",
        """
        routing.yaml:5:11: error: the rule 'Public sector' has no action
              - name: Public sector
                      ^
            Add 'assign: {team: …}' or 'do: nothing'.
        """,
    ),
    MistakeCase(
        "a rule with two actions",
        "    assign: {rep: anna}\n",
        "    assign: {rep: anna}\n    do: nothing\n",
        """
        routing.yaml:8:5: error: the rule 'Public sector' has two actions
                do: nothing
                ^
            Keep 'assign' or 'do', not both.
        """,
    ),
    MistakeCase(
        "two rules of one name",
        "name: Nordic",
        "name: Public sector",
        """
        routing.yaml:8:11: error: two rules have the name 'Public sector', on line 5 and on line 8
              - name: Public sector
                      ^
            Give one of them another name.
        """,
    ),
    MistakeCase(
        "an unknown key of a rule",
        "    sla: 2h",
        "    slo: 2h",
        """
        routing.yaml:11:5: error: a rule has no key 'slo'
                slo: 2h
                ^
            Did you mean 'sla'?
        """,
    ),
    MistakeCase(
        "an unknown team",
        "team: north, needs",
        "team: nort, needs",
        """
        routing.yaml:10:20: error: there is no team 'nort'
                assign: {team: nort, needs: {level: senior}}
                               ^
            Did you mean 'north'?
        """,
    ),
    MistakeCase(
        "an unknown rep",
        "assign: {rep: anna}",
        "assign: {rep: ana}",
        """
        routing.yaml:7:19: error: there is no rep 'ana'
                assign: {rep: ana}
                              ^
            Did you mean 'anna'?
        """,
    ),
    MistakeCase(
        "nobody named",
        "assign: {rep: anna}",
        "assign: {method: fair_share}",
        """
        routing.yaml:7:13: error: 'assign' names nobody
                assign: {method: fair_share}
                        ^
            Name one: 'team: …', 'rep: …' or 'to: account_owner'.
        """,
    ),
    MistakeCase(
        "a team and a rep",
        "assign: {rep: anna}",
        "assign: {rep: anna, team: north}",
        """
        routing.yaml:7:13: error: 'assign' names team and rep
                assign: {rep: anna, team: north}
                        ^
            Name one: 'team: …', 'rep: …' or 'to: account_owner'.
        """,
    ),
    MistakeCase(
        "a misspelt previous owner",
        "assign: {rep: anna}",
        "assign: {to: previous_owners}",
        """
        routing.yaml:7:18: error: 'to' cannot be 'previous_owners'
                assign: {to: previous_owners}
                             ^
            Did you mean 'previous_owner'?
        """,
    ),
    MistakeCase(
        "an unknown relation",
        "assign: {rep: anna}",
        "assign: {to: anna}",
        """
        routing.yaml:7:18: error: 'to' cannot be 'anna'
                assign: {to: anna}
                             ^
            Write 'to: account_owner', 'to: previous_owner', 'team: …' or 'rep: …'.
        """,
    ),
    MistakeCase(
        "a method of a later version",
        "assign: {rep: anna}",
        "assign: {team: north, method: weighted}",
        """
        routing.yaml:7:35: error: this version does not know the method 'weighted'
                assign: {team: north, method: weighted}
                                              ^
            Write fair_share (by the weights of team.yaml), least_loaded or queue.
        """,
    ),
    MistakeCase(
        "an unknown method",
        "assign: {rep: anna}",
        "assign: {team: north, method: fairshare}",
        """
        routing.yaml:7:35: error: there is no method 'fairshare'
                assign: {team: north, method: fairshare}
                                              ^
            Did you mean 'fair_share'?
        """,
    ),
    MistakeCase(
        "a time to push after without a queue",
        "assign: {rep: anna}",
        "assign: {team: north, push_after: 30min}",
        """
        routing.yaml:7:27: error: 'push_after' has an effect on a team's queue only
                assign: {team: north, push_after: 30min}
                                      ^
            Remove it, or add 'method: queue'.
        """,
    ),
    MistakeCase(
        "a time to push after in days",
        "assign: {rep: anna}",
        "assign: {team: north, method: queue, push_after: 2d}",
        """
        routing.yaml:7:54: error: '2d' is no time to wait for a claim
                assign: {team: north, method: queue, push_after: 2d}
                                                                 ^
            Write minutes or hours, such as 30min or 2h; they count in the team's working hours.
        """,
    ),
    MistakeCase(
        "weights from outcomes",
        "assign: {rep: anna}",
        "assign: {team: north, weights: performance}",
        """
        routing.yaml:7:27: error: this version takes weights from team.yaml only
                assign: {team: north, weights: performance}
                                      ^
            Remove 'weights': a key that has no effect would mislead.
        """,
    ),
    MistakeCase(
        "hours of another kind than ignored",
        "assign: {rep: anna}",
        "assign: {team: north, hours: office}",
        """
        routing.yaml:7:34: error: 'hours' cannot be 'office' here
                assign: {team: north, hours: office}
                                             ^
            Write 'hours: ignore', or remove it: reps at work then come first.
        """,
    ),
    MistakeCase(
        "hours for one rep",
        "assign: {rep: anna}",
        "assign: {rep: anna, hours: ignore}",
        """
        routing.yaml:7:25: error: 'hours' has no effect with 'rep'
                assign: {rep: anna, hours: ignore}
                                    ^
            Remove 'hours', or name a team.
        """,
    ),
    MistakeCase(
        "a method for one rep",
        "assign: {rep: anna}",
        "assign: {rep: anna, method: queue}",
        """
        routing.yaml:7:25: error: 'method' has no effect with 'rep'
                assign: {rep: anna, method: queue}
                                    ^
            Remove 'method', or name a team.
        """,
    ),
    MistakeCase(
        "needs on a queue",
        "assign: {rep: anna}",
        "assign: {team: north, method: queue, needs: {level: senior}}",
        """
        routing.yaml:7:42: error: 'needs' has no effect on a queue, which takes every lead
                assign: {team: north, method: queue, needs: {level: senior}}
                                                     ^
            Remove 'needs', or use method: fair_share.
        """,
    ),
    MistakeCase(
        "an unknown level",
        "level: senior",
        "level: expert",
        """
        routing.yaml:10:42: error: no rep has the level 'expert'
                assign: {team: north, needs: {level: expert}}
                                                     ^
            Reps have: senior, junior.
        """,
    ),
    MistakeCase(
        "an unknown skill",
        "level: senior",
        "skill: paie",
        """
        routing.yaml:10:42: error: no rep has the skill 'paie'
                assign: {team: north, needs: {skill: paie}}
                                                     ^
            Reps have: crm, bi.
        """,
    ),
    MistakeCase(
        "an unknown language",
        "level: senior",
        "language: de",
        """
        routing.yaml:10:45: error: no rep has the language 'de'
                assign: {team: north, needs: {language: de}}
                                                        ^
            Reps have: fr, en.
        """,
    ),
    MistakeCase(
        "a need that nobody in the team has",
        "team: north, needs",
        "team: south, needs",
        """
        routing.yaml:10:27: error: nobody in the team 'south' has the level 'senior'
                assign: {team: south, needs: {level: senior}}
                                      ^
            Choose another team, or need less.
        """,
    ),
    MistakeCase(
        "a need from an unknown property",
        "level: senior",
        "language: from langage",
        """
        routing.yaml:10:50: error: HubSpot has no contact property 'langage'
                assign: {team: north, needs: {language: from langage}}
                                                             ^
            Did you mean 'language'?
        """,
    ),
    MistakeCase(
        "a need from a number",
        "level: senior",
        "skill: from company.annualrevenue",
        """
        routing.yaml:10:42: error: company.annualrevenue (Revenue) is a number, which can be no skill
                assign: {team: north, needs: {skill: from company.annualrevenue}}
                                                     ^
            Name a property whose values are those of the reps.
        """,
    ),
    MistakeCase(
        "a need that some leads ask in vain is a warning",
        "level: senior",
        "skill: from request",
        """
        routing.yaml:10:42: warning: no rep has the skill that request (Request) can ask for: demo, quote, support
                assign: {team: north, needs: {skill: from request}}
                                                     ^
            Such a lead finds nobody. Give reps the skill in team.yaml.
        """,
    ),
    MistakeCase(
        "an sla in days",
        "sla: 2h",
        "sla: 2d",
        """
        routing.yaml:11:10: error: '2d' is no time to answer a lead in
                sla: 2d
                     ^
            Write minutes or hours, such as 15min or 4h; they count in the rep's working hours.
        """,
    ),
    MistakeCase(
        "an sla of nothing",
        "sla: 2h",
        "sla: 0h",
        """
        routing.yaml:11:10: error: '0h' is no time to answer a lead in
                sla: 0h
                     ^
            Write minutes or hours, such as 15min or 4h; they count in the rep's working hours.
        """,
    ),
    MistakeCase(
        "an sla without a default",
        "  default: 4h",
        "  defaut: 4h",
        """
        routing.yaml:15:3: error: 'sla' has no key 'defaut'
              defaut: 4h
              ^
            Did you mean 'default'?
        """,
    ),
    MistakeCase(
        "a reminder of nothing",
        "  default: 4h\n",
        "  default: 4h\n  on_breach: []\n",
        """
        routing.yaml:16:14: error: 'on_breach' is empty
              on_breach: []
                         ^
            Fill it in, or remove it.
        """,
    ),
    MistakeCase(
        "a due time for nobody",
        "    assign: {rep: anna}\n",
        "    do: nothing\n    sla: 1h\n",
        """
        routing.yaml:8:5: error: 'sla' has no effect on leads that get no owner
                sla: 1h
                ^
            Remove 'sla'.
        """,
    ),
    MistakeCase(
        "an unknown action",
        "    assign: {rep: anna}\n",
        "    do: nurtur\n",
        """
        routing.yaml:7:9: error: 'do' is 'nothing' or 'nurture'
                do: nurtur
                    ^
            Write 'do: nothing' or do: {nurture: {workflow: …, set: {…}}}.
        """,
    ),
    MistakeCase(
        "an unknown status",
        "sla: 2h",
        "status: NEWW",
        """
        routing.yaml:11:13: error: 'NEWW' is not an option of hs_lead_status (Status)
                status: NEWW
                        ^
            Did you mean 'NEW'?
        """,
    ),
    MistakeCase(
        "an archived status",
        "sla: 2h",
        "status: OLD",
        """
        routing.yaml:11:13: error: 'OLD' is an archived option of hs_lead_status (Status)
                status: OLD
                        ^
            HubSpot would refuse it: choose another one.
        """,
    ),
    MistakeCase(
        "setting an owner",
        "assign: {rep: anna}",
        "do: {nurture: {set: {hubspot_owner_id: 1}}}",
        """
        routing.yaml:7:26: error: a lead that is nurtured has no owner to set
                do: {nurture: {set: {hubspot_owner_id: 1}}}
                                     ^
            Use 'assign' for an owner.
        """,
    ),
    MistakeCase(
        "setting a company",
        "assign: {rep: anna}",
        "do: {nurture: {set: {company.industry: BANKING}}}",
        """
        routing.yaml:7:26: error: 'set' writes to the contact, never to its company
                do: {nurture: {set: {company.industry: BANKING}}}
                                     ^
            Remove 'company.industry'.
        """,
    ),
    MistakeCase(
        "setting what HubSpot computes",
        "assign: {rep: anna}",
        "do: {nurture: {set: {recent_conversion_date: 2026-11-24}}}",
        """
        routing.yaml:7:26: error: recent_conversion_date (Last conversion) cannot be written
                do: {nurture: {set: {recent_conversion_date: 2026-11-24}}}
                                     ^
            HubSpot computes it: set another property.
        """,
    ),
    MistakeCase(
        "setting an unknown property",
        "assign: {rep: anna}",
        "do: {nurture: {set: {requests: demo}}}",
        """
        routing.yaml:7:26: error: HubSpot has no contact property 'requests'
                do: {nurture: {set: {requests: demo}}}
                                     ^
            Did you mean 'request'?
        """,
    ),
    MistakeCase(
        "setting an unknown option",
        "assign: {rep: anna}",
        "do: {nurture: {set: {request: demos}}}",
        """
        routing.yaml:7:35: error: 'demos' is not an option of request (Request)
                do: {nurture: {set: {request: demos}}}
                                              ^
            Did you mean 'demo'?
        """,
    ),
    MistakeCase(
        "moving a lead backwards is a warning",
        "assign: {rep: anna}",
        "do: {nurture: {set: {lifecyclestage: lead}}}",
        """
        routing.yaml:7:26: warning: HubSpot refuses to move lifecyclestage backwards
                do: {nurture: {set: {lifecyclestage: lead}}}
                                     ^
            Add a condition on lifecyclestage, so that leads further on keep theirs.
        """,
    ),
    MistakeCase(
        "an unknown language of reasons",
        "segments:",
        "language: it\nsegments:",
        """
        routing.yaml:1:11: error: reasons are written in fr or en, not in 'it'
            language: it
                      ^
            Write fr or en.
        """,
    ),
    MistakeCase(
        "no last segment",
        "  cold: otherwise",
        "  cold: {grade: [A2, B2]}",
        """
        routing.yaml:1:1: error: some leads have no segment: none is 'otherwise'
            segments:
            ^
            Write 'otherwise' behind the name of the last one.
        """,
    ),
    MistakeCase(
        "a segment behind the last one",
        "  cold: otherwise",
        "  cold: otherwise\n  late: {grade: A1}",
        """
        routing.yaml:4:3: error: the segment 'late' is never reached: 'cold' takes everything
              late: {grade: A1}
              ^
            Move it above 'cold'.
        """,
    ),
    MistakeCase(
        "a segment of a segment",
        "  hot: {grade: [A1, B1]}",
        "  hot: {segment: cold}",
        """
        routing.yaml:2:9: error: a segment cannot depend on the segment
              hot: {segment: cold}
                    ^
        """,
    ),
    MistakeCase(
        "a group without otherwise is a warning",
        "  - name: Nordic\n    when: {country: $nordic}\n    assign: {team: north, needs: {level: senior}}\n    sla: 2h\n",
        "  - group: Nordic\n    when: {country: $nordic}\n    rules:\n      - {name: Hot, when: {segment: hot}, assign: {team: north}}\n",
        """
        routing.yaml:8:5: warning: the group 'Nordic' has no 'otherwise'
              - group: Nordic
                ^
            Leads that fit none of its rules go on to the rules below it; add 'otherwise' to keep them.
        """,
    ),
    MistakeCase(
        "a group in a group",
        "  - name: Nordic\n    when: {country: $nordic}\n    assign: {team: north, needs: {level: senior}}\n    sla: 2h\n",
        "  - group: Nordic\n    when: {country: $nordic}\n    rules:\n      - {group: Hot, when: {segment: hot}, rules: []}\n    otherwise: {assign: {team: north}}\n",
        """
        routing.yaml:11:9: error: a group cannot stand inside a group
                  - {group: Hot, when: {segment: hot}, rules: []}
                    ^
            Put it beside the other one.
        """,
    ),
    MistakeCase(
        "a row that is too short",
        "  - name: Nordic\n    when: {country: $nordic}\n    assign: {team: north, needs: {level: senior}}\n    sla: 2h\n",
        "  - table: [country, segment, '->', team]\n    rows:\n      - [FR, '->', north]\n",
        """
        routing.yaml:10:9: error: the row does not fit its header of 4 columns
                  - [FR, '->', north]
                    ^
            Write 'any, any, ->' and what follows; 'any' stands for any value.
        """,
    ),
    MistakeCase(
        "a table without an arrow",
        "  - name: Nordic\n    when: {country: $nordic}\n    assign: {team: north, needs: {level: senior}}\n    sla: 2h\n",
        "  - table: [country, team]\n    rows:\n      - [FR, north]\n",
        """
        routing.yaml:8:12: error: a table's header has one '->'
              - table: [country, team]
                       ^
            Write [property, …, "->", team, …].
        """,
    ),
    MistakeCase(
        "a column that cannot stand right",
        "  - name: Nordic\n    when: {country: $nordic}\n    assign: {team: north, needs: {level: senior}}\n    sla: 2h\n",
        "  - table: [country, '->', teams]\n    rows:\n      - [FR, '->', north]\n",
        """
        routing.yaml:8:28: error: 'teams' cannot stand right of '->'
              - table: [country, '->', teams]
                                       ^
            Did you mean 'team'?
        """,
    ),
    MistakeCase(
        "a wrong cell",
        "  - name: Nordic\n    when: {country: $nordic}\n    assign: {team: north, needs: {level: senior}}\n    sla: 2h\n",
        "  - table: [country, '->', team]\n    rows:\n      - [FR, '->', nord]\n",
        """
        routing.yaml:10:20: error: there is no team 'nord'
                  - [FR, '->', nord]
                               ^
            Did you mean 'north'?
        """,
    ),
    MistakeCase(
        "two rows alike",
        "  - name: Nordic\n    when: {country: $nordic}\n    assign: {team: north, needs: {level: senior}}\n    sla: 2h\n",
        "  - table: [country, '->', team]\n    rows:\n      - [FR, '->', north]\n      - [FR, '->', south]\n",
        """
        routing.yaml:11:9: error: two rules have the name 'FR', on line 10 and on line 11
                  - [FR, '->', south]
                    ^
            Give one of them another name.
        """,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.behaviour)
def test_a_mistake_is_told_with_its_place_and_its_remedy(case: MistakeCase) -> None:
    check("routing.yaml", case)
