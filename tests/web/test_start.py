"""A receiver that starts loads what receiving needs, and no more: a platform restarts it often."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from inspect import signature

from router.web.reps.urls import URLS

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
    for _method, address, name in URLS:
        parts = [part.strip("<>") for part in address.split("/") if part.startswith("<")]
        module, function = name.split(".")
        answer = getattr(import_module(f"router.web.reps.{module}"), function)
        assert list(signature(answer).parameters) == ["at", *parts]
