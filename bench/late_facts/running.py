"""One run: real processes route the leads of a sandbox portal while facts still come."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import orjson

from bench.late_facts.figures import Figures
from bench.late_facts.judging import (
    Belongs,
    Decided,
    decisions_in,
    events_in,
    lines_in,
    moves_of,
    where_it_belongs,
)
from bench.late_facts.leads import LateLead, draw
from bench.processes import Stage, a_stage, listening, processes
from router.hubspot.properties import COMPANY
from router.hubspot.webhooks.webhooks import FOLLOWED
from router.policy.decision.compiled import compile_policy
from router.policy.leads.lead import Lead
from router.policy.rules.policy import Policy
from router.policy.settling.listened import listened
from router.rulefiles.load import load_files
from router.rules_on_disk import read_rule_files

LATENCY_MS: Final = 50
QUOTA: Final = 190
QUIET_S: Final = 20.0
"""The ledger has not changed for so long: no more is to come (a notice of a lead waits up to 15 s)."""
PATIENCE_S: Final = 300.0
WARM: Final = 5
PROCESSES: Final = ["housekeeping", "cron", "worker", "worker"]


def run(
    name: str, config: Path, *, code: Path, count: int, per_s: float, scale: float, seed: int = 1
) -> Figures:
    """Route `count` leads, `per_s` a second, with the processes of the checkout `code`."""
    loaded = load_files(read_rule_files(config))
    if loaded.policy is None:
        raise ValueError(f"The rules in {config} have mistakes: {loaded.mistakes[0]}")
    with a_chat() as chat, a_stage(config=config, calls_per_10s=QUOTA) as stage:
        stage.environment.update(
            PYTHONPATH=str(code),
            NOTIFY_WEBHOOKS=orjson.dumps({"default": {"kind": "json", "url": chat}}).decode(),
            NOTIFY_ALLOW_PRIVATE="true",
        )
        stage.sandbox.settings(
            latency_ms=LATENCY_MS,
            calls_per_10s=QUOTA,
            link_companies=True,
            link_after_min_s=1,
            link_after_max_s=5,
        )
        drawn, companies = draw(count, seed=seed, today_ms=time.time_ns() // 1_000_000, scale=scale)
        stage.sandbox.create_companies(companies)
        with (
            listening(stage, ["-m", "router.web"]) as url,
            processes(stage, *(["-m", "workers", one] for one in PROCESSES)),
        ):
            _subscribe(stage, f"{url}/webhooks/hubspot", loaded.policy)
            _warm_up(stage)
            calls_before = stage.sandbox.calls()["total"]
            leads = _create(stage, drawn, per_s=per_s)
            _wait_until_quiet(stage, WARM + count, longest_s=max(lead.after_s for lead in drawn))
        return _figures(name, stage, loaded.policy, leads, companies, calls_before=calls_before)


@contextmanager
def a_chat() -> Iterator[str]:
    """A chat that takes every message; yields its address."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def _subscribe(stage: Stage, url: str, policy: Policy) -> None:
    """Let the portal announce what an app for these rules subscribes to."""
    facts = listened(policy)
    stage.sandbox.deliver(
        url,
        public_url=stage.environment["PUBLIC_WEBHOOK_URL"],
        properties=sorted(FOLLOWED | facts),
        associations=COMPANY in facts,
    )


def _warm_up(stage: Stage) -> None:
    """Let some leads go through, so that every process has begun. Raises TimeoutError."""
    stage.sandbox.create_exactly([{"email": f"warm{number}@gmail.com"} for number in range(WARM)])
    ends_at = time.monotonic() + PATIENCE_S
    while lines_in(_ledger(stage))[0] < WARM:
        if time.monotonic() > ends_at:
            raise TimeoutError(f"The first {WARM} leads are not decided after {PATIENCE_S:.0f} s")
        time.sleep(0.5)


def _create(stage: Stage, drawn: list[LateLead], *, per_s: float) -> dict[str, LateLead]:
    leads: dict[str, LateLead] = {}
    began = time.monotonic()
    for number, lead in enumerate(drawn):
        time.sleep(max(0.0, began + number / per_s - time.monotonic()))
        (contact,) = stage.sandbox.create_exactly([lead.first], late=[lead.steps], source="FORM")
        leads[contact] = lead
    return leads


def _wait_until_quiet(stage: Stage, leads: int, *, longest_s: float) -> None:
    """Return when all leads are decided, no fact is to come and the ledger has not changed for a while.

    Raises TimeoutError.
    """
    ends_at = time.monotonic() + longest_s + PATIENCE_S
    seen, since = (0, 0, 0), time.monotonic()
    while time.monotonic() < ends_at:
        now = (stage.sandbox.late_changes(), *lines_in(_ledger(stage)))
        if now != seen or now[0] or now[1] < leads:
            seen, since = now, time.monotonic()
        elif time.monotonic() - since >= QUIET_S:
            return
        time.sleep(0.5)
    raise TimeoutError(f"{seen[0]} facts are to come, {seen[1]} of {leads} leads are decided")


def _figures(
    name: str,
    stage: Stage,
    policy: Policy,
    leads: dict[str, LateLead],
    companies: list[dict[str, str]],
    *,
    calls_before: int,
) -> Figures:
    calls = stage.sandbox.calls()["total"] - calls_before
    told = {one["id"]: one for one in stage.sandbox.contacts()}
    chains = {contact: chain for contact, chain in decisions_in(_ledger(stage)).items() if contact in leads}
    belongs = _belongings(policy, leads, companies, told, chains)
    waits = {
        contact: chain[0].at.timestamp() - told[contact]["announced_at"] / 1000
        for contact, chain in chains.items()
    }
    return Figures(
        name=name,
        leads=len(leads),
        decided=len(chains),
        right=sum(belongs[contact].holds(chain[-1]) for contact, chain in chains.items()),
        again=sum(len(chain) - 1 for chain in chains.values()),
        moves=moves_of(chains.values(), belongs),
        owner_writes=sum(_is_a_move(write) for write in stage.sandbox.writes()),
        waits_s=list(waits.values()),
        certain_waits_s=[wait for contact, wait in waits.items() if not chains[contact][0].waited],
        calls=calls,
        events=events_in(_ledger(stage)),
    )


def _belongings(
    policy: Policy,
    leads: dict[str, LateLead],
    companies: list[dict[str, str]],
    told: dict[str, Any],
    chains: dict[str, list[Decided]],
) -> dict[str, Belongs]:
    """Where each decided lead belongs, by its complete facts at the time of its last decision."""
    compiled = compile_policy(policy)
    by_domain = {company["domain"]: company for company in reversed(companies)}
    found = {}
    for contact, chain in chains.items():
        properties = leads[contact].complete | {"createdate": told[contact]["created"]}
        company = by_domain.get(properties.get("email", "").rpartition("@")[2], {})
        lead = Lead(contact, properties, {name: value for name, value in company.items() if value})
        found[contact] = where_it_belongs(compiled, lead, chain[-1].at)
    return found


def _is_a_move(write: dict[str, Any]) -> bool:
    return (
        bool(write["owner_before"]) and write["owner"] is not None and write["owner"] != write["owner_before"]
    )


def _ledger(stage: Stage) -> Path:
    return stage.directory / "var" / "ledger.sqlite3"
