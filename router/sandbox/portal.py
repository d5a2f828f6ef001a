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
from router.sandbox.people.humans import Humans
from router.sandbox.settings import Settings


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
        self.reset()

    def reset(self) -> None:
        """Empty the portal except for its owners, and reset its clock. Settings and webhook endpoint stay."""
        put_ahead(0)
        with self.lock:
            self.chance = random.Random(1)
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
        source = self.humans.source(self.owners[OWNERS[8].id].user_id)
        if record.write(
            values, source=source, at_ms=now_ms(), modified=self.repositories["contacts"].modified
        ):
            self._announce_changes(record)
        if "hubspot_owner_id" in values:
            self.humans.chose(record, values["hubspot_owner_id"], when=when)

    def _announce_changes(self, record: Record) -> None:
        """Announce the subscribed properties that the last edit changed."""
        edit = record.edits[-1]
        for name in self.deliveries.subscribed():
            if name in edit.changed:
                changed = (name, edit.changed[name])
                event = Event("propertyChange", record.id, edit.at_ms, edit.source, changed=changed)
                self.deliveries.announce(event)

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
        """Make one new contact of two; both old ids lead to it from now on. The winner's values count."""
        repository = self.repositories["contacts"]
        properties = {**loser.properties, **{k: v for k, v in winner.properties.items() if v}}
        merged = self.create("contacts", properties, source=source, announce=False)
        merged.created_ms, merged.created_by = winner.created_ms, winner.created_by
        merged.created_at = merged.properties["createdate"] = winner.created_at
        merged.original = {**loser.properties, **(winner.original or winner.properties)}
        merged.edits = list(winner.edits)
        merged.was_read = loser.was_read or winner.was_read
        for old in (loser, winner):
            del repository.records[old.id]
            for earlier, now in list(repository.merged_into.items()):
                if now == old.id:
                    repository.merged_into[earlier] = merged.id
            repository.merged_into[old.id] = merged.id
        former = sorted(old for old, new in repository.merged_into.items() if new == merged.id)
        merged.properties["hs_merged_object_ids"] = ";".join(former)
        ids = (int(winner.id), int(loser.id))
        self.deliveries.announce(Event("merge", merged.id, now_ms(), source, merged=ids))
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
