"""The gateway: every question and every change that the product sends to HubSpot.

The official client makes the paths and the authentication; we send and read the bytes ourselves (its models
cost twenty times a plain JSON read), charge every call to the budget first, and never repeat a write that may
have been applied. One class, and so a long file: the pool, the budget and the priority are the same for all
of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from router.deadlines import CALL
from router.hubspot.api import shapes, updates
from router.hubspot.api.client import ApiClient, CallMade, Request
from router.hubspot.api.errors import Unreachable
from router.hubspot.api.http_response import HttpResponse
from router.hubspot.api.reads import read_answer
from router.hubspot.api.records import (
    HistoryEntry,
    Outcome,
    PortalOwner,
    PortalProperty,
    ReadAnswer,
    Record,
    SearchPage,
)
from router.hubspot.properties import (
    MERGED_IDS,
    OBJECT_ID,
    OUT_OF_OFFICE,
    OWNER,
    STATUS,
    TASK_BODY,
    TASK_DUE,
    TASK_STATUS,
    TASK_SUBJECT,
    TASK_TYPE,
    TIME_ZONE,
    USER_EMAIL,
    USER_ID,
    USER_STATUS,
    WORKING_HOURS,
)
from router.store.budget.budget import CallBudget, Priority
from router.timestamps import epoch_ms

if TYPE_CHECKING:
    from router.hubspot.api.apis import Apis

T = TypeVar("T")
ObjectType = Literal["contacts", "companies"]

BATCH: Final = 100
HISTORY_BATCH: Final = 50
SEARCH_PAGE: Final = 200
LIST_PAGE: Final = 100
SHORT_PAGES: Final = 20
"""Short search pages followed before the caller is asked to come again."""

MOST_BYTES: Final = 8 * 1024 * 1024
CONNECTIONS: Final = 16
OWNER_HISTORY: Final = (OWNER, STATUS)
AVAILABILITY: Final = (
    USER_ID,
    USER_EMAIL,
    USER_STATUS,
    OUT_OF_OFFICE,
    WORKING_HOURS,
    TIME_ZONE,
)
TASK_TO_CONTACT: Final = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}
"""https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide: task to contact."""


class Gateway:
    """HubSpot, as the product sees it; safe to use from many threads.

    Every method raises the errors of `router.hubspot.api.errors`. `priority` is a call's place in the budget:
    `lead` before `verify` before `sweep`. A call ends within `deadline_s` seconds after it was sent; before
    that it may wait for the call budget (see `client.PATIENCE_S`).
    """

    def __init__(
        self,
        *,
        access_token: str,
        base_url: str,
        api_version: str,
        budget: CallBudget,
        on_call: Callable[[CallMade], None] | None = None,
        deadline_s: float = CALL.total_seconds(),
    ) -> None:
        self._access_token = access_token
        self._base_url = base_url
        self._api_version = api_version
        self._deadline_s = deadline_s
        self._client = ApiClient(budget, deadline_s=deadline_s, on_call=on_call)
        self.budget: Final = budget

    @cached_property
    def _apis(self) -> Apis:
        """The official client's objects; most commands never call HubSpot, and need not load it."""
        from router.hubspot.api.apis import build_apis
        from router.hubspot.api.transport import Transport

        transport = Transport(
            api_version=self._api_version,
            connections=CONNECTIONS,
            most_bytes=MOST_BYTES,
            deadline_s=self._deadline_s,
        )
        return build_apis(access_token=self._access_token, base_url=self._base_url, transport=transport)

    def ask_for_date(self) -> None:
        """Make the cheapest call there is, so that `on_call` learns HubSpot's time."""
        request = Request(
            send=lambda deadline_s: self._apis.owners.get_page(
                limit=1, _preload_content=False, _request_timeout=deadline_s
            ),
            endpoint="owners/one",
            priority="sweep",
            vital=False,
        )
        self._client.ask(request, shapes.an_object)

    def read_contacts(
        self, ids: Sequence[str], properties: Sequence[str], *, priority: Priority = "lead"
    ) -> ReadAnswer:
        """At most 100 contacts by id. A merged contact is found under the id that was asked for."""
        return self._read(self._apis.contacts, "contacts", ids=ids, properties=properties, priority=priority)

    def read_companies(
        self, ids: Sequence[str], properties: Sequence[str], *, priority: Priority = "lead"
    ) -> ReadAnswer:
        """At most 100 companies by id."""
        return self._read(
            self._apis.companies, "companies", ids=ids, properties=properties, priority=priority
        )

    def read_owner_history(
        self, ids: Sequence[str], properties: Sequence[str] = OWNER_HISTORY, *, priority: Priority = "lead"
    ) -> dict[str, dict[str, tuple[HistoryEntry, ...]]]:
        """The value histories of these properties, newest first, of at most 50 contacts by id.

        A contact that HubSpot does not answer for is absent, and so is one that was merged into another: the
        history of a merged contact does not tell what became of either.
        """
        found = self.read_with_history(ids, (), properties, priority=priority)
        return {one: history for one, (_, history) in found.items()}

    def read_with_history(
        self, ids: Sequence[str], values: Sequence[str], histories: Sequence[str], *, priority: Priority
    ) -> dict[str, tuple[Record, dict[str, tuple[HistoryEntry, ...]]]]:
        """At most 50 contacts by id with these `values`, and the `histories` of these properties. One call.

        A contact that HubSpot does not answer for is absent, and so is one that was merged into another.
        """
        if not ids:
            return {}
        _at_most(HISTORY_BATCH, ids)
        body = _inputs(ids, properties=_named(values), history=histories)

        def parse(answer: Any) -> dict[str, tuple[Record, dict[str, tuple[HistoryEntry, ...]]]]:
            found: dict[str, tuple[Record, dict[str, tuple[HistoryEntry, ...]]]] = {}
            for entry in shapes.entries(answer):
                record = shapes.record(entry)
                if record.id in ids:
                    found[record.id] = record, shapes.history(entry, histories)
            return found

        return self._ask(
            self._apis.contacts.read,
            body,
            "contacts/history",
            parse=parse,
            records=len(ids),
            priority=priority,
        )

    def update_contacts(
        self,
        changes: Mapping[str, Mapping[str, str]],
        *,
        priority: Priority = "lead",
        may_send: Callable[[], bool] = lambda: True,
    ) -> dict[str, Outcome]:
        """Write at most 100 contacts in one call; the outcome of each by id.

        A batch that HubSpot refuses is divided until the bad records stand alone. Raises `OutcomeUnknown`
        when the call brought no usable answer: read before writing again. `may_send` is asked right before
        each call goes out; if it says no, `NotSent` is raised.
        """
        if not changes:
            return {}
        _at_most(BATCH, changes)

        def send(part: updates.Changes) -> dict[str, Outcome]:
            return self._ask(
                self._apis.contacts.update,
                updates.body_of(part),
                "contacts/update",
                parse=lambda answer: updates.outcomes(answer, tuple(part)),
                kind="write",
                records=len(part),
                priority=priority,
                may_send=may_send,
            )

        return updates.update(changes, send)

    def search_contacts(
        self,
        filter_groups: Sequence[Sequence[Mapping[str, Any]]],
        properties: Sequence[str],
        *,
        after_id: str = "0",
        priority: Priority = "lead",
    ) -> SearchPage:
        """Up to 200 contacts whose id is above `after_id`, by ascending id.

        Each filter group is a tuple of HubSpot filters; one filter for the id is added to each. Search lags
        behind: read a contact before you write it.
        """
        above = {"propertyName": OBJECT_ID, "operator": "GT", "value": after_id}
        body: dict[str, Any] = {
            "filterGroups": [{"filters": [*group, above]} for group in filter_groups or [()]],
            "sorts": [{"propertyName": OBJECT_ID, "direction": "ASCENDING"}],
            "properties": _named(properties),
            "limit": SEARCH_PAGE,
        }
        found: dict[str, Record] = {}
        for _ in range(SHORT_PAGES):
            page = self._ask(
                self._apis.contact_search.do_search,
                body,
                "contacts/search",
                parse=lambda answer: shapes.page(answer, shapes.record),
                search=True,
                priority=priority,
            )
            found |= {record.id: record for record in page.entries if int(record.id) > int(after_id)}
            if page.after is None or len(found) >= SEARCH_PAGE:
                break
            body["after"] = page.after  # a short or empty page with a cursor is not the end
        if page.after is not None and not found:
            raise Unreachable(f"HubSpot answered {SHORT_PAGES} empty search pages in a row.")
        records = tuple(sorted(found.values(), key=lambda record: int(record.id)))
        return SearchPage(records, more=page.after is not None)

    def count_contacts(self, filters: Sequence[Mapping[str, Any]], *, priority: Priority = "lead") -> int:
        """Number of contacts that search finds: an estimate, for search lags and its totals are not exact."""
        return self._ask(
            self._apis.contact_search.do_search,
            {
                "filterGroups": [{"filters": list(filters)}],
                "sorts": [],
                "properties": _named(()),
                "limit": 1,
            },
            "contacts/search",
            parse=shapes.total,
            search=True,
            priority=priority,
        )

    def owners(self, *, priority: Priority = "lead") -> tuple[PortalOwner, ...]:
        """Every owner of the portal, the archived ones included."""
        found: dict[str, PortalOwner] = {}
        for archived in (True, False):  # an owner who came back is in both lists for a moment: live wins
            for owner in self._pages(
                self._apis.owners.get_page, "owners", shapes.owner, priority=priority, archived=archived
            ):
                found[owner.id] = owner
        return tuple(found.values())

    def read_users(self, *, priority: Priority = "lead") -> tuple[Record, ...]:
        """Every user with the availability properties; needs `crm.objects.users.read`."""
        return self._pages(
            self._apis.objects.get_page,
            "users",
            shapes.record,
            vital=False,
            priority=priority,
            object_type="users",
            properties=[",".join(AVAILABILITY)],  # as documented; the client would repeat the parameter
        )

    def contact_properties(self, *, priority: Priority = "lead") -> tuple[PortalProperty, ...]:
        """Every contact property as the portal defines it."""
        return self._properties("contacts", priority=priority)

    def company_properties(self, *, priority: Priority = "lead") -> tuple[PortalProperty, ...]:
        """Every company property as the portal defines it."""
        return self._properties("companies", priority=priority)

    def contact_property_groups(self) -> tuple[str, ...]:
        """The names of the groups that contact properties are shown in."""

        def parse(answer: Any) -> tuple[str, ...]:
            return tuple(str(entry.get("name", "")) for entry in shapes.entries(answer))

        return self._ask(self._apis.groups.get_all, "contacts", "groups", parse=parse, vital=False)

    def create_property_group(self, name: str, *, label: str) -> None:
        """Create a group of contact properties. Raises `Refused` when it exists."""
        body = {"name": name, "label": label, "displayOrder": -1}
        self._create(self._apis.groups.create, "contacts", body, "groups/create")

    def create_property(
        self, name: str, *, label: str, group: str, kind: str, field_type: str, description: str
    ) -> None:
        """Create a contact property of HubSpot's type `kind`. Raises `Refused` when it exists."""
        body = {
            "name": name,
            "label": label,
            "groupName": group,
            "type": kind,
            "fieldType": field_type,
            "description": description,
        }
        self._create(self._apis.properties.create, "contacts", body, "properties/create")

    def create_task(
        self,
        contact_id: str,
        *,
        owner_id: str,
        subject: str,
        body: str,
        due_at: datetime,
        priority: Priority = "lead",
    ) -> None:
        """Create a task about a contact for an owner, due at `due_at`; it shows on the contact's record.

        Raises `OutcomeUnknown` when it may or may not have been created.
        """
        task = {
            "properties": {
                TASK_SUBJECT: subject,
                TASK_BODY: body,
                TASK_STATUS: "NOT_STARTED",
                TASK_TYPE: "TODO",
                TASK_DUE: str(epoch_ms(due_at)),
                OWNER: owner_id,
            },
            "associations": [{"to": {"id": contact_id}, "types": [TASK_TO_CONTACT]}],
        }
        self._create(self._apis.objects.create, "tasks", task, "tasks/create", priority=priority)

    def _read(
        self,
        api: Any,
        object_type: ObjectType,
        *,
        ids: Sequence[str],
        properties: Sequence[str],
        priority: Priority,
    ) -> ReadAnswer:
        if not ids:
            return ReadAnswer({}, {})
        _at_most(BATCH, ids)
        merges = [MERGED_IDS] if object_type == "contacts" else []
        body = _inputs(ids, properties=[*properties, *merges])
        return self._ask(
            api.read,
            body,
            f"{object_type}/read",
            parse=lambda answer: read_answer(answer, ids),
            records=len(ids),
            priority=priority,
        )

    def _properties(self, object_type: ObjectType, *, priority: Priority) -> tuple[PortalProperty, ...]:
        return self._ask(
            self._apis.properties.get_all,
            object_type,
            f"{object_type}/properties",
            parse=lambda answer: tuple(shapes.portal_property(entry) for entry in shapes.entries(answer)),
            vital=False,
            priority=priority,
        )

    def _pages(
        self,
        get_page: Callable[..., HttpResponse],
        endpoint: str,
        read: Callable[[dict[str, Any]], T],
        *,
        vital: bool = True,
        priority: Priority = "lead",
        **query: Any,
    ) -> tuple[T, ...]:
        found: list[T] = []
        seen: set[str] = set()
        while True:
            request = Request(
                send=lambda deadline_s, now=dict(query): get_page(  # type: ignore[misc]
                    limit=LIST_PAGE, _preload_content=False, _request_timeout=deadline_s, **now
                ),
                endpoint=endpoint,
                priority=priority,
                vital=vital,
            )
            page = self._client.ask(request, lambda answer: shapes.page(answer, read))
            found.extend(page.entries)
            if page.after is None:
                return tuple(found)
            if page.after in seen:
                raise Unreachable(f"HubSpot repeats a cursor of {endpoint}, so the list has no end.")
            seen.add(page.after)
            query["after"] = page.after

    def _create(
        self,
        create: Callable[..., HttpResponse],
        object_type: str,
        body: dict[str, Any],
        endpoint: str,
        *,
        priority: Priority = "lead",
    ) -> None:
        send = partial(create, object_type)
        self._ask(send, body, endpoint, parse=shapes.an_object, kind="write", vital=False, priority=priority)

    def _ask(
        self,
        method: Callable[..., HttpResponse],
        body: Any,
        endpoint: str,
        *,
        parse: Callable[[Any], T],
        kind: Literal["read", "write"] = "read",
        records: int = 1,
        search: bool = False,
        vital: bool = True,
        priority: Priority = "lead",
        may_send: Callable[[], bool] = lambda: True,
    ) -> T:
        request = Request(
            send=lambda deadline_s: method(body, _preload_content=False, _request_timeout=deadline_s),
            endpoint=endpoint,
            kind=kind,
            records=records,
            priority=priority,
            search=search,
            vital=vital,
            may_send=may_send,
        )
        return self._client.ask(request, parse)


def _inputs(ids: Sequence[str], *, properties: Sequence[str], history: Sequence[str] = ()) -> dict[str, Any]:
    """The body of a batch read, with every field that HubSpot's OpenAPI requires."""
    return {
        "inputs": [{"id": one} for one in ids],
        "properties": _named(properties),
        "propertiesWithHistory": list(history),
    }


def _named(properties: Sequence[str]) -> list[str]:
    """The properties to read, never none: an empty list makes HubSpot send names and e-mail addresses."""
    return list(dict.fromkeys(properties)) or [OBJECT_ID]


def _at_most(limit: int, ids: Sequence[str] | Mapping[str, Any]) -> None:
    if len(ids) > limit:
        raise ValueError(f"HubSpot takes {limit} records in this call, not {len(ids)}; split the batch.")
