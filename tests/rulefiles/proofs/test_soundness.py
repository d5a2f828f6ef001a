"""A rule that some lead reaches is never called unreachable, where facts depend on one another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain, combinations, product
from random import Random

from msgspec.structs import replace

from router.policy.leads.catalog import Catalog, FactType, Option, Property
from router.policy.leads.lead import Lead, Value
from router.policy.rules.conditions import (
    AllOf,
    AnyOf,
    Between,
    Condition,
    Contains,
    NoneOf,
    OneOf,
    Test,
    Unknown,
    Within,
)
from router.policy.rules.facts import reading
from router.policy.rules.policy import Assign, Rule, ToTeam
from router.rulefiles.proofs.boxes.rule_space import rule_space
from router.rulefiles.proofs.reach import reaches_of
from tests.rulefiles.proofs.proving import NOW
from tests.rulefiles.proofs.worlds import a_world, first_matches, random_condition
from tests.world.policies import a_policy
from tests.world.rule_files import a_catalog

ZIPS = (None, "75001", "69003", "20090", "20200", "97110", "97500", "1000", "01000", "10115", "SW1A", "98000")
COUNTRIES = (None, "FR", "France", "DE", "Kosovo", "GP", "Réunion", "nowhere", "MC")
CODES = (None, "FR", "DE", "RE")
MAILS = (None, "a@gmail.com", "a@sfr.fr", "a@yopmail.com", "a@acme.fr", "a@beta.fr")
ASKED = {
    "departement": ("75", "69", "2A", "971", "975", "01"),
    "region": ("Île-de-France", "Corse", "Guadeloupe", "Auvergne-Rhône-Alpes"),
    "country": ("FR", "DE", "GP", "RE", "MC", "BE"),
    "hs_country_region_code": ("FR", "DE", "RE"),
    "email_domain": ("gmail.com", "sfr.fr", "acme.fr", "yopmail.com"),
    "email_kind": ("business", "free", "disposable"),
}


def test_facts_that_are_made_from_others_hide_no_real_lead() -> None:
    chance = Random(7)
    types = dict.fromkeys(ASKED, "choice") | {"email_domain": "text"}
    raw = [
        {
            name: text
            for name, text in zip(("zip", "country", "hs_country_region_code"), texts, strict=True)
            if text
        }
        for texts in product(ZIPS, COUNTRIES, CODES)
    ] + [{"email": mail} for mail in MAILS if mail]
    leads = [reading(types)(Lead("1", properties), NOW) for properties in raw]
    blamed = 0
    for _ in range(500):
        rules = [
            Rule(f"{line}", _about_places(chance), Assign(ToTeam("sales")), line=line) for line in range(1, 6)
        ]
        policy = a_policy(*rules, types=types)

        reaches = reaches_of(rule_space(policy, catalog=_with_codes(), now=NOW))

        unreachable = {reach.rule for reach in reaches if not reach.is_reached}
        assert not unreachable & set(first_matches(policy, leads))
        blamed += len(unreachable)
    assert blamed > 100


def test_more_words_and_options_than_can_be_combined_hide_no_real_lead() -> None:
    chance = Random(8)
    options = tuple(f"p{number}" for number in range(24))
    listed = tuple(Option(option, option) for option in options)
    catalog = a_world()
    catalog = replace(
        catalog, contact={**catalog.contact, "products": Property("products", "", FactType.CHOICES, listed)}
    )
    some = [frozenset(group) for group in chain(*(combinations(options, size) for size in range(1, 3)))]
    leads: list[dict[str, Value]] = [{}, *({"products": group} for group in some)]
    leads += [{"title": " x ".join(sorted(group))} for group in some] + [{"title": "p1"}, {"title": "none"}]
    found = {"unreachable": 0, "with too many parts": 0}
    for _ in range(60):
        rules = [_about_products(chance, options, line) for line in range(1, 40)]
        policy = a_policy(*rules, types={"products": "choices", "title": "text"})

        space = rule_space(policy, catalog=catalog, now=NOW)
        unreachable = {reach.rule for reach in reaches_of(space) if not reach.is_reached}

        assert not unreachable & set(first_matches(policy, leads))
        found["unreachable"] += len(unreachable)
        found["with too many parts"] += any(dimension.token for dimension in space.fact_space.dimensions)
    assert min(found.values()) > 20, found


def test_several_options_take_the_single_ones_though_there_are_too_many_to_combine() -> None:
    options = tuple(f"p{number}" for number in range(12))
    catalog = Catalog(
        {
            "products": Property(
                "products", "", FactType.CHOICES, tuple(Option(each, each) for each in options)
            )
        },
        {},
    )
    rules = [
        _asks_products(1, *options[:6]),
        *(_asks_products(2 + place, each) for place, each in enumerate(options)),
    ]
    policy = a_policy(*rules, types={"products": "choices"})

    reaches = reaches_of(rule_space(policy, catalog=catalog, now=NOW))

    assert [reach.rule for reach in reaches if not reach.is_reached] == [1, 2, 3, 4, 5, 6]


def test_ages_at_the_end_of_the_calendar_are_proved_too() -> None:
    forever = Test("visit", Within(timedelta(days=2_999_970)), "within 99999 months")
    latest = Test("birthday", Between(low=datetime(2999, 12, 31, tzinfo=UTC).date()), "2999-12-31..")
    policy = a_policy(*(Rule(each.fact, each, Assign(ToTeam("sales"))) for each in (forever, latest)))

    reaches = reaches_of(rule_space(policy, catalog=a_world(), now=NOW))

    assert all(reach.is_reached and reach.is_known for reach in reaches)


def test_a_condition_with_too_many_boxes_is_called_unknown() -> None:
    chance = Random(9)
    pairs = [AnyOf((_is("colour", f"a{number}"), _is(f"shade{number}", "a"))) for number in range(16)]
    policy = a_policy(
        Rule("intricate", NoneOf(tuple(AllOf(pair.parts) for pair in pairs)), Assign(ToTeam("sales"))),
        Rule("plain", random_condition(chance, ("agreed",)), Assign(ToTeam("sales"))),
    )

    reaches = reaches_of(rule_space(policy, catalog=a_world(), now=NOW))

    assert [reach.is_known for reach in reaches] == [False, True, True]


def test_a_budget_that_does_not_suffice_leaves_verdicts_unknown_and_none_wrong() -> None:
    chance = Random(10)
    facts = tuple(f"f{number}" for number in range(10))
    leads = [dict.fromkeys(yes, "y") for size in range(11) for yes in combinations(facts, size)]
    known = unknown = 0
    for budget in (400, 4_000, 40_000):
        for _ in range(10):
            rules = [_three_of(chance, facts, line) for line in range(1, 50)]
            policy = a_policy(*rules, types=dict.fromkeys(facts, "text"))

            reaches = reaches_of(rule_space(policy, catalog=a_world(), now=NOW, budget=budget))

            taken = set(first_matches(policy, leads))
            assert all(reach.is_reached == (reach.rule in taken) for reach in reaches if reach.is_known)
            unknown += sum(not reach.is_known for reach in reaches)
            known += sum(reach.is_known for reach in reaches)
    assert known > 500
    assert unknown > 50


def _three_of(chance: Random, facts: tuple[str, ...], line: int) -> Rule:
    """One clause of a random 3-SAT: the hardest that rules can be for their number."""
    asked = [_is(fact, "y") for fact in chance.sample(facts, 3)]
    parts = tuple(test if chance.random() < 0.5 else NoneOf((test,)) for test in asked)
    return Rule(f"{line}", AllOf(parts), Assign(ToTeam("sales")), line=line)


def _about_places(chance: Random) -> Condition:
    places = chance.sample([*ASKED][:4], chance.randint(1, 2))
    parts = [_about(chance, fact) for fact in places]
    if chance.random() < 0.3:
        parts = [_about(chance, fact) for fact in ("email_domain", "email_kind")]
    return chance.choice((AllOf, AnyOf, AllOf))(tuple(parts))


def _about(chance: Random, fact: str) -> Condition:
    if chance.random() < 0.2:
        return Test(fact, Unknown(), "")
    test = _is(fact, *chance.sample(ASKED[fact], chance.randint(1, 3)))
    return NoneOf((test,)) if chance.random() < 0.4 else test


def _about_products(chance: Random, options: tuple[str, ...], line: int) -> Rule:
    some = chance.sample(options, chance.choice((1, 1, 2, 5)))
    about = Test("title", Contains(tuple(some)), "") if chance.random() < 0.5 else _is("products", *some)
    when = NoneOf((about,)) if chance.random() < 0.05 else about
    return Rule(f"{line}", when, Assign(ToTeam("sales")), line=line)


def _asks_products(line: int, *options: str) -> Rule:
    return Rule(f"{line}", _is("products", *options), Assign(ToTeam("sales")), line=line)


def _is(fact: str, *values: str) -> Test:
    return Test(fact, OneOf(frozenset(values)), "")


def _with_codes() -> Catalog:
    catalog = a_catalog()
    codes = tuple(Option(code, code) for code in ("FR", "DE", "RE", "BE"))
    code = Property("hs_country_region_code", "", FactType.CHOICE, codes)
    return replace(catalog, contact={**catalog.contact, code.name: code})
