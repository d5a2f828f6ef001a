"""Contacts of the sandbox portal, announced as fast as it can or one by one, until each has an owner."""

from __future__ import annotations

import random
import time

from bench.processes import Stage
from bench.throughput.figures import Figures, measure
from router.sandbox.http.client import SandboxClient

PATIENCE_S = 120.0


def blast(stage: Stage, url: str, count: int) -> Figures:
    """Announce `count` contacts as fast as the portal can, 100 to a webhook."""
    sandbox = stage.sandbox
    hold(stage, url)
    ids = sandbox.create_exactly([a_contact(number) for number in range(count)])
    calls_before = sandbox.calls()["total"]
    announce(stage, url)
    wait_until_owned(sandbox, ids)
    sandbox.stop_deliveries()
    return measure(sandbox, ids, calls_before=calls_before)


def trickle(stage: Stage, url: str, count: int) -> Figures:
    """Announce contacts one by one, at chance moments about 4 a second."""
    sandbox, chance = stage.sandbox, random.Random(7)
    sandbox.deliver(url, public_url=stage.environment["PUBLIC_WEBHOOK_URL"], duplicates=0.0, enabled=True)
    calls_before = sandbox.calls()["total"]
    ids = []
    for number in range(count):
        ids += sandbox.create_exactly([a_contact(number)])
        time.sleep(chance.expovariate(4))
    wait_until_owned(sandbox, ids)
    sandbox.stop_deliveries()
    return measure(sandbox, ids, calls_before=calls_before)


def hold(stage: Stage, url: str) -> None:
    """Let contacts gather at the portal, unannounced."""
    stage.sandbox.deliver(url, public_url=stage.environment["PUBLIC_WEBHOOK_URL"], enabled=False)


def announce(stage: Stage, url: str) -> None:
    """Announce what has gathered, 100 to a webhook, as fast as the receiver takes it."""
    stage.sandbox.deliver(
        url,
        public_url=stage.environment["PUBLIC_WEBHOOK_URL"],
        batch_min=100,
        batch_max=100,
        duplicates=0.0,
        shuffle=False,
        enabled=True,
    )


def wait_until_owned(sandbox: SandboxClient, ids: list[str]) -> None:
    """Return when every contact has an owner; raises TimeoutError after two minutes."""
    ends_at = time.monotonic() + PATIENCE_S
    asked = set(ids)
    while time.monotonic() < ends_at:
        unowned = sum(1 for one in sandbox.contacts(brief=True) if one["id"] in asked and not one["owned_at"])
        if not unowned:
            return
        time.sleep(0.25 if len(ids) < 2_000 else 0.5)
    raise TimeoutError(f"{unowned} contacts have no owner after {PATIENCE_S:.0f} s")


def a_contact(number: int) -> dict[str, str]:
    """The properties of one of many contacts: three jobs, two countries, every département."""
    return {
        "email": f"contact{number}@entreprise{number % 977}.fr",
        "jobtitle": ("Directeur commercial", "Responsable RH", "Comptable")[number % 3],
        "type_demande": ("demo", "devis", "contenu")[number % 3],
        "country": ("France", "FR", "france", "Allemagne")[number % 4],
        "zip": f"{number % 95 + 1:02}{number % 1000:03}",
    }
