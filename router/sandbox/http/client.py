"""The client with which tests, the demo and benches start and control a sandbox portal."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import requests

TOKEN = "pat-eu1-sandbox"  # noqa: S105 - opens nothing but the toy portal
CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105 - signs nothing but the toy portal's webhooks
Json = dict[str, Any]


class SandboxClient:
    """The control API of a running sandbox. Raises ValueError with its sentence when a request is refused."""

    def __init__(
        self, base_url: str, *, token: str = TOKEN, client_secret: str = CLIENT_SECRET, pid: int = 0
    ) -> None:
        self.base_url = base_url
        self.pid = pid
        self.token = token
        self.client_secret = client_secret
        self._session = requests.Session()
        self._session.trust_env = False

    def create_contacts(self, count: int, *, seed: int = 0, announce: bool = True) -> list[str]:
        """Create realistic people; returns the ids of their contacts."""
        asked = {"count": count, "seed": seed, "announce": announce}
        return list(self._ask("POST", "contacts", asked)["ids"])

    def create_exactly(
        self,
        contacts: Sequence[Json],
        *,
        announce: bool = True,
        late: Sequence[Sequence[Json]] = (),
        source: str = "CRM_UI",
    ) -> list[str]:
        """Create contacts with these properties; returns their ids in the same order.

        `late` has a list of steps for each: `{"properties": {…}, "source": "FORM", "after_s": 2}`.
        """
        asked = {"contacts": list(contacts), "announce": announce, "late": list(late), "source": source}
        return list(self._ask("POST", "contacts", asked)["ids"])

    def change(self, *contacts: str, properties: Json, source: str = "FORM", after_s: float = 0.0) -> None:
        """Change contacts as a form, an import, a bulk edit or another app does, at once or later.

        `source` is FORM, IMPORT, CRM_UI, CRM_UI_BULK_ACTION or INTEGRATION (another app).
        """
        asked = {"contacts": contacts, "properties": properties, "source": source, "after_s": after_s}
        self._ask("POST", "changes", asked)

    def late_changes(self) -> int:
        """Number of changes that the portal still has to make by itself: late steps, companies to link."""
        return int(self._ask("GET", "changes")["late"])

    def create_companies(self, companies: Sequence[Json]) -> list[str]:
        """Create companies with these properties; returns their ids in the same order."""
        return list(self._ask("POST", "companies", {"companies": list(companies)})["ids"])

    def contacts(self, *ids: str, brief: bool = False) -> list[Json]:
        """Every contact, or only these: owner, times in epoch ms, and unless brief properties and history."""
        asked = [f"ids={','.join(ids)}"] if ids else []
        query = "&".join([*asked, *(["brief=1"] if brief else [])])
        return list(self._ask("GET", f"contacts?{query}")["contacts"])

    def contact(self, contact: str) -> Json:
        """One contact. Raises LookupError when it does not exist (any more)."""
        for found in self.contacts(contact):
            return found
        raise LookupError(f"The sandbox has no contact {contact}.")

    def delete(self, contact: str, *, privacy: bool = False) -> None:
        """Delete a contact as a person does; `privacy` announces a privacy deletion too."""
        self._ask("DELETE", f"contacts/{contact}?privacy={int(privacy)}")

    def merge(self, contact: str, *, into: str) -> str:
        """Merge two contacts; returns the id that both old ids lead to: a new one, or that of `into`."""
        return str(self._ask("POST", f"contacts/{contact}/merge-into/{into}")["id"])

    def edit_by_hand(
        self,
        contact: str,
        *,
        owner: str | None = None,
        status: str | None = None,
        properties: Json | None = None,
    ) -> None:
        """Change a contact as a person in HubSpot's pages; may set read-only properties. "" clears."""
        asked: Json = {"contact": contact, "properties": properties or {}}
        asked |= {k: v for k, v in (("owner", owner), ("status", status)) if v is not None}
        self._ask("POST", "human", asked)

    def log_activity(self, contact: str, kind: str) -> None:
        """Log a `call`, `email`, `meeting` or `note` as a rep does: HubSpot dates the contact's last one."""
        self._ask("POST", f"contacts/{contact}/activities", {"kind": kind})

    def put_forward(self, seconds: float) -> float:
        """Put the portal's clock forward; returns the seconds by which it is ahead now. `reset` ends it."""
        return float(self._ask("POST", "clock", {"forward_s": seconds})["ahead_s"])

    def set_clock(self, moment: datetime) -> float:
        """Let it be this moment (aware) in the portal; returns how far that is ahead of the real time.

        In seconds, less than 0 for the past. `reset` ends it.
        """
        return float(self._ask("POST", "clock", {"now": moment.isoformat()})["ahead_s"])

    def overtake(
        self,
        *,
        rate: float = 0.0,
        times: int = 0,
        owner: str | None = None,
        seed: int = 0,
        of: Sequence[str] = (),
    ) -> None:
        """Let a person change the owner between a read and a write; neither rate nor times ends it.

        `of` are the only contacts to which this happens; none means all.
        """
        rule = {"rate": rate, "next": times, "owner": owner, "seed": seed, "of": list(of)}
        self._ask("POST", "human", {"between_read_and_write": rule})

    def human_choices(self) -> list[Json]:
        """Every owner that a person chose: contact, owner, at_ms, when (`now` or `between`)."""
        return list(self._ask("GET", "human")["choices"])

    def archive_owner(self, owner: str) -> None:
        """Deactivate an owner."""
        self._ask("POST", f"owners/{owner}/archive")

    def set_availability(self, owner: str, **properties: str) -> None:
        """Set properties of the owner's user record, such as hs_availability_status."""
        self._ask("POST", f"owners/{owner}/availability", properties)

    def settings(self, **changes: Any) -> Json:
        """Change settings (none: only read them); returns those that are not secret."""
        return self._ask("POST", "settings", changes)

    def break_with(self, kind: str, **how: Any) -> None:
        """Put a fault in force: `on`, `of`, `next` or `rate`, `seconds`, `size_bytes`, `seed`."""
        self._ask("POST", "faults", {"kind": kind, **how})

    def faults(self) -> list[Json]:
        """The faults in force, with how often each struck."""
        return list(self._ask("GET", "faults")["faults"])

    def calls_under_way(self) -> int:
        """Number of calls that a fault delays and that are still to be applied."""
        return int(self._ask("GET", "faults")["under_way"])

    def repair(self) -> None:
        """End every fault."""
        self._ask("DELETE", "faults")

    def deliver(self, url: str, **how: Any) -> None:
        """Post webhooks to this URL from now on; see Route for the settings."""
        self._ask("POST", "deliveries", {"url": url, **how})

    def stop_deliveries(self) -> None:
        """Keep webhooks waiting until `deliver` is called again."""
        self._ask("DELETE", "deliveries")

    def deliveries(self) -> Json:
        """The counts of webhooks and their results so far."""
        return self._ask("GET", "deliveries")

    def calls(self) -> Json:
        """API calls by endpoint and outcome, and the busiest windows."""
        return self._ask("GET", "calls")

    def calls_of(self, record: str) -> list[Json]:
        """The calls that named a record, in the order of their answers; kept while `keep_calls` is set."""
        return list(self._ask("GET", f"calls?of={record}")["calls"])

    def writes(self) -> list[Json]:
        """Every record written by the API, in order."""
        return list(self._ask("GET", "writes")["writes"])

    def health(self) -> Json:
        """Whether the portal is up, and how many contacts it holds."""
        return self._ask("GET", "health")

    def reset(self) -> None:
        """Empty the portal; its settings and the route of its webhooks stay."""
        self._ask("POST", "reset")

    def _ask(self, method: str, path: str, body: Json | None = None) -> Json:
        answer = self._session.request(method, f"{self.base_url}/sandbox/{path}", json=body, timeout=60)
        found: Json = answer.json()
        if answer.status_code >= 400:
            raise ValueError(found.get("error") or found.get("message"))
        return found


@contextmanager
def start_sandbox(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    portal_id: int = 49645859,
    token: str = TOKEN,
    client_secret: str = CLIENT_SECRET,
    within_s: float = 20.0,
) -> Iterator[SandboxClient]:
    """A sandbox portal in a process and session of its own, stopped at the end of the block.

    The client controls it from this machine, whatever `host` (0.0.0.0 for all addresses) it listens on.
    Raises TimeoutError when it does not listen in time, and ChildProcessError when it dies first.
    """
    command = [sys.executable, "-m", "router.sandbox", "--host", host, "--port", str(port)]
    command += ["--portal-id", str(portal_id)]
    env = {**os.environ, "SANDBOX_TOKEN": token, "SANDBOX_CLIENT_SECRET": client_secret}
    child = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        url = _address(child, within_s=within_s)
        yield SandboxClient(url, token=token, client_secret=client_secret, pid=child.pid)
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=5)
        if child.stdout is not None:
            child.stdout.close()


def _address(child: "subprocess.Popen[str]", *, within_s: float) -> str:
    if child.stdout is None:
        raise ChildProcessError("The sandbox was started without a pipe to read its address from.")
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        readable, _, _ = select.select([child.stdout], [], [], 0.2)
        if readable:
            line = child.stdout.readline().strip()
            if not line:
                raise ChildProcessError(f"The sandbox stopped with exit code {child.wait(timeout=5)}.")
            return line.removeprefix("sandbox listening on ").replace("//0.0.0.0:", "//127.0.0.1:")
    raise TimeoutError(f"The sandbox was not listening after {within_s:.0f} s.")
