"""Every Redis key of the product: its name, type, meaning and lifetime.

All keys of a portal carry it in a hash tag, so one deployment serves many portals and a
cluster keeps a portal's keys on one node.
"""

from __future__ import annotations


class Keys:
    """The keys of one portal."""

    def __init__(self, portal: str) -> None:
        self.portal = portal
        key = self._key
        self.inbox = key("inbox")
        """stream: new leads, one entry per announced contact; an entry lives until its lead is finished."""
        self.inbox_low = key("inbox:low")
        """stream: contacts found by housekeeping, taken only when `inbox` is empty."""
        self.low_ids = key("inbox:low:ids")
        """hash: contact id → its entry in `inbox:low`: nobody waits there twice; until it is routed."""
        self.reconciled = key("reconciled")
        """hash: how far unannounced contacts and lost states are found (reconciled.py, restoration.py)."""
        self.erasures = key("erasures")
        """set: contact ids whose every trace must go; an id leaves when it is purged."""
        self.erasures_scan = key("erasures:scan")
        """hash: contacts whose memories are searched among all, and how far; until the search is over."""
        self.erasures_ready = key("erasures:ready")
        """set: those of `erasures` of which no memory about a company is left; until they are purged."""
        self.erased = key("erased")
        """sorted set: digests of contacts erased just now; score = when, epoch ms; twenty seconds."""
        self.outbox = key("outbox")
        """stream: what happened, on its way to the SQL ledger; an entry lives until the ledger has it."""
        self.book = key("book")
        """hash: credits, open counts and the version that guards commits; for ever."""
        self.decision_lock = key("decision_lock")
        """string: the process that decides a batch now (see drains/decision_lock.py); one second."""
        self.decision_lock_released = key("decision_lock:released")
        """list: one element if the decision lock was released since a waiting process last looked."""
        self.whole = key("whole")
        """string: since when Redis holds the whole book (ISO); absent where Redis is new or was emptied."""
        self.notices = key("notices")
        """hash: notice id → what a rep has still to be told (JSON); until it is sent, dropped or parked."""
        self.notices_due = key("notices:due")
        """sorted set: ids of waiting notices; score = when to try, epoch ms."""
        self.notices_sent = key("notices:sent")
        """sorted set: ids of notices that went out, or may have; score = when, epoch ms; thirty days."""
        self.notices_parked = key("notices:parked")
        """hash: notice id → why nobody could tell the rep (JSON); until somebody clears the list."""
        self.salt = key("salt")
        """string: what traces are digested with, random; for ever."""
        self.queues = key("queues")
        """set: names of the teams that have, or had, a queue."""
        self.tended = key("tended")
        """sorted set: queued contact ids; score = when the lead has to be looked at again, epoch ms."""
        self.waiting_groups = key("waiting")
        """sorted set: groups of queued leads for which a rep is searched; score = when to look, epoch ms."""
        self.waiting_reps = key("waiting:reps")
        """hash: what each rep could take at the last look, with its time and revision; until the next."""
        self.watched = key("watched")
        """sorted set: ids of leads that a rep has to work on; score = when to look at them, epoch ms."""
        self.overdue = key("overdue")
        """sorted set: ids of due leads that nobody works on; score = since when, epoch ms."""
        self.parked = key("parked")
        """hash: contact id → why a person is needed (JSON); until redriven."""
        self.recent_writes = key("recent_writes")
        """sorted set: the two contacts written last; score = when, epoch ms; one hour."""
        self.resume_probe = key("resume_probe")
        """hash: when one parked lead is tried next, and the wait after it (ms); one day."""
        self.open_counts = key("open_counts")
        """hash: when each rep's open leads were counted alone, and the searches left now; for ever."""
        self.open_counts_work = key("open_counts:work")
        """list: groups of reps (JSON) whose open leads are still to be counted; until they are."""
        self.verify = key("verify")
        """sorted set: contact ids whose owner in HubSpot must be looked at; score = when, epoch ms."""
        self.settling = key("settling")
        """sorted set: leads that wait for their facts; score = when to decide them, epoch ms."""
        self.listened = key("listened")
        """set: contact properties that the live rules read, if leads settle; published with the rules."""
        self.revise = key("revise")
        """sorted set: leads whose facts may have changed; score = look at them then, epoch ms."""
        self.revised = key("revised")
        """hash: minute (epoch) → leads that revisions moved to another rep or queue; one hour."""
        self.revision_brake = key("revision_brake")
        """string: why revisions move no lead (JSON, see revision_brake.py); until a person agrees."""
        self.revisions_released = key("revisions_released")
        """string: a person has let revisions go on; one hour."""
        self.changed = key("changed")
        """sorted set: leads that somebody worked on in HubSpot; score = look at them then, epoch ms."""
        self.merged = key("merged")
        """sorted set: old ids of leads whose contacts were merged into others; score = look then, ms."""
        self.moved = key("moved")
        """sorted set: leads that count as open with somebody else since then, epoch ms; one minute."""
        self.drains = key("drains")
        """sorted set: drains at work, by name; score = when their lease ends, epoch ms."""
        self.awake = key("awake")
        """string: a wake-up is on its way; one second."""
        self.counts = key("counts")
        """hash: counters for metrics (events accepted, ignored, refused, conflicts restored …); for ever."""
        self.progress = key("progress")
        """hash: process name → when it last made progress (JSON); stale ones are dropped by the reader."""
        self.observations = key("observations")
        """hash: kind and process → what the process sees (JSON); the reader drops stale ones."""
        self.recent = key("recent")
        """hash: ten-minute span and name → events, refusals … counted in it; some days (recent.py)."""
        self.health_probe = key("health_probe")
        """string: written by the health page, to see whether Redis takes writes; one minute."""
        self.ledger_seen = key("ledger_seen")
        """string: the database in which the ledger was last usable; for ever."""
        self.rules = key("rules")
        """hash: the live revision, its files, and the last mistake found on disk; for ever."""
        self.owners = key("owners")
        """string: the portal's owners as last read (JSON); freshness is judged by `at` inside."""
        self.availability = key("availability")
        """hash: HubSpot's word on who is away, and overrides by rep (JSON); until said otherwise or ended."""
        self.night = key("night")
        """hash: local date → state of that night's run (JSON); the last 60 are kept."""
        self.night_lock = key("night:lock")
        """string: a process is at a step of tonight's run; until it ends, 150 s at most."""
        self.night_catalog = key("night:catalog")
        """string: the portal's properties and owners as tonight's run has read them; ten minutes."""
        self.night_ended = key("night:ended")
        """string: when the last night ended (ISO); for ever."""
        self.night_plan = key("night:plan")
        """hash: contact id → what the night would do with it (JSON); until the next night plans."""
        self.night_brake = key("night:brake")
        """string: why the plan waits for approval (JSON); until it is approved or the next night plans."""
        self.calls = key("budget:calls")
        """sorted set: HubSpot calls of the last ten seconds."""
        self.searches = key("budget:searches")
        """sorted set: HubSpot searches of the last second."""
        self.pause = key("pause")
        """string: why all HubSpot calls wait (JSON: reason, since); it expires when the pause ends."""
        self.failures = key("budget:failures")
        """sorted set: calls HubSpot failed lately; enough of them open the circuit."""
        self.trial = key("budget:trial")
        """hash: HubSpot must prove that it works again, one probe at a time (reason, next_ms); an hour."""
        self.limits = key("budget:limits")
        """hash: the portal's own call limits, as its answers state them; an hour."""

        self.turns = key("turns")
        """hash: housekeeping job → since when it waits for its turn, epoch ms; until it starts."""

    def lead(self, contact_id: str) -> str:
        """hash: state of one lead (see leads.py); expires 90 days after it is done."""
        return self._key(f"lead:{contact_id}")

    def company(self, digest: str) -> str:
        """string: who got the last lead with a trace (JSON, see companies.py); as long as `sticky` says."""
        return self._key(f"company:{digest}")

    def queue(self, team: str) -> str:
        """sorted set: leads of a team that nobody owns, in the order of `queues.rank` (score, then wait)."""
        return self._key(f"queue:{team}")

    def waiting_group(self, name: str) -> str:
        """sorted set: leads of one group, in the order of their queue; until the group has no lead."""
        return self._key(f"waiting:group:{name}")

    def book_of_day(self, day: str) -> str:
        """hash: leads that each rep got on a day (YYYY-MM-DD); four days after the last of them."""
        return self._key(f"book:today:{day}")

    def claims(self, rep: str) -> str:
        """sorted set: what a rep claimed in the last hour; score = when, epoch ms; one hour."""
        return self._key(f"claims:{rep}")

    def links_revoked(self, rep: str) -> str:
        """string: the rep's claim links made before this moment are revoked, epoch s; three days."""
        return self._key(f"links_revoked:{rep}")

    def rules_verdict(self, of: str) -> str:
        """string: whether rule files may go live (JSON: of, mistakes; see rule_verdicts.py); two days."""
        return self._key(f"rules:verdict:{of}")

    def rules_judge(self, of: str) -> str:
        """string: the process that judges these rule files now; five seconds, renewed while it does."""
        return self._key(f"rules:judge:{of}")

    def asked(self, job: str) -> str:
        """string: a housekeeping job is asked for and has not started; one minute."""
        return self._key(f"asked:{job}")

    def calls_of_day(self, day: str) -> str:
        """string: HubSpot calls of one day (YYYY-MM-DD); two days."""
        return self._key(f"budget:day:{day}")

    def _key(self, name: str) -> str:
        return f"lr:{{{self.portal}}}:{name}"
