"""Every Redis key of the product: its name, type, meaning and lifetime.

All keys of a portal carry it in a hash tag, so one deployment serves many portals and a
cluster keeps a portal's keys on one node.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one portal."""

    portal: str

    def _key(self, name: str) -> str:
        return f"lr:{{{self.portal}}}:{name}"

    @property
    def inbox(self) -> str:
        """stream: new leads, one entry per announced contact; an entry lives until its lead is finished."""
        return self._key("inbox")

    @property
    def inbox_low(self) -> str:
        """stream: contacts found by housekeeping, taken only when `inbox` is empty."""
        return self._key("inbox:low")

    @property
    def low_ids(self) -> str:
        """hash: contact id → its entry in `inbox:low`: nobody waits there twice; until it is routed."""
        return self._key("inbox:low:ids")

    @property
    def reconciled(self) -> str:
        """hash: how far unannounced contacts and lost states are found (reconciled.py, restoration.py)."""
        return self._key("reconciled")

    @property
    def erasures(self) -> str:
        """set: contact ids whose every trace must go; an id leaves when it is purged."""
        return self._key("erasures")

    @property
    def erased(self) -> str:
        """sorted set: digests of contacts erased just now; score = when, epoch ms; twenty seconds."""
        return self._key("erased")

    @property
    def outbox(self) -> str:
        """stream: what happened, on its way to the SQL ledger; an entry lives until the ledger has it."""
        return self._key("outbox")

    def lead(self, contact_id: str) -> str:
        """hash: state of one lead (see leads.py); expires 90 days after it is done."""
        return self._key(f"lead:{contact_id}")

    @property
    def book(self) -> str:
        """hash: credits, open counts, today's counts and the version that guards commits; for ever."""
        return self._key("book")

    @property
    def decision_lock(self) -> str:
        """string: the process that decides a batch now (see drains/decision_lock.py); one second."""
        return self._key("decision_lock")

    @property
    def decision_lock_released(self) -> str:
        """list: one element if the decision lock was released since a waiting process last looked."""
        return self._key("decision_lock:released")

    @property
    def whole(self) -> str:
        """string: since when Redis holds the whole book (ISO); absent where Redis is new or was emptied."""
        return self._key("whole")

    def company(self, digest: str) -> str:
        """string: who got the last lead with a trace (JSON, see companies.py); as long as `sticky` says."""
        return self._key(f"company:{digest}")

    @property
    def notices(self) -> str:
        """hash: notice id → what a rep has still to be told (JSON); until it is sent, dropped or parked."""
        return self._key("notices")

    @property
    def notices_due(self) -> str:
        """sorted set: ids of waiting notices; score = when to try, epoch ms."""
        return self._key("notices:due")

    @property
    def notices_sent(self) -> str:
        """sorted set: ids of notices that went out, or may have; score = when, epoch ms; thirty days."""
        return self._key("notices:sent")

    @property
    def notices_parked(self) -> str:
        """hash: notice id → why nobody could tell the rep (JSON); until somebody clears the list."""
        return self._key("notices:parked")

    @property
    def salt(self) -> str:
        """string: what traces are digested with, random; for ever."""
        return self._key("salt")

    def queue(self, team: str) -> str:
        """sorted set: leads of a team that nobody owns, in the order of `queues.rank` (score, then wait)."""
        return self._key(f"queue:{team}")

    @property
    def queues(self) -> str:
        """set: names of the teams that have, or had, a queue."""
        return self._key("queues")

    @property
    def tended(self) -> str:
        """sorted set: queued contact ids; score = when the lead has to be looked at again, epoch ms."""
        return self._key("tended")

    @property
    def watched(self) -> str:
        """sorted set: ids of leads that a rep has to work on; score = when to look at them, epoch ms."""
        return self._key("watched")

    @property
    def overdue(self) -> str:
        """sorted set: ids of due leads that nobody works on; score = since when, epoch ms."""
        return self._key("overdue")

    def claims(self, rep: str) -> str:
        """sorted set: what a rep claimed in the last hour; score = when, epoch ms; one hour."""
        return self._key(f"claims:{rep}")

    @property
    def parked(self) -> str:
        """hash: contact id → why a person is needed (JSON); until redriven."""
        return self._key("parked")

    @property
    def verify(self) -> str:
        """sorted set: contact ids whose owner history must be looked at; score = when, epoch ms."""
        return self._key("verify")

    @property
    def changed(self) -> str:
        """sorted set: leads that somebody worked on in HubSpot; score = look at them then, epoch ms."""
        return self._key("changed")

    @property
    def moved(self) -> str:
        """sorted set: leads that count as open with somebody else since then, epoch ms; one minute."""
        return self._key("moved")

    @property
    def drains(self) -> str:
        """sorted set: drains at work, by name; score = when their lease ends, epoch ms."""
        return self._key("drains")

    @property
    def awake(self) -> str:
        """string: a wake-up is on its way; one second."""
        return self._key("awake")

    def asked(self, job: str) -> str:
        """string: a housekeeping job is asked for and has not started; one minute."""
        return self._key(f"asked:{job}")

    @property
    def counts(self) -> str:
        """hash: counters for metrics (events accepted, ignored, refused, conflicts restored …); for ever."""
        return self._key("counts")

    @property
    def progress(self) -> str:
        """hash: process name → when it last made progress (JSON); stale ones are dropped by the reader."""
        return self._key("progress")

    @property
    def rules(self) -> str:
        """hash: the live revision, its files, and the last mistake found on disk; for ever."""
        return self._key("rules")

    @property
    def owners(self) -> str:
        """string: the portal's owners as last read (JSON); freshness is judged by `at` inside."""
        return self._key("owners")

    @property
    def availability(self) -> str:
        """hash: HubSpot's word on who is away, and overrides by rep (JSON); until said otherwise or ended."""
        return self._key("availability")

    @property
    def night(self) -> str:
        """hash: local date → state of that night's run (JSON); the last 60 are kept."""
        return self._key("night")

    @property
    def night_lock(self) -> str:
        """string: a process is at a step of tonight's run; until it ends, 150 s at most."""
        return self._key("night:lock")

    @property
    def night_ended(self) -> str:
        """string: when the last night ended (ISO); for ever."""
        return self._key("night:ended")

    @property
    def night_plan(self) -> str:
        """hash: contact id → what the night would do with it (JSON); until the next night plans."""
        return self._key("night:plan")

    @property
    def night_brake(self) -> str:
        """string: why the plan waits for approval (JSON); until it is approved or the next night plans."""
        return self._key("night:brake")

    @property
    def calls(self) -> str:
        """sorted set: HubSpot calls of the last ten seconds."""
        return self._key("budget:calls")

    @property
    def searches(self) -> str:
        """sorted set: HubSpot searches of the last second."""
        return self._key("budget:searches")

    def calls_of_day(self, day: str) -> str:
        """string: HubSpot calls of one day (YYYY-MM-DD); two days."""
        return self._key(f"budget:day:{day}")

    @property
    def pause(self) -> str:
        """string: why all HubSpot calls wait (JSON: reason, since); it expires when the pause ends."""
        return self._key("pause")

    @property
    def failures(self) -> str:
        """sorted set: calls HubSpot failed lately; enough of them open the circuit."""
        return self._key("budget:failures")

    @property
    def trial(self) -> str:
        """hash: HubSpot must prove that it works again, one probe at a time (reason, next_ms); an hour."""
        return self._key("budget:trial")

    @property
    def limits(self) -> str:
        """hash: the portal's own call limits, as its answers state them; an hour."""
        return self._key("budget:limits")
