"""A receiver that starts loads what receiving needs, and no more: a platform restarts it often."""

from __future__ import annotations

import subprocess
import sys
from inspect import signature

from router.web import answers
from router.web.api import DOORS

NOT_AT_START = (
    "router.bootstrap",
    "router.hubspot.api.gateway",
    "router.ledger",
    "router.notify",
    "router.routing",
    "router.rulefiles",
    "holidays",
    "hubspot",
    "pycountry",
    "requests",
    "sqlalchemy",
    "tenacity",
    "yaml",
)


def test_the_receiver_starts_without_routing_ledger_and_rule_files() -> None:
    asked = "import sys, router.web.__main__; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    modules = set(loaded.stdout.split())
    assert "router.web.receiver" in modules
    assert modules.isdisjoint(NOT_AT_START)


def test_every_address_for_reps_has_its_answer() -> None:
    for _method, address, name in DOORS:
        parts = [part.strip("<>") for part in address.split("/") if part.startswith("<")]
        assert list(signature(getattr(answers, name)).parameters) == ["at", *parts]
