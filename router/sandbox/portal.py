"""The portal: all its records, and the changes that can happen to a record."""

import random
import threading
import time
from collections.abc import Iterable, Mapping

from router.sandbox.clock import now_ms, put_ahead
from router.sandbox.crm import catalog
from router.sandbox.crm.owners import OWNERS, Owner, user_properties
from router.sandbox.crm.records import Record, Source, new_record
from router.sandbox.crm.repositories import empty_repositories
from router.sandbox.delivery.deliveries import Deliveries
from router.sandbox.delivery.webhooks import Event
from router.sandbox.http.faults import Faults
from router.sandbox.http.limits import Limits
from router.sandbox.journal import Journal, Write
from router.sandbox.late import LateChanges
from router.sandbox.people.humans import Humans
from router.sandbox.settings import Settings

BY_DOMAIN = Source("AUTO_ASSOCIATE_BY_DOMAIN", "AUTO_ASSOCIATE_BY_DOMAIN")
"""The portal itself, where it links a contact to the company of its e-mail address."""


class Portal:
    """A HubSpot account in memory. Code that reads or changes records holds `lock`."""

    def __init__(self, settings: Settings) -> None:
        self.lock = threading.RLock()
        self.settings = settings
        self.limits = Limits()
        self.faults = Faults()
        self.journal = Journal()
        self.humans = Humans()
        self.deliveries = Deliveries(lambda: self.settings)
        self.late = LateChanges()
        self.reset()

    def reset(self) -> None:
        """Empty the portal except for its owners, and reset its clock. Settings and webhook endpoint stay."""
        put_ahead(0)
        self.late.forget()
        with self.lock:
            self.chance, self.delays = random.Random(1), random.Random(2)
            self.owners: dict[str, Owner] = {owner.id: owner for owner in OWNERS}
            self.repositories = empty_repositories()
            for owner in OWNERS:
                if not owner.archived:
                    self.create("users", user_properties(owner), source=Source("INTERNAL_PROCESSING", ""))
            self._count_owners()
        self.limits.forget()
        self.faults.clear()
        self.journal.forget()
        self.humans = Humans()
        self.deliveries.forget()

    @property
    def app(self) -> Source:
        """The name of the app that owns the token, as histories show it."""
        return Source("INTEGRATION", str(self.settings.app_id))

    def create(
        self, kind: str, properties: Mapping[str, str], *, source: Source, announce: bool = True
    ) -> Record:
        """A new record; a new contact is announced by webhook unless `announce` is false."""
        repository = self.repositories[kind]
        record = new_record(repository.new_id(), properties, source=source, modified=repository.modified)
        if kind == "contacts":
            record.properties["hs_is_unworked"] = "true"
            if email := record.properties.get("email", "").lower():
                repository.by_email[email] = record.id
        repository.records[record.id] = record
        if announce and kind == "contacts":
            self.deliveries.announce(Event("creation", record.id, record.created_ms, source, record=record))
            if self.deliveries.wants("at_creation"):
                self._announce(record, record.properties, at_ms=record.created_ms, source=source)
        if kind == "contacts":
            self._link_later(record)
        return record

    def write(self, kind: str, record: Record, values: Mapping[str, str], *, source: Source) -> None:
        """Change a record as the API does; a person may be faster when the owner is written."""
        repository = self.repositories[kind]
        values = self._forward_only(record, values)
        owner = values.get("hubspot_owner_id")
        if owner is not None:
            overtaken_by = self.humans.overtakes(record, owner, owners=self.reps)
            if overtaken_by is not None:
                self.edit_by_hand(record, {"hubspot_owner_id": overtaken_by}, when="between")
        before = record.properties.get("hubspot_owner_id")
        changed = record.write(values, source=source, at_ms=now_ms(), modified=repository.modified)
        if changed and kind == "contacts":
            self._announce_changes(record)
        at_ms = time.time() * 1000  # how long a lead waited is measured in real time
        if owner and record.owned_ms is None:
            record.owned_ms = at_ms
        self.journal.writes.append(Write(record.id, kind, at_ms, values, before, changed))

    def edit_by_hand(self, record: Record, values: Mapping[str, str], *, when: str) -> None:
        """Change a contact as a person in HubSpot's pages does."""
        self.change(record, values, source=self.humans.source(self.owners[OWNERS[8].id].user_id))
        if "hubspot_owner_id" in values:
            self.humans.chose(record, values["hubspot_owner_id"], when=when)

    def change(self, record: Record, values: Mapping[str, str], *, source: Source) -> None:
        """Change a contact from outside of the API: a form, an import, a person, the portal itself."""
        modified = self.repositories["contacts"].modified
        if record.write(values, source=source, at_ms=now_ms(), modified=modified):
            self._announce_changes(record)

    def _announce_changes(self, record: Record) -> None:
        """Announce what the last edit changed, as far as the endpoint has subscribed to it."""
        edit = record.edits[-1]
        self._announce(record, edit.changed, at_ms=edit.at_ms, source=edit.source)
        if "email" in edit.changed:
            self._link_later(record)

    def _announce(self, record: Record, changed: Mapping[str, str], *, at_ms: int, source: Source) -> None:
        for name in self.deliveries.subscribed():
            if name in changed:
                told = (name, changed[name])
                self.deliveries.announce(Event("propertyChange", record.id, at_ms, source, changed=told))
        if "associatedcompanyid" in changed and self.deliveries.wants("associations"):
            before = [version.value for version in record.history("associatedcompanyid")[1:2]]
            company = changed["associatedcompanyid"]
            end = (company, False) if company else (before[0], True)
            self.deliveries.announce(Event("associationChange", record.id, at_ms, source, company=end))

    def _link_later(self, record: Record) -> None:
        """Let the contact find its company by the domain of its e-mail address, some seconds from now."""
        if not self.settings.link_companies or not record.properties.get("email"):
            return
        least_s, most_s = self.settings.link_after_min_s, self.settings.link_after_max_s
        self.late.after(self.delays.uniform(least_s, most_s), lambda: self._link(record.id))

    def _link(self, contact: str) -> None:
        with self.lock:
            record = self.repositories["contacts"].find(contact)
            if record is None or record.properties.get("associatedcompanyid"):
                return
            domain = record.properties.get("email", "").rpartition("@")[2].lower()
            for company in self.repositories["companies"].records.values():
                if domain and company.properties.get("domain", "").lower() == domain:
                    self.change(record, {"associatedcompanyid": company.id}, source=BY_DOMAIN)
                    return

    def remove(self, kind: str, record: Record, *, source: Source, privacy: bool = False) -> None:
        """Delete a record and announce it by webhook; a privacy deletion is announced as such too."""
        repository = self.repositories[kind]
        del repository.records[record.id]
        repository.by_email.pop(record.properties.get("email", "").lower(), None)
        if kind != "contacts":
            return
        for event in ("privacyDeletion", "deletion") if privacy else ("deletion",):
            self.deliveries.announce(Event(event, record.id, now_ms(), source))

    def merge(self, loser: Record, winner: Record, *, source: Source) -> Record:
        """Make one contact of two, to which both old ids lead from now on. The winner's values count.

        The merged contact is a new one, or the winner if the portal is set to `merge_keeps_id`.
        """
        repository = self.repositories["contacts"]
        keeps_id = self.settings.merge_keeps_id
        merged = winner if keeps_id else self._merged_anew(loser, winner, source=source)
        for old in (loser,) if keeps_id else (loser, winner):
            del repository.records[old.id]
            for earlier, now in list(repository.merged_into.items()):
                if now == old.id:
                    repository.merged_into[earlier] = merged.id
            repository.merged_into[old.id] = merged.id
        former = {"hs_merged_object_ids": ";".join(repository.led_to(merged.id))}
        if keeps_id:
            moved = {
                name: value for name, value in loser.properties.items() if not merged.properties.get(name)
            }
            self.change(merged, moved | former, source=source)
        else:
            merged.properties |= former
        ids = (int(winner.id), int(loser.id))
        self.deliveries.announce(Event("merge", merged.id, now_ms(), source, merged=ids))
        return merged

    def _merged_anew(self, loser: Record, winner: Record, *, source: Source) -> Record:
        properties = {**loser.properties, **{k: v for k, v in winner.properties.items() if v}}
        merged = self.create("contacts", properties, source=source, announce=False)
        merged.created_ms, merged.created_by = winner.created_ms, winner.created_by
        merged.created_at = merged.properties["createdate"] = winner.created_at
        merged.original = {**loser.properties, **(winner.original or winner.properties)}
        merged.edits = list(winner.edits)
        merged.was_read = loser.was_read or winner.was_read
        return merged

    def archive_owner(self, owner_id: str) -> None:
        """Deactivate an owner: no contact can be given to that id any more."""
        self.owners[owner_id] = self.owners[owner_id].archive()
        self._count_owners()

    def emails(self) -> Iterable[str]:
        """Every e-mail address in use, in lower case."""
        return self.repositories["contacts"].by_email

    def _count_owners(self) -> None:
        self.active_owners = frozenset(o.id for o in self.owners.values() if not o.archived)
        self.reps = sorted(self.active_owners - {OWNERS[8].id})

    def _forward_only(self, record: Record, values: Mapping[str, str]) -> Mapping[str, str]:
        # The API moves lifecyclestage forward only, unless it is cleared first (HubSpot's contacts guide).
        stage, before = values.get("lifecyclestage"), record.properties.get("lifecyclestage")
        if not stage or not before or stage not in catalog.LIFECYCLE or before not in catalog.LIFECYCLE:
            return values
        if catalog.LIFECYCLE.index(stage) >= catalog.LIFECYCLE.index(before):
            return values
        return {name: value for name, value in values.items() if name != "lifecyclestage"}
