"""The stores of records, one per object type, and the records that old ids lead to."""

from dataclasses import dataclass, field

from router.sandbox.crm import catalog
from router.sandbox.crm.properties import Property
from router.sandbox.crm.records import Record

KINDS = {
    "contacts": "contacts",
    "contact": "contacts",
    "0-1": "contacts",
    "companies": "companies",
    "company": "companies",
    "0-2": "companies",
    "users": "users",
    "user": "users",
    "0-115": "users",
    "tasks": "tasks",
    "task": "tasks",
    "0-27": "tasks",
}
"""Every name of an object type that the API takes in a path."""


@dataclass(slots=True)
class RecordRepository:
    """All records of one type of object. `modified` names the property with the date of the last change."""

    type_id: str
    object_name: str
    modified: str
    shown_by_default: tuple[str, ...]
    properties: dict[str, Property]
    groups: dict[str, str]
    last_id: int
    records: dict[str, Record] = field(default_factory=dict)
    merged_into: dict[str, str] = field(default_factory=dict)
    by_email: dict[str, str] = field(default_factory=dict)

    @property
    def always_shown(self) -> tuple[str, ...]:
        """The properties that every answer contains."""
        return ("createdate", self.modified, "hs_object_id")

    def find(self, record_id: str) -> Record | None:
        """The record of that id, or of the id it was merged into."""
        return self.records.get(record_id) or self.records.get(self.merged_into.get(record_id, ""))

    def led_to(self, record_id: str) -> list[str]:
        """The ids that were merged into this record, sorted."""
        return sorted(old for old, new in self.merged_into.items() if new == record_id)

    def new_id(self) -> str:
        """An id that was never used, larger than all before."""
        self.last_id += 7
        return str(self.last_id)


def empty_repositories() -> dict[str, RecordRepository]:
    """The four types of object of the portal, without a single record."""
    own = {kind: (catalog.properties_of(kind), dict(catalog.GROUPS[kind])) for kind in catalog.GROUPS}
    names = ("email", "firstname", "lastname")
    return {
        "contacts": RecordRepository(
            "0-1", "CONTACT", "lastmodifieddate", names, *own["contacts"], 112558566000
        ),
        "companies": RecordRepository(
            "0-2", "COMPANY", "hs_lastmodifieddate", ("domain", "name"), *own["companies"], 28114500000
        ),
        "users": RecordRepository("0-115", "USER", "hs_lastmodifieddate", (), *own["users"], 207300000),
        "tasks": RecordRepository(
            "0-27", "TASK", "hs_lastmodifieddate", ("hs_task_subject",), *own["tasks"], 90100000000
        ),
    }
