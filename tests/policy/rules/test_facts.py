"""What rules see of a lead."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from router.policy.leads.catalog import FactType
from router.policy.leads.lead import Value
from router.policy.leads.parsing import number_in
from router.policy.leads.text import _folded_once, folded_once
from router.policy.rules.decay import left_after_half_lives
from router.policy.rules.facts import DERIVED, Needed, properties_read, reading, sources_of
from router.policy.rules.policy import Assign, ToAccountOwner, ToTeam
from router.policy.rules.scoring import GradeGrid, HalfLife, Scorecard, Scoring
from router.policy.wording.reasons import lasting
from tests.world.policies import NOW, a_lead, a_policy, a_rule, asks


def one_fact(fact: str, *, company: Any = None, **properties: str) -> Value | None:
    types = {fact: DERIVED[fact]}
    return reading(types)(a_lead(company=company, **properties), NOW).get(fact)


@pytest.mark.parametrize(
    ("fact_type", "raw", "value"),
    [
        (FactType.TEXT, "  Directrice ", "Directrice"),
        (FactType.TEXT, "   ", None),
        (FactType.CHOICE, "NO", "NO"),
        (FactType.CHOICES, "crm; bi;;", frozenset({"crm", "bi"})),
        (FactType.CHOICES, ";", None),
        (FactType.NUMBER, "1200", Decimal(1200)),
        (FactType.NUMBER, "12.5", Decimal("12.5")),
        (FactType.NUMBER, "about 40", None),
        (FactType.NUMBER, "NaN", None),
        (FactType.BOOL, "true", True),
        (FactType.BOOL, "False", False),
        (FactType.BOOL, "oui", None),
        (FactType.DATETIME, "1795511700000", datetime(2026, 11, 24, 9, 15, tzinfo=UTC)),
        (FactType.DATETIME, "2026-11-24T10:15+01:00", datetime(2026, 11, 24, 9, 15, tzinfo=UTC)),
        (FactType.DATETIME, "2026-11-24T09:15:00Z", datetime(2026, 11, 24, 9, 15, tzinfo=UTC)),
        (FactType.DATETIME, "9" * 30, None),
        (FactType.DATETIME, "yesterday", None),
        (FactType.DATE, "2026-11-24", date(2026, 11, 24)),
        (FactType.DATE, "1795478400000", date(2026, 11, 24)),
        (FactType.DURATION, "1500", timedelta(seconds=1.5)),
    ],
)
def test_a_text_means_what_its_type_says(fact_type: FactType, raw: str, value: Value | None) -> None:
    facts = reading({"thing": fact_type})(a_lead(thing=raw), NOW)

    assert facts == ({} if value is None else {"thing": value})


def test_only_the_facts_asked_for_are_read() -> None:
    lead = a_lead(email="jeanne@acme.fr", zip="75011", company={"industry": "BANKING", "name": "Acme"})

    facts = reading({"company.industry": "choice"})(lead, NOW)

    assert facts == {"company.industry": "BANKING"}


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("France", "FR"), ("FRANCE", "FR"), ("fr", "FR"), ("FRA", "FR"), ("La France", "FR"),
        ("Allemagne", "DE"), ("Germany", "DE"), ("Deutschland", "DE"), ("Alemania", "DE"),
        ("États-Unis", "US"), ("etats unis", "US"), ("U.S.A.", "US"), ("United States of America", "US"),
        ("Royaume-Uni", "GB"), ("UK", "GB"), ("Großbritannien", "GB"), ("grossbritannien", "GB"),
        ("Pays-Bas", "NL"), ("Les Pays-Bas", "NL"), ("The Netherlands", "NL"), ("Niederlande", "NL"),
        ("Norvège", "NO"), ("NO", "NO"), ("Suisse", "CH"), ("Schweiz", "CH"), ("Suiza", "CH"),
        ("Côte d’Ivoire", "CI"), ("Ivory Coast", "CI"), ("Corée du Sud", "KR"), ("Bolivie", "BO"),
        ("Bolivia", "BO"),        ("La Réunion", "RE"),
        ("Oesterreich", "AT"), ("Guyane", "GF"), ("Eire", "IE"), ("narnia", None), ("Virgin Islands", None),
    ],
)  # fmt: skip
def test_a_country_is_found_in_any_usual_spelling(spelling: str, code: str | None) -> None:
    assert one_fact("country", country=spelling) == code


def test_hubspots_country_code_wins_over_what_somebody_typed() -> None:
    assert one_fact("country", country="Belgique", hs_country_region_code="FR") == "FR"
    assert one_fact("country", country="Belgique", hs_country_region_code="??") == "BE"


@pytest.mark.parametrize(
    ("postcode", "country", "departement", "region"),
    [
        ("75011", "FR", "75", "Île-de-France"),
        ("01000", "France", "01", "Auvergne-Rhône-Alpes"),
        ("06000", None, "06", "Provence-Alpes-Côte d'Azur"),
        ("6000", "FR", "06", "Provence-Alpes-Côte d'Azur"),
        ("6000", None, None, None),
        ("20000", "FR", "2A", "Corse"),
        ("20137", "FR", "2A", "Corse"),
        ("20200", "FR", "2B", "Corse"),
        ("20600", "FR", "2B", "Corse"),
        ("20900", "FR", None, None),
        ("20704 Ajaccio Cedex 9", "FR", "2A", "Corse"),
        ("20401", "FR", "2B", "Corse"),
        ("2A000", None, "2A", "Corse"),
        ("2b100", "FR", "2B", "Corse"),
        ("2A000", "IT", None, None),
        ("97400", "FR", "974", "La Réunion"),
        ("97400", "RE", "974", "La Réunion"),
        ("98800", "FR", "988", None),
        ("97133", "FR", "977", None),
        ("97150", "MF", "978", None),
        ("97110", "FR", "971", "Guadeloupe"),
        ("98000", "FR", None, None),
        ("98000", None, None, None),
        ("98000", "Monaco", None, None),
        ("92057 CEDEX", "FR", "92", "Île-de-France"),
        ("92 057 Paris La Défense Cedex", "FR", "92", "Île-de-France"),
        ("F-67000", "FR", "67", "Grand Est"),
        ("69003.0", "FR", "69", "Auvergne-Rhône-Alpes"),
        ("10115", "Allemagne", None, None),
        ("10115", "narnia", "10", "Grand Est"),
        ("00100", "FR", None, None),
        ("99123", "FR", None, None),
        ("SW1A 1AA", None, None, None),
    ],
)
def test_a_postcode_lies_in_a_departement_and_a_region(
    postcode: str, country: str | None, departement: str | None, region: str | None
) -> None:
    properties = {"zip": postcode} if country is None else {"zip": postcode, "country": country}

    assert one_fact("departement", **properties) == departement
    assert one_fact("region", **properties) == region


@pytest.mark.parametrize(
    ("email", "domain", "kind"),
    [
        ("jeanne@Boulanger-SA.fr", "boulanger-sa.fr", "business"),
        ("a@gmail.com", "gmail.com", "free"),
        ("a@sfr.fr", "sfr.fr", "free"),
        ("a@proximus.be", "proximus.be", "free"),
        ("a@yopmail.com", "yopmail.com", "disposable"),
        ("a@10minutemail.co.za", "10minutemail.co.za", "disposable"),
        ("jeanne", None, None),
        ("@acme.fr", None, None),
    ],
)
def test_an_address_says_whose_mailbox_it_is(email: str, domain: str | None, kind: str | None) -> None:
    assert one_fact("email_domain", email=email) == domain
    assert one_fact("email_kind", email=email) == kind


def test_age_channel_and_account_owner_come_from_hubspots_properties() -> None:
    assert one_fact("age", createdate="2026-11-24T09:00:00Z") == timedelta(minutes=15)
    assert one_fact("age", createdate="2026-11-24T09:16:00Z") == timedelta(0)
    assert one_fact("channel", hs_analytics_source="PAID_SEARCH") == "PAID_SEARCH"
    assert one_fact("account_owner", company={"hubspot_owner_id": "77"}) == "77"


def test_the_sources_of_a_fact_are_its_properties() -> None:
    assert sources_of("jobtitle") == (("jobtitle",), ())
    assert sources_of("company.industry") == ((), ("industry",))
    assert sources_of("departement") == (("zip", "hs_country_region_code", "country"), ())
    assert sources_of("segment") == ((), ())


def test_exactly_the_needed_properties_are_read() -> None:
    types = {"departement": "choice", "jobtitle": "text", "segment": "choice"}

    needed = properties_read(a_policy(a_rule(when=asks("jobtitle", "CEO")), types=types))

    assert needed == Needed(contact=("country", "hs_country_region_code", "jobtitle", "zip"), company=())


def test_a_rule_for_account_owners_reads_the_companys_owner() -> None:
    rule = a_rule(action=Assign(ToTeam("sales"), if_unavailable=Assign(ToAccountOwner())))

    assert properties_read(a_policy(rule)).company == ("hubspot_owner_id",)


def test_decaying_points_read_the_last_conversion() -> None:
    card, decaying = Scorecard(100, ()), Scorecard(100, (), HalfLife(timedelta(days=14)))

    needed = properties_read(a_policy(scoring=Scoring(card, decaying, GradeGrid((), ()))))

    assert needed.contact == ("recent_conversion_date",)
    assert left_after_half_lives(60, span=timedelta(days=14), age=timedelta(days=14)) == 30


@pytest.mark.parametrize(
    ("fact", "values"),
    [
        ("email_domain", {"email": "a@" + "b." * 40_000 + "fr"}),
        ("country", {"country": "France" + " " * 90_000}),
        ("departement", {"zip": "75011" + " " * 90_000, "country": "FR"}),
    ],
)
def test_a_text_that_is_far_too_long_for_its_fact_counts_as_missing(
    fact: str, values: dict[str, str]
) -> None:
    assert one_fact(fact, **values) is None


def test_long_texts_of_strangers_are_not_kept_in_memory() -> None:
    kept = len(folded_once("x" * 201)), _folded_once.cache_info().currsize

    found = {folded_once("x" * 60_000 + str(number)) for number in range(3)}

    assert (len(found), _folded_once.cache_info().currsize) == (3, kept[1])
    assert lasting("y" * 60_000) == "y" * 60_000
    assert number_in("1" * 41) is None
