"""How long does a backtest of a million leads take, through two sets of a thousand rules?

    python -m bench.policy.backtest [--leads 1000000] [--rules 1000] [--workers 2]

Makes an export of contacts like HubSpot's (18 columns, three of them dates, six thousand postcodes, a
fifth of all cells empty), puts a thousand territory rules into the shipped ones, changes one in forty
of them, and replays the export through both with turns, due times and examples. Reading the CSV alone
is timed beside it, as a measure of the machine.
"""

from __future__ import annotations

import argparse
import csv
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from router.policy.rules.policy import Policy
from router.routing.backtest.blocks import RuleSet
from router.routing.backtest.csv_leads import open_csv
from router.routing.backtest.run import rule_set, run_backtest
from router.rulefiles.load import load_files
from router.rulefiles.words.catalog_file import CATALOG_FILE, parse_catalog
from router.rules_on_disk import read_rule_files

CONFIG = Path(__file__).parents[2] / "config"
OF_CONTACT = (
    "Record ID",
    "createdate",
    "email",
    "country",
    "hs_country_region_code",
    "zip",
    "jobtitle",
    "type_demande",
    "produit_interesse",
    "langue",
    "hs_analytics_source",
    "recent_conversion_date",
    "hs_analytics_last_visit_timestamp",
    "hs_email_last_click_date",
)
OF_COMPANY = ("numberofemployees", "industry", "annualrevenue", "hubspot_owner_id")
HEADER = (*OF_CONTACT, *(f"company.{name}" for name in OF_COMPANY))
TITLES = ("Directrice financière", "DSI", "Responsable RH", "Stagiaire", "PDG", "Comptable", "Chef de projet")
INDUSTRIES = ("BANKING", "INSURANCE", "COMPUTER_SOFTWARE", "RETAIL", "EDUCATION_MANAGEMENT", "")
WISHES = ("demo", "devis", "contenu", "support", "")
SIZES = ("200..", "50..199", "..49")
TEAMS = ("idf", "ouest", "est", "sud", "international", "sdr", "cybersecurite", "grands_comptes")
DEPARTEMENTS = tuple(f"{number:02}" for number in range(1, 96) if number != 20)
BEFORE_HERE = "  - name: Leads froids"
DAYS = 90


def contacts(count: int) -> Iterator[list[str]]:
    """Contacts in the order in which they came, over ninety days."""
    chance = random.Random(1)
    postcodes = [f"{dep}{chance.randrange(0, 990, 10):03}" for dep in DEPARTEMENTS for _ in range(65)]
    at = datetime(2026, 8, 1)  # noqa: DTZ001 - exports have no zone

    def within(days: int) -> str:
        if chance.random() < 0.3:
            return ""
        return (at - timedelta(days=chance.random() * days)).strftime("%Y-%m-%d %H:%M")

    for number in range(count):
        at += timedelta(seconds=chance.expovariate(count / (DAYS * 86_400)))
        domain = "gmail.com" if chance.random() < 0.15 else f"societe{chance.randrange(20_000)}.fr"
        country = chance.choice(("FR", "FR", "FR", "FR", "FR", "DE", "NO", "BE", ""))
        yield [
            str(1_000 + number),
            at.strftime("%Y-%m-%d %H:%M"),
            f"personne{number}@{domain}",
            "France" if country == "FR" else "",
            country,
            chance.choice(postcodes),
            chance.choice(TITLES),
            chance.choice(WISHES),
            chance.choice(("crm", "bi", "paie", "cybersecurite", "")),
            chance.choice(("fr", "en", "de", "")),
            chance.choice(("ORGANIC_SEARCH", "PAID_SEARCH", "REFERRALS", "DIRECT_TRAFFIC", "")),
            within(60),
            within(20),
            within(30),
            chance.choice(("", "5", "30", "120", "450", "1500")),
            chance.choice(INDUSTRIES),
            chance.choice(("", "1000000", "300000000")),
            chance.choice(("", "", "", "", "", "", "", "", "101")),
        ]


def a_rule_set(name: str, *, rules: int, changed: int | None) -> RuleSet:
    """The shipped rules and territory rules up to that many; every `changed`th names another team."""
    files = dict(read_rule_files(CONFIG))
    shipped = load_files(files).policy
    if shipped is None:
        raise AssertionError("the shipped rules have mistakes")
    chance = random.Random(5)
    combinations = [
        (dep, wish, size, industry)
        for industry in (None, *INDUSTRIES[:4])
        for dep in DEPARTEMENTS
        for wish in WISHES[:3]
        for size in SIZES
    ]
    lines = []
    for number, (dep, wish, size, industry) in enumerate(combinations[: max(0, rules - len(shipped.rules))]):
        team = chance.choice(TEAMS)
        if changed and number % changed == 0:
            team = TEAMS[(TEAMS.index(team) + 1) % len(TEAMS)]
        when = f"departement: {dep}, type_demande: {wish}, company.numberofemployees: {size}"
        when += f", company.industry: {industry}" if industry else ""
        lines.append(f"  - {{name: T{number}, when: {{{when}}}, assign: {{team: {team}}}}}\n")
    above, found, below = files["routing.yaml"].decode().partition(BEFORE_HERE)
    files["routing.yaml"] = f"{above}{''.join(lines)}{found}{below}".encode()
    return rule_set(name, _loaded(files), parse_catalog(files[CATALOG_FILE]))


def _loaded(files: dict[str, bytes]) -> Policy:
    loaded = load_files(files)
    if loaded.policy is None:
        raise AssertionError("\n".join(map(str, loaded.mistakes)))
    return loaded.policy


def main() -> None:
    """Make the export, replay it, print the time."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--rules", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "leads.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            writer.writerows(contacts(asked.leads))
        before = a_rule_set("before", rules=asked.rules, changed=None)
        after = a_rule_set("after", rules=asked.rules, changed=40)
        began = time.perf_counter()
        with path.open(encoding="utf-8", newline="") as file:
            rows = sum(1 for _ in csv.reader(file))
        read_s = time.perf_counter() - began
        began = time.perf_counter()
        leads = open_csv(path, parse_catalog((CONFIG / CATALOG_FILE).read_bytes()))
        ran = run_backtest(leads, before, after, workers=asked.workers, progress=lambda _leads: None)
        took_s = time.perf_counter() - began
    print(f"reading {rows - 1:,} rows and doing nothing with them: {read_s:.1f} s")
    print(
        f"replaying them through {len(before.policy.rules):,} and {len(after.policy.rules):,} rules in "
        f"{asked.workers} processes: {took_s:.1f} s ({1e6 * took_s / ran.comparison.leads:.1f} us per lead); "
        f"{ran.comparison.moved:,} go elsewhere"
    )


if __name__ == "__main__":
    main()
