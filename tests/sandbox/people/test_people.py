"""Who the sandbox's people are: the same for the same seed, and as messy as real ones."""

from __future__ import annotations

from collections import Counter

from router.sandbox.http.client import SandboxClient
from router.sandbox.people.people import people

TODAY_MS = 1_795_300_000_000
CROWD = list(people(2_000, seed=7, today_ms=TODAY_MS, taken=()))


def share(count: int) -> float:
    """The part of the crowd."""
    return count / len(CROWD)


def test_the_same_seed_draws_the_same_people():
    assert list(people(50, seed=7, today_ms=TODAY_MS, taken=())) == CROWD[:50]
    assert list(people(50, seed=8, today_ms=TODAY_MS, taken=())) != CROWD[:50]


def test_most_are_french_and_two_thirds_have_a_company():
    countries = Counter(person.contact["hs_country_region_code"] for person in CROWD)
    associated = sum(person.company is not None or person.colleague_of is not None for person in CROWD)
    shared = Counter(person.colleague_of for person in CROWD if person.colleague_of is not None)

    assert share(countries["FR"] + countries[""]) > 0.75
    assert {"NO", "DE", "CH", "BE", "ES", "MA"} < set(countries)
    assert 0.6 < share(associated) < 0.7
    assert set(shared.values()) == {1}


def test_postcodes_are_as_messy_as_in_real_portals():
    postcodes = {person.contact["zip"] for person in CROWD}

    assert {"01000", "06000", "20000", "20200", "97400", "6000", "", "69 003"} < postcodes


def test_mail_is_free_or_from_work_and_never_twice():
    emails = [person.contact["email"] for person in CROWD]
    free = sum(email.endswith(("gmail.com", "orange.fr", "sfr.fr", "laposte.net")) for email in emails)

    assert len(set(emails)) == len(emails)
    assert 0.05 < share(free) < 0.4
    assert all(email.isascii() for email in emails)


def test_leads_are_hot_warm_and_cold():
    requests = Counter(person.contact["type_demande"] for person in CROWD)

    assert {"demo", "devis", "contenu", "support", "candidature"} <= set(requests)
    assert share(requests["demo"]) > 0.1
    assert share(requests["support"] + requests["candidature"]) < 0.2


def test_the_portal_accepts_them_and_links_their_companies(sandbox: SandboxClient):
    sandbox.create_contacts(100, seed=7)
    sandbox.create_contacts(100, seed=7)

    contacts = sandbox.contacts()

    assert len({contact["properties"]["email"] for contact in contacts}) == 200
    linked = [
        c["properties"]["associatedcompanyid"] for c in contacts if "associatedcompanyid" in c["properties"]
    ]
    assert len(set(linked)) < len(linked)
