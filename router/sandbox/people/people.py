"""The made-up contacts of acme.fr: seeded, mostly French companies, good and bad leads, untidy data."""

import random
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from msgspec import Struct

from router.sandbox.clock import iso, now_ms
from router.sandbox.crm.owners import OWNERS
from router.sandbox.crm.records import Source
from router.sandbox.people import places
from router.sandbox.portal import Portal

Row = TypeVar("Row", bound=tuple[object, ...])
DAY_MS = 86_400_000
COMPANY = Source("INTEGRATION", "hubspot-insights")
ARRIVALS = (
    Source("FORM", "4d2c7b2e-7a51-4f0a-9f0a-2f6f1f1d0c11"),
    Source("IMPORT", "31120467"),
    Source("CRM_UI", "userId:25531109", user_id=25531109),
    Source("INTEGRATION", "10457515"),
)


class Person(Struct, frozen=True):
    """A contact to create, with its company, or the position of an earlier person with the same company."""

    contact: dict[str, str]
    company: dict[str, str] | None = None
    colleague_of: int | None = None


def populate(portal: Portal, *, count: int, seed: int, announce: bool) -> list[str]:
    """Create `count` people in the portal, with their companies; returns the contacts' ids in order."""
    chance = random.Random(seed)
    with portal.lock:
        drawn = list(people(count, seed=seed, today_ms=now_ms(), taken=frozenset(portal.emails())))
        ids: list[str] = []
        company_ids: list[str | None] = []
        for person in drawn:
            company = None if person.colleague_of is None else company_ids[person.colleague_of]
            if person.company is not None:
                company = portal.create("companies", person.company, source=COMPANY).id
            company_ids.append(company)
            linked = {"associatedcompanyid": company} if company else {}
            source = chance.choices(ARRIVALS, (6, 1, 1, 2))[0]
            contact = person.contact | linked
            ids.append(portal.create("contacts", contact, source=source, announce=announce).id)
    return ids


def people(count: int, *, seed: int, today_ms: int, taken: Collection[str]) -> Iterator[Person]:
    """Draw people; the same seed draws the same ones. E-mail addresses never repeat one in `taken`."""
    chance = random.Random(seed)
    used = set(taken)
    employers: list[tuple[int, dict[str, str]]] = []
    for place in range(count):
        country = chance.choices(("FR", "NO", "DE", "CH", "BE", "ES", "MA"), (82, 3, 5, 3, 3, 2, 2))[0]
        has_company = chance.random() < 0.65
        company, colleague_of = None, None
        if has_company and country == "FR" and employers and chance.random() < 0.2:
            # A company has two contacts at most: its second one takes it off the list.
            colleague_of, company = employers.pop(chance.randrange(len(employers)))
        elif has_company:
            company = _company(chance, country)
            employers.append((place, company))
        contact = _contact(chance, country, company=company, used=used, today_ms=today_ms)
        yield Person(contact, company if colleague_of is None else None, colleague_of)


def _company(chance: random.Random, country: str) -> dict[str, str]:
    industry, word, _ = _weighted(chance, places.COMPANY_SECTORS)
    name = f"{chance.choice(places.COMPANY_WORDS)} {word}"
    employees, _ = _weighted(chance, places.EMPLOYEES + places.LARGE)
    domain = f"{_plain(name)}{chance.randrange(10, 1000)}.{'fr' if country == 'FR' else country.lower()}"
    return {
        "name": name,
        "domain": domain,
        "industry": industry,
        "numberofemployees": "" if chance.random() < 0.08 else str(employees),
        "annualrevenue": "" if chance.random() < 0.25 else str(employees * chance.randrange(90, 260) * 1000),
        "country": "France" if country == "FR" else places.FOREIGN_TOWNS[country][2],
        "zip": chance.choice(places.FRENCH_TOWNS)[0] if country == "FR" else places.FOREIGN_TOWNS[country][0],
        "hubspot_owner_id": chance.choice(OWNERS[:8]).id if chance.random() < 0.1 else "",
    }


def _contact(
    chance: random.Random, country: str, *, company: dict[str, str] | None, used: set[str], today_ms: int
) -> dict[str, str]:
    first, last = chance.choice(places.FIRST_NAMES), chance.choice(places.LAST_NAMES)
    if country != "FR":
        first, last = chance.choice(places.FOREIGN_NAMES[country])
    contact = {
        "email": _email(chance, first, last, company=company, used=used),
        "firstname": first,
        "lastname": last,
        "jobtitle": _weighted(chance, places.JOBS)[0],
        "phone": f"+33 {chance.randrange(1, 8)} {chance.randrange(10**7, 10**8)}",
        "company": company["name"] if company else "",
        "website": company["domain"] if company else "",
        "lifecyclestage": chance.choice(("subscriber", "lead", "lead", "marketingqualifiedlead")),
        "langue": "fr" if country == "FR" else places.LANGUAGE_OF[country],
        "produit_interesse": ";".join(_some(chance, ("crm", "bi", "cybersecurite", "paie"))),
    }
    return contact | _whereabouts(chance, country) | _interest(chance, today_ms)


def _whereabouts(chance: random.Random, country: str) -> dict[str, str]:
    if country != "FR":
        postcode, city, spelled, _ = places.FOREIGN_TOWNS[country]
        spelled = chance.choice((spelled, country, ""))
        return {"zip": postcode, "city": city, "country": spelled, "hs_country_region_code": country}
    postcode, city = chance.choice(places.RARE_TOWNS if chance.random() < 0.14 else places.FRENCH_TOWNS)
    spelled = chance.choices(("France", "FR", "france", "FRANCE", ""), (60, 12, 10, 5, 13))[0]
    code = "FR" if spelled in ("France", "FR") or chance.random() < 0.6 else ""
    return {"zip": postcode, "city": city, "country": spelled, "hs_country_region_code": code}


def _interest(chance: random.Random, today_ms: int) -> dict[str, str]:
    """The person's activity: a third is hot (asked for a demo or a quote today), a third only reads."""
    warmth = chance.choices(("hot", "warm", "cold", "other"), (34, 30, 26, 10))[0]
    if warmth == "other":
        request = chance.choice(("support", "candidature"))
        return {"type_demande": request, "hs_analytics_source": "DIRECT_TRAFFIC"}
    if warmth == "cold":
        seen = _ago(chance, today_ms, days=(40, 300))
        request = chance.choice(("contenu", ""))
        return {
            "type_demande": request,
            "hs_analytics_source": "OFFLINE",
            "hs_analytics_last_visit_timestamp": seen,
        }
    days = (0, 2) if warmth == "hot" else (4, 25)
    request = chance.choice(("demo", "devis")) if warmth == "hot" else chance.choice(("contenu", "devis"))
    sources = ("ORGANIC_SEARCH", "PAID_SEARCH", "EMAIL_MARKETING", "SOCIAL_MEDIA", "REFERRALS", "PAID_SOCIAL")
    interest = {
        "type_demande": request,
        "recent_conversion_date": _ago(chance, today_ms, days=days),
        "num_conversion_events": str(chance.randrange(1, 6)),
        "hs_analytics_last_visit_timestamp": _ago(chance, today_ms, days=days),
        "hs_analytics_source": chance.choice(sources),
    }
    if chance.random() < 0.4:
        interest["hs_email_last_click_date"] = _ago(chance, today_ms, days=(0, 20))
    return interest


def _email(
    chance: random.Random, first: str, last: str, *, company: dict[str, str] | None, used: set[str]
) -> str:
    kind = chance.random()
    if company is not None and kind < 0.92:
        domain = company["domain"]
    elif kind < 0.75:
        domain = chance.choice(places.FREE_MAIL)
    else:
        domain = f"cabinet-{_plain(last)}.fr"
    email = f"{_plain(first)}.{_plain(last)}@{domain}"
    while email in used:
        email = f"{_plain(first)}.{_plain(last)}{chance.randrange(2, 100_000)}@{domain}"
    used.add(email)
    return email


def _ago(chance: random.Random, today_ms: int, *, days: tuple[int, int]) -> str:
    return iso(today_ms - chance.randrange(days[0] * DAY_MS + 60_000, days[1] * DAY_MS))


def _some(chance: random.Random, options: Sequence[str]) -> list[str]:
    return chance.sample(options, chance.choices((0, 1, 2), (3, 5, 2))[0])


def _weighted(chance: random.Random, rows: Sequence[Row]) -> Row:
    return chance.choices(rows, [float(str(row[-1])) for row in rows])[0]


def _plain(text: str) -> str:
    """`Céline Le-Goff` as `celinelegoff`: the form of a name in an address."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in folded if letter.isalnum())
