"""How fast is the sandbox portal itself: batch reads of 100 contacts × 20 properties, batch updates × 12.

`python bench/sandbox.py [--seconds 5] [--connections 4]`: the portal and the caller are processes of one
machine, so the figures are a floor of what the portal can do.
"""

import argparse
import os
import threading
import time
from pathlib import Path

import orjson
import urllib3

from router.sandbox.http.client import SandboxClient, start_sandbox

READ_PROPERTIES = (
    *("email", "firstname", "lastname", "jobtitle", "phone", "company", "website", "zip", "city", "state"),
    *("country", "hs_country_region_code", "lifecyclestage", "hs_lead_status", "hubspot_owner_id"),
    *("associatedcompanyid", "hs_analytics_source", "recent_conversion_date", "type_demande", "langue"),
)


def main() -> None:
    """Print calls per second, and the CPU of the portal per call, for reads and for updates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=4)
    asked = parser.parse_args()
    with start_sandbox() as sandbox:
        sandbox.settings(calls_per_10s=0, calls_per_day=0)
        ids = sandbox.create_contacts(2_000, seed=1, announce=False)
        batches = [ids[start : start + 100] for start in range(0, len(ids), 100)]
        reads = [_read(batch) for batch in batches]
        updates = [_update(batch, round_) for round_ in range(20) for batch in batches]
        for name, bodies in (("read", reads), ("update", updates)):
            path = f"/crm/v3/objects/contacts/batch/{name}"
            _measure(sandbox, path, bodies, seconds=asked.seconds, connections=asked.connections)


def _read(ids: list[str]) -> bytes:
    return orjson.dumps({"inputs": [{"id": one} for one in ids], "properties": list(READ_PROPERTIES)})


def _update(ids: list[str], round_: int) -> bytes:
    texts = ("jobtitle", "phone", "company", "website", "zip", "city", "state", "country", "firstname")
    owner = ("71480101", "71480102")[round_ % 2]
    written = {name: f"{name} {round_}" for name in texts}
    written |= {"hubspot_owner_id": owner, "hs_lead_status": "NEW", "lifecyclestage": "lead"}
    return orjson.dumps({"inputs": [{"id": one, "properties": written} for one in ids]})


def _measure(
    sandbox: SandboxClient, path: str, bodies: list[bytes], *, seconds: float, connections: int
) -> None:
    pool = urllib3.PoolManager(maxsize=connections)
    headers = {"Authorization": f"Bearer {sandbox.token}", "Content-Type": "application/json"}
    done: list[float] = []
    until = time.monotonic() + seconds

    def call(first: int) -> None:
        place = first
        while time.monotonic() < until:
            started = time.monotonic()
            body = bodies[place % len(bodies)]
            answer = pool.request("POST", sandbox.base_url + path, body=body, headers=headers)
            assert answer.status == 200, answer.data[:300]  # noqa: S101 - a bench that errs must stop
            done.append(time.monotonic() - started)
            place += connections

    cpu_before, started = _cpu_s(sandbox.pid), time.monotonic()
    threads = [threading.Thread(target=call, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took_s, cpu_s = time.monotonic() - started, _cpu_s(sandbox.pid) - cpu_before
    done.sort()
    print(
        f"{path}: {len(done) / took_s:.0f} calls/s, {100 * len(done) / took_s:.0f} contacts/s, "
        f"{cpu_s / len(done) * 1000:.2f} ms of CPU per call, "
        f"p50 {done[len(done) // 2] * 1000:.1f} ms, p99 {done[int(len(done) * 0.99)] * 1000:.1f} ms "
        f"({connections} connections)"
    )


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
