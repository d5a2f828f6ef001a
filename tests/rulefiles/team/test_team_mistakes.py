"""What is said about every mistake in team.yaml."""

# ruff: noqa: E501 - messages stand here as they are printed

from __future__ import annotations

import pytest

from tests.world.rule_files import MistakeCase, check

CASES = (
    MistakeCase(
        "an unknown key",
        "timezone:",
        "timezon:",
        """
        team.yaml:1:1: error: team.yaml has no key 'timezon'
            timezon: Europe/Paris
            ^
            Did you mean 'timezone'?
        """,
    ),
    MistakeCase(
        "an unknown country of holidays",
        "timezone: Europe/Paris",
        "timezone: Europe/Paris\npublic_holidays: FRR-57",
        """
        team.yaml:2:18: error: there are no public holidays by the code 'FRR-57'
            public_holidays: FRR-57
                             ^
            Did you mean 'FR-57'?
        """,
    ),
    MistakeCase(
        "an unknown time zone",
        "Europe/Paris",
        "Europe/Pari",
        """
        team.yaml:1:11: error: there is no time zone 'Europe/Pari'
            timezone: Europe/Pari
                      ^
            Did you mean 'Europe/Paris'?
        """,
    ),
    MistakeCase(
        "a folder of time zones",
        "Europe/Paris",
        "Europe",
        """
        team.yaml:1:11: error: there is no time zone 'Europe'
            timezone: Europe
                      ^
            Did you mean 'Europe/Rome'?
        """,
    ),
    MistakeCase(
        "a rep without an owner",
        "owner: ben@acme.fr, ",
        "",
        """
        team.yaml:6:3: error: the rep 'ben' has no 'owner'
              ben: {level: junior, skills: [crm], languages: [fr]}
              ^
            Add 'owner:' with the e-mail address of their HubSpot owner.
        """,
    ),
    MistakeCase(
        "an unknown owner",
        "ben@acme.fr",
        "bem@acme.fr",
        """
        team.yaml:6:16: error: HubSpot has no owner 'bem@acme.fr'
              ben: {owner: bem@acme.fr, level: junior, skills: [crm], languages: [fr]}
                           ^
            Did you mean 'ben@acme.fr'?
        """,
    ),
    MistakeCase(
        "a deactivated owner is a warning",
        "ben@acme.fr",
        "gone@acme.fr",
        """
        team.yaml:6:16: warning: the HubSpot owner 'gone@acme.fr' is deactivated
              ben: {owner: gone@acme.fr, level: junior, skills: [crm], languages: [fr]}
                           ^
            They get no leads; take them out of their teams.
        """,
    ),
    MistakeCase(
        "two reps of one owner",
        "ben@acme.fr",
        "Anna@acme.fr",
        """
        team.yaml:6:3: error: 'ben' and 'anna' are the same HubSpot owner, anna@acme.fr
              ben: {owner: Anna@acme.fr, level: junior, skills: [crm], languages: [fr]}
              ^
            One owner is one rep: remove one of the two.
        """,
    ),
    MistakeCase(
        "an unknown key of a rep",
        "level: junior",
        "niveau: junior",
        """
        team.yaml:6:29: error: the rep 'ben' has no key 'niveau'
              ben: {owner: ben@acme.fr, niveau: junior, skills: [crm], languages: [fr]}
                                        ^
            Its keys are: owner, level, skills, languages, hours, weight, max_open_leads, max_per_day, public_holidays, max_claims_per_hour.
        """,
    ),
    MistakeCase(
        "holidays of an unknown part of a country",
        "level: junior",
        "public_holidays: GB-WLZ",
        """
        team.yaml:6:46: error: GB has no part 'GB-WLZ' with public holidays of its own
              ben: {owner: ben@acme.fr, public_holidays: GB-WLZ, skills: [crm], languages: [fr]}
                                                         ^
            Write GB, or one of: GB-ENG, GB-NIR, GB-SCT, GB-WLS.
        """,
    ),
    MistakeCase(
        "unknown working hours",
        "hours: office",
        "hours: ofice",
        """
        team.yaml:5:93: error: there are no working hours 'ofice'
              anna: {owner: anna@acme.fr, level: senior, skills: [crm, bi], languages: [fr, en], hours: ofice, weight: 2}
                                                                                                        ^
            Did you mean 'office'?
        """,
    ),
    MistakeCase(
        "a weight of zero",
        "weight: 2",
        "weight: 0",
        """
        team.yaml:5:109: error: the weight 0 is not between 0.5 and 1000
              anna: {owner: anna@acme.fr, level: senior, skills: [crm, bi], languages: [fr, en], hours: office, weight: 0}
                                                                                                                        ^
            A rep who gets no leads is taken out of the team instead.
        """,
    ),
    MistakeCase(
        "a negative weight",
        "weight: 2",
        "weight: -1",
        """
        team.yaml:5:109: error: the weight -1 is not between 0.5 and 1000
            owner: anna@acme.fr, level: senior, skills: [crm, bi], languages: [fr, en], hours: office, weight: -1}
                                                                                                               ^
            A rep who gets no leads is taken out of the team instead.
        """,
    ),
    MistakeCase(
        "a tiny weight",
        "weight: 2",
        "weight: 0.4",
        """
        team.yaml:5:109: error: the weight 0.4 is not between 0.5 and 1000
            owner: anna@acme.fr, level: senior, skills: [crm, bi], languages: [fr, en], hours: office, weight: 0.4}
                                                                                                               ^
            Weights are relative: 1, 2, 3.
        """,
    ),
    MistakeCase(
        "a weight in words",
        "weight: 2",
        "weight: heavy",
        """
        team.yaml:5:109: error: 'heavy' is no weight
            owner: anna@acme.fr, level: senior, skills: [crm, bi], languages: [fr, en], hours: office, weight: heavy}
                                                                                                               ^
            Write a number such as 1, 2 or 1.5, with at most 3 decimals.
        """,
    ),
    MistakeCase(
        "a weight with four decimals",
        "weight: 2",
        "weight: 1.2345",
        """
        team.yaml:5:109: error: '1.2345' is no weight
            owner: anna@acme.fr, level: senior, skills: [crm, bi], languages: [fr, en], hours: office, weight: 1.2345}
                                                                                                               ^
            Write a number such as 1, 2 or 1.5, with at most 3 decimals.
        """,
    ),
    MistakeCase(
        "a limit of zero",
        "weight: 2",
        "max_open_leads: 0",
        """
        team.yaml:5:117: error: 'max_open_leads' is a whole number of leads from 1 up, not '0'
            nna@acme.fr, level: senior, skills: [crm, bi], languages: [fr, en], hours: office, max_open_leads: 0}
                                                                                                               ^
            Leave it out for no limit.
        """,
    ),
    MistakeCase(
        "an empty list of skills",
        "skills: [crm], ",
        "skills: [], ",
        """
        team.yaml:6:52: error: 'skills' is empty
              ben: {owner: ben@acme.fr, level: junior, skills: [], languages: [fr]}
                                                               ^
            Fill it in, or remove it.
        """,
    ),
    MistakeCase(
        "a rep who is one word",
        "  ben: {owner: ben@acme.fr, level: junior, skills: [crm], languages: [fr]}",
        "  ben: ben@acme.fr",
        """
        team.yaml:6:3: error: the rep 'ben' has no 'owner'
              ben: ben@acme.fr
              ^
            Add 'owner:' with the e-mail address of their HubSpot owner.
        team.yaml:6:8: error: the rep 'ben' is not written as 'key: value'
              ben: ben@acme.fr
                   ^
            Its keys are: owner, level, skills, languages, hours, weight, max_open_leads, max_per_day, public_holidays, max_claims_per_hour.
        """,
    ),
    MistakeCase(
        "an unknown day",
        "mon-fri",
        "lun-ven",
        """
        team.yaml:3:12: error: 'lun-ven' is no day of the week
              office: {lun-ven: 09:00-18:00}
                       ^
            Write mon, tue, wed, thu, fri, sat, sun, or a span such as mon-fri.
        """,
    ),
    MistakeCase(
        "days backwards",
        "mon-fri",
        "fri-mon",
        """
        team.yaml:3:12: error: 'fri-mon' runs backwards: a week begins on mon
              office: {fri-mon: 09:00-18:00}
                       ^
            Write two lines.
        """,
    ),
    MistakeCase(
        "a day twice",
        "{mon-fri: 09:00-18:00}",
        "{mon-fri: 09:00-18:00, fri: 09:00-12:00}",
        """
        team.yaml:3:34: error: 'fri' is in 'mon-fri' already
              office: {mon-fri: 09:00-18:00, fri: 09:00-12:00}
                                             ^
            Name each day once.
        """,
    ),
    MistakeCase(
        "hours that are none",
        "09:00-18:00",
        "9h-18h",
        """
        team.yaml:3:21: error: '9h-18h' is no span of hours
              office: {mon-fri: 9h-18h}
                                ^
            Write 09:00-18:00, or [09:00-12:30, 14:00-18:00].
        """,
    ),
    MistakeCase(
        "hours backwards",
        "09:00-18:00",
        "18:00-09:00",
        """
        team.yaml:3:21: error: '18:00-09:00' ends before it starts
              office: {mon-fri: 18:00-09:00}
                                ^
            Write the earlier time first; work past midnight is two days.
        """,
    ),
    MistakeCase(
        "overlapping hours",
        "09:00-18:00",
        "[09:00-13:00, 12:00-18:00]",
        """
        team.yaml:3:35: error: '12:00-18:00' overlaps or precedes '09:00-13:00'
              office: {mon-fri: [09:00-13:00, 12:00-18:00]}
                                              ^
            Write the spans of a day in order, without overlap.
        """,
    ),
    MistakeCase(
        "a time off of nobody",
        "rep: ben,",
        "rep: bem,",
        """
        team.yaml:8:11: error: there is no rep 'bem'
              - {rep: bem, from: 2026-12-21, to: 2027-01-03, backup: anna}
                      ^
            Did you mean 'ben'?
        """,
    ),
    MistakeCase(
        "a time off that ends before it starts",
        "to: 2027-01-03",
        "to: 2026-12-20",
        """
        team.yaml:8:22: error: the time off of 'ben' ends before it starts: 2026-12-21 is after 2026-12-20
              - {rep: ben, from: 2026-12-21, to: 2026-12-20, backup: anna}
                                 ^
            Write the first day as 'from' and the last one as 'to'.
        """,
    ),
    MistakeCase(
        "a date that does not exist",
        "to: 2027-01-03",
        "to: 2027-02-30",
        """
        team.yaml:8:38: error: '2027-02-30' is no date
              - {rep: ben, from: 2026-12-21, to: 2027-02-30, backup: anna}
                                                 ^
            Write 2026-12-21.
        """,
    ),
    MistakeCase(
        "a time off without an end",
        ", to: 2027-01-03",
        "",
        """
        team.yaml:8:5: error: a time off has no 'to'
              - {rep: ben, from: 2026-12-21, backup: anna}
                ^
            Add 'to:' with the last day.
        """,
    ),
    MistakeCase(
        "an unknown backup",
        "backup: anna",
        "backup: ana",
        """
        team.yaml:8:58: error: there is no rep 'ana'
              - {rep: ben, from: 2026-12-21, to: 2027-01-03, backup: ana}
                                                                     ^
            Did you mean 'anna'?
        """,
    ),
    MistakeCase(
        "a rep as their own backup",
        "backup: anna",
        "backup: ben",
        """
        team.yaml:8:58: error: 'ben' is their own backup
              - {rep: ben, from: 2026-12-21, to: 2027-01-03, backup: ben}
                                                                     ^
            Name somebody else, or nobody.
        """,
    ),
    MistakeCase(
        "an unknown rep in a team",
        "south: [ben]",
        "south: [benn]",
        """
        team.yaml:11:11: error: there is no rep 'benn'
              south: [benn]
                      ^
            Did you mean 'ben'?
        """,
    ),
    MistakeCase(
        "a rep twice in a team",
        "south: [ben]",
        "south: [ben, ben]",
        """
        team.yaml:11:16: error: 'ben' is twice in the team 'south'
              south: [ben, ben]
                           ^
            Name each rep once; a larger share is a larger weight.
        """,
    ),
    MistakeCase(
        "an empty team",
        "south: [ben]",
        "south: []",
        """
        team.yaml:11:10: error: the team 'south' is empty
              south: []
                     ^
            Fill it in, or remove it.
        """,
    ),
    MistakeCase(
        "a team as a map",
        "south: [ben]",
        "south: {ben: 2}",
        """
        team.yaml:11:10: error: the team 'south' is a list of reps
              south: {ben: 2}
                     ^
            Weights stand with the reps; a team is written [one, two].
        """,
    ),
    MistakeCase(
        "a team with weights of a kind that there is not",
        "south: [ben]",
        "south: {reps: [ben], weights: performence}",
        """
        team.yaml:11:33: error: 'weights' cannot be 'performence'
              south: {reps: [ben], weights: performence}
                                            ^
            Did you mean 'performance'?
        """,
    ),
    MistakeCase(
        "results of too short a time",
        "south: [ben]",
        "south: {reps: [ben], weights: performance 7d}",
        """
        team.yaml:11:33: error: 'weights' cannot be 'performance 7d'
              south: {reps: [ben], weights: performance 7d}
                                            ^
            Write fixed, performance or performance 180d (30 to 730 days).
        """,
    ),
    MistakeCase(
        "a team that is fair by something that there is not",
        "south: [ben]",
        "south: {reps: [ben], fair_by: values}",
        """
        team.yaml:11:33: error: 'fair_by' cannot be 'values'
              south: {reps: [ben], fair_by: values}
                                            ^
            Did you mean 'value'?
        """,
    ),
    MistakeCase(
        "a way to treat time off that there is not",
        "south: [ben]",
        "south: {reps: [ben], time_off: catchup}",
        """
        team.yaml:11:34: error: 'time_off' cannot be 'catchup'
              south: {reps: [ben], time_off: catchup}
                                             ^
            Did you mean 'catch_up'?
        """,
    ),
    MistakeCase(
        "catching up with nothing",
        "south: [ben]",
        "south: {reps: [ben], time_off: {catch_up: 0}}",
        """
        team.yaml:11:45: error: 'catch_up' is a whole number of leads (points, by value), not '0'
              south: {reps: [ben], time_off: {catch_up: 0}}
                                                        ^
            Write {catch_up: 5}, or catch_up alone for no limit.
        """,
    ),
    MistakeCase(
        "a limit of something else",
        "south: [ben]",
        "south: {reps: [ben], time_off: {catchup: 5}}",
        """
        team.yaml:11:35: error: 'time_off' has no key 'catchup'
              south: {reps: [ben], time_off: {catchup: 5}}
                                              ^
            Did you mean 'catch_up'?
        """,
    ),
    MistakeCase(
        "a team with weights and without reps",
        "south: [ben]",
        "south: {weights: performance}",
        """
        team.yaml:11:10: error: the team 'south' has no 'reps'
              south: {weights: performance}
                     ^
            Add 'reps: [one, two]'.
        """,
    ),
    MistakeCase(
        "a team with a key of its own invention",
        "south: [ben]",
        "south: {reps: [ben], weight: 2}",
        """
        team.yaml:11:24: error: the team 'south' has no key 'weight'
              south: {reps: [ben], weight: 2}
                                   ^
            Did you mean 'weights'?
        """,
    ),
    MistakeCase(
        "no teams",
        "teams:\n  north: [anna, ben]\n  south: [ben]\n",
        "teams:\n",
        """
        routing.yaml:10:20: error: there is no team 'north'
                assign: {team: north, needs: {level: senior}}
                               ^
            Add it under 'teams' in team.yaml.
        routing.yaml:13:18: error: there is no team 'north'
              assign: {team: north, method: queue}
                             ^
            Add it under 'teams' in team.yaml.
        team.yaml:9:7: error: 'teams' is empty
            teams:
                  ^
            Fill it in, or remove it.
        """,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.behaviour)
def test_a_mistake_is_told_with_its_place_and_its_remedy(case: MistakeCase) -> None:
    check("team.yaml", case)
