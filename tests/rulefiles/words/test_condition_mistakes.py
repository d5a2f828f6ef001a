"""What is said about every mistake below `when`."""

# ruff: noqa: E501 - messages stand here as they are printed

from __future__ import annotations

import pytest

from tests.world.rule_files import MistakeCase, check

CASES = (
    MistakeCase(
        "an unknown contact property",
        "{company.industry: GOVERNMENT}",
        "{jobtitel: CEO}",
        """
        routing.yaml:6:12: error: HubSpot has no contact property 'jobtitel'
                when: {jobtitel: CEO}
                       ^
            Did you mean 'jobtitle'?
        """,
    ),
    MistakeCase(
        "an unknown company property",
        "{company.industry: GOVERNMENT}",
        "{company.industrie: BANKING}",
        """
        routing.yaml:6:12: error: HubSpot has no company property 'industrie'
                when: {company.industrie: BANKING}
                       ^
            Did you mean 'company.industry'?
        """,
    ),
    MistakeCase(
        "a company property without its prefix",
        "{company.industry: GOVERNMENT}",
        "{industry: BANKING}",
        """
        routing.yaml:6:12: error: HubSpot has no contact property 'industry'
                when: {industry: BANKING}
                       ^
            Did you mean 'company.industry'?
        """,
    ),
    MistakeCase(
        "a contact property with the company prefix",
        "{company.industry: GOVERNMENT}",
        "{company.zip: known}",
        """
        routing.yaml:6:12: error: HubSpot has no company property 'zip'
                when: {company.zip: known}
                       ^
            Did you mean the contact's, 'zip'?
        """,
    ),
    MistakeCase(
        "a misspelt fact",
        "{company.industry: GOVERNMENT}",
        "{previus_owner: known}",
        """
        routing.yaml:6:12: error: HubSpot has no contact property 'previus_owner'
                when: {previus_owner: known}
                       ^
            Did you mean 'previous_owner'?
        """,
    ),
    MistakeCase(
        "a previous owner that nobody is",
        "{company.industry: GOVERNMENT}",
        "{previous_owner: ana@acme.fr}",
        """
        routing.yaml:6:28: error: HubSpot has no owner 'ana@acme.fr' for previous_owner
                when: {previous_owner: ana@acme.fr}
                                       ^
            Did you mean 'anna@acme.fr'?
        """,
    ),
    MistakeCase(
        "an unknown option",
        "{company.industry: GOVERNMENT}",
        "{company.industry: INSURRANCE}",
        """
        routing.yaml:6:30: error: 'INSURRANCE' is not an option of company.industry (Industry)
                when: {company.industry: INSURRANCE}
                                         ^
            Did you mean 'INSURANCE'?
        """,
    ),
    MistakeCase(
        "a label instead of a value",
        "{company.industry: GOVERNMENT}",
        "{company.industry: Banking}",
        """
        routing.yaml:6:30: error: 'Banking' is not an option of company.industry (Industry)
                when: {company.industry: Banking}
                                         ^
            Did you mean 'BANKING'?
        """,
    ),
    MistakeCase(
        "an archived option is a warning",
        "{company.industry: GOVERNMENT}",
        "{hs_lead_status: OLD}",
        """
        routing.yaml:6:28: warning: 'OLD' is an archived option of hs_lead_status (Status)
                when: {hs_lead_status: OLD}
                                       ^
            New leads do not have it; remove it when old ones do not matter.
        """,
    ),
    MistakeCase(
        "a country by name",
        "{company.industry: GOVERNMENT}",
        "{country: France}",
        """
        routing.yaml:6:21: error: 'France' is not an option of country
                when: {country: France}
                                ^
            Write the two letters of its code, such as FR.
        """,
    ),
    MistakeCase(
        "a departement without its zero",
        "{company.industry: GOVERNMENT}",
        "{departement: 1}",
        """
        routing.yaml:6:25: error: '1' is not an option of departement
                when: {departement: 1}
                                    ^
            Did you mean '01'?
        """,
    ),
    MistakeCase(
        "an unknown grade",
        "{company.industry: GOVERNMENT}",
        "{grade: D1}",
        """
        routing.yaml:6:19: error: 'D1' is not an option of grade
                when: {grade: D1}
                              ^
            Its options are: A1, A2, B1, B2.
        """,
    ),
    MistakeCase(
        "an unknown segment",
        "{company.industry: GOVERNMENT}",
        "{segment: hott}",
        """
        routing.yaml:6:21: error: 'hott' is not an option of segment
                when: {segment: hott}
                                ^
            Did you mean 'hot'?
        """,
    ),
    MistakeCase(
        "an unknown list",
        "{company.industry: GOVERNMENT}",
        "{country: $nordics}",
        """
        routing.yaml:6:21: error: there is no list 'nordics' in lists.yaml
                when: {country: $nordics}
                                ^
            Did you mean 'nordic'?
        """,
    ),
    MistakeCase(
        "an e-mail as a domain",
        "{company.industry: GOVERNMENT}",
        "{email_domain: anna@gmail.com}",
        """
        routing.yaml:6:26: error: 'anna@gmail.com' is no e-mail domain
                when: {email_domain: anna@gmail.com}
                                     ^
            Write what follows the '@': gmail.com.
        """,
    ),
    MistakeCase(
        "an owner nobody knows",
        "{company.industry: GOVERNMENT}",
        "{account_owner: ana@acme.fr}",
        """
        routing.yaml:6:27: error: HubSpot has no owner 'ana@acme.fr' for account_owner
                when: {account_owner: ana@acme.fr}
                                      ^
            Did you mean 'anna@acme.fr'?
        """,
    ),
    MistakeCase(
        "an empty value",
        "{company.industry: GOVERNMENT}",
        "{country: }",
        """
        routing.yaml:6:21: error: country has no value here
                when: {country: }
                                ^
            Write 'unknown' for a missing one.
        """,
    ),
    MistakeCase(
        "an empty list of values",
        "{company.industry: GOVERNMENT}",
        "{country: []}",
        """
        routing.yaml:6:21: error: the list of values of country is empty
                when: {country: []}
                                ^
            Write a value, or 'unknown'.
        """,
    ),
    MistakeCase(
        "no condition at all",
        "{company.industry: GOVERNMENT}",
        "{}",
        """
        routing.yaml:6:11: error: this condition is not written as 'property: value'
                when: {}
                      ^
            Write {property: value}; what fits no rule goes to 'otherwise'.
        """,
    ),
    MistakeCase(
        "a range of texts",
        "{company.industry: GOVERNMENT}",
        "{zip: 75000..75999}",
        """
        routing.yaml:6:17: error: zip (Postcode) is a text, which has no order: '75000..75999' cannot be a range
                when: {zip: 75000..75999}
                            ^
            List its values, or choose a number property.
        """,
    ),
    MistakeCase(
        "an order word on an option",
        "{company.industry: GOVERNMENT}",
        "{request: {at_least: demo}}",
        """
        routing.yaml:6:22: error: request (Request) is a choice, which has no order: 'at_least' cannot be a range
                when: {request: {at_least: demo}}
                                 ^
            List its values, or choose a number property.
        """,
    ),
    MistakeCase(
        "a range whose ends are swapped",
        "{company.industry: GOVERNMENT}",
        "{company.numberofemployees: 199..50}",
        """
        routing.yaml:6:39: error: no value lies between 199 and 50
                when: {company.numberofemployees: 199..50}
                                                  ^
            Write the smaller end first.
        """,
    ),
    MistakeCase(
        "a range without an end",
        "{company.industry: GOVERNMENT}",
        "{company.numberofemployees: ..}",
        """
        routing.yaml:6:39: error: the range '..' has no end
                when: {company.numberofemployees: ..}
                                                  ^
            Write 50..199, 200.. or ..49; for any value write 'known'.
        """,
    ),
    MistakeCase(
        "a range of words",
        "{company.industry: GOVERNMENT}",
        "{company.numberofemployees: ten..}",
        """
        routing.yaml:6:39: error: company.numberofemployees (Employees) is a number, and 'ten' is none
                when: {company.numberofemployees: ten..}
                                                  ^
            Write digits, such as 200, or a range: 50..199, 200.. or ..49.
        """,
    ),
    MistakeCase(
        "a sign that leaves its number out",
        "{company.industry: GOVERNMENT}",
        "{company.annualrevenue: '> 200'}",
        """
        routing.yaml:6:35: error: '> 200' leaves its own number out
                when: {company.annualrevenue: '> 200'}
                                              ^
            Write '200..', which includes it; in a condition {above: 200} leaves it out.
        """,
    ),
    MistakeCase(
        "above without a number",
        "{company.industry: GOVERNMENT}",
        "{company.annualrevenue: {above: much}}",
        """
        routing.yaml:6:43: error: company.annualrevenue (Revenue) is a number, and 'much' is none
                when: {company.annualrevenue: {above: much}}
                                                      ^
            Write digits, such as 200, or a range: 50..199, 200.. or ..49.
        """,
    ),
    MistakeCase(
        "a number with separators",
        "{company.industry: GOVERNMENT}",
        "{company.numberofemployees: 1 000}",
        """
        routing.yaml:6:39: error: company.numberofemployees (Employees) is a number, and '1 000' is none
                when: {company.numberofemployees: 1 000}
                                                  ^
            Write it without separators: 1000.
        """,
    ),
    MistakeCase(
        "a decimal comma",
        "    when: {company.industry: GOVERNMENT}",
        "    when:\n      company.annualrevenue: 1,5",
        """
        routing.yaml:7:30: error: company.annualrevenue (Revenue) is a number, and '1,5' is none
                  company.annualrevenue: 1,5
                                         ^
            Write it with a point: 1.5.
        """,
    ),
    MistakeCase(
        "yes for true",
        "{company.industry: GOVERNMENT}",
        "{newsletter: yes}",
        """
        routing.yaml:6:24: error: newsletter (Newsletter) is true or false, not 'yes'
                when: {newsletter: yes}
                                   ^
            Write true or false.
        """,
    ),
    MistakeCase(
        "a date in French",
        "{company.industry: GOVERNMENT}",
        "{birthday: 24/11/2026}",
        """
        routing.yaml:6:22: error: birthday (Birthday) is a date, and '24/11/2026' is none
                when: {birthday: 24/11/2026}
                                 ^
            Write 2026-11-24.
        """,
    ),
    MistakeCase(
        "a moment as a value",
        "{company.industry: GOVERNMENT}",
        "{recent_conversion_date: 2026-11-24}",
        """
        routing.yaml:6:36: error: recent_conversion_date (Last conversion) is a moment, which never equals '2026-11-24'
                when: {recent_conversion_date: 2026-11-24}
                                               ^
            Write a range such as 2026-01-01.. or an age such as 'within 7d'.
        """,
    ),
    MistakeCase(
        "an age as a value",
        "{company.industry: GOVERNMENT}",
        "{age: 7d}",
        """
        routing.yaml:6:17: error: age is a duration, which never equals '7d'
                when: {age: 7d}
                            ^
            Write a range such as ..7d or 30d.. instead.
        """,
    ),
    MistakeCase(
        "an age in unknown units",
        "{company.industry: GOVERNMENT}",
        "{age: ..7m}",
        """
        routing.yaml:6:17: error: age is a duration, and '7m' is none
                when: {age: ..7m}
                            ^
            Write 15min, 4h, 7d, 2 weeks or 1 month (30 days).
        """,
    ),
    MistakeCase(
        "within on a text",
        "{company.industry: GOVERNMENT}",
        "{zip: within 7d}",
        """
        routing.yaml:6:17: error: zip (Postcode) is no date: 'within' cannot tell its age
                when: {zip: within 7d}
                            ^
            Name a date, or the fact 'age'.
        """,
    ),
    MistakeCase(
        "within no time",
        "{company.industry: GOVERNMENT}",
        "{recent_conversion_date: within 0d}",
        """
        routing.yaml:6:36: error: '0d' is not a duration
                when: {recent_conversion_date: within 0d}
                                               ^
            Write 15min, 4h, 7d, 2 weeks or 1 month (30 days).
        """,
    ),
    MistakeCase(
        "contains on an option",
        "{company.industry: GOVERNMENT}",
        "{request: contains demo}",
        """
        routing.yaml:6:21: error: request (Request) is no free text: 'contains' cannot look into it
                when: {request: contains demo}
                                ^
            List its values.
        """,
    ),
    MistakeCase(
        "a star in front",
        "{company.industry: GOVERNMENT}",
        "{jobtitle: contains *chef}",
        """
        routing.yaml:6:22: error: '*chef' is nothing that 'contains' can look for
                when: {jobtitle: contains *chef}
                                 ^
            Write whole words, such as daf, beginnings such as direct*, commas between them.
        """,
    ),
    MistakeCase(
        "an unknown word",
        "{company.industry: GOVERNMENT}",
        "{company.numberofemployees: {at_leats: 5}}",
        """
        routing.yaml:6:40: error: the condition on company.numberofemployees (Employees) has no key 'at_leats'
                when: {company.numberofemployees: {at_leats: 5}}
                                                   ^
            Did you mean 'at_least'?
        """,
    ),
    MistakeCase(
        "any without a list",
        "{company.industry: GOVERNMENT}",
        "{any: {country: FR}}",
        """
        routing.yaml:6:12: error: 'any' takes a list of conditions
                when: {any: {country: FR}}
                       ^
            Begin each condition with '- ' on a line of its own.
        """,
    ),
    MistakeCase(
        "any three deep",
        "{company.industry: GOVERNMENT}",
        "{any: [{all: [{none: [{country: FR}]}]}]}",
        """
        routing.yaml:6:26: error: 'any', 'all' and 'none' go at most two deep
                when: {any: [{all: [{none: [{country: FR}]}]}]}
                                     ^
            Make two rules of it; they read better.
        """,
    ),
    MistakeCase(
        "a map inside a list of values",
        "{company.industry: GOVERNMENT}",
        "{country: [{not: FR}]}",
        """
        routing.yaml:6:22: error: a list of values of country holds values only
                when: {country: [{not: FR}]}
                                 ^
            Use 'any' for more.
        """,
    ),
    MistakeCase(
        "a condition that is one word",
        "{company.industry: GOVERNMENT}",
        "always",
        """
        routing.yaml:6:11: error: this condition is not written as 'property: value'
                when: always
                      ^
            Write {property: value}; what fits no rule goes to 'otherwise'.
        """,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.behaviour)
def test_a_mistake_is_told_with_its_place_and_its_remedy(case: MistakeCase) -> None:
    check("routing.yaml", case)
