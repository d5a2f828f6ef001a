"""The cells of the matrix come from the code's own calls, meet each other, and are the same for a seed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from router.store.inbox.inbox import Inbox
from tests.crash.calls import PLACES, Orders, calls_in_code, classes_with_connection
from tests.crash.cells import ACTIONS, FAULTS_OF_WRITES, MOMENTS, Cell, all_cells, named, seeded_cells
from tests.crash.way import Way, way_of_a_lead
from tests.world.fleet import SETTLE, Fleet, a_quiet_fleet
from workers import drain

HOME = Path(__file__).parents[2]
A_WAY = Way(
    calls=tuple(
        (role, f"Class.{call}") for role in ("web", "worker", "housekeeping", "cron") for call in "abcdefgh"
    ),
    operations=("contacts/batch/read", "contacts/batch/update", "contacts/search", "owners/list"),
)
ROUTER = (
    "router.bootstrap",
    "router.routing",
    "router.hubspot",
    "router.store",
    "router.ledger",
    "router.notify",
)


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with a_quiet_fleet(tmp_path, routing=SETTLE) as fleet:
        yield fleet


def test_the_way_of_a_lead_has_the_calls_that_its_stages_make(fleet: Fleet) -> None:
    way = way_of_a_lead(fleet)

    assert {
        ("web", "Inbox.append"),
        ("worker", "Inbox.take"),
        ("worker", "Gateway.read_contacts"),
        ("worker", "Commits.commit"),
        ("worker", "Gateway.update_contacts"),
        ("worker", "Commits.finish"),
        ("housekeeping", "Gateway.update_contacts"),
        ("housekeeping", "DueList.due"),
        ("housekeeping", "Gateway.read_with_history"),
        ("housekeeping", "Ledger.record"),
        ("cron", "WakeUps.ask"),
    } <= set(way.calls)
    assert {"contacts/batch/read", "contacts/batch/read/history", "contacts/batch/update"} <= set(
        way.operations
    )


def test_a_new_call_on_the_way_joins_the_matrix_by_itself(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def newly_made(self: Inbox) -> None:
        self.has_work()

    def with_a_new_call(services: object, entries: object) -> object:
        services.store.inbox.newly_made()  # type: ignore[attr-defined]
        return priority_of(services, entries)  # type: ignore[arg-type]

    priority_of = drain.priority_of
    monkeypatch.setattr(Inbox, "newly_made", newly_made, raising=False)
    monkeypatch.setattr(drain, "priority_of", with_a_new_call)

    cells = all_cells(way_of_a_lead(fleet))

    assert {cell.fault for cell in cells if cell.call == "Inbox.newly_made"} == set(FAULTS_OF_WRITES)
    assert not any(cell.call == "Inbox.newly_made" for cell in all_cells(A_WAY))


def test_no_class_with_a_connection_stands_where_the_matrix_does_not_look() -> None:
    assert set(classes_with_connection(ROUTER)) <= set(classes_with_connection(PLACES))


def test_calls_are_found_by_what_a_class_is_built_with() -> None:
    calls = calls_in_code()

    assert {"Inbox.take", "DecisionLock.__enter__", "Gateway.update_contacts", "Ledger.record"} <= set(calls)
    assert not any("._" in call and "__" not in call for call in calls)


def test_every_call_meets_every_fault_both_moments_and_both_actions() -> None:
    cells = all_cells(A_WAY)

    for role, call in A_WAY.calls:
        mine = [cell for cell in cells if (cell.role, cell.call) == (role, call)]
        assert {cell.fault for cell in mine} == set(FAULTS_OF_WRITES)
        assert {cell.moment for cell in mine} == set(MOMENTS)
        assert {cell.action for cell in mine} == set(ACTIONS)
    assert {cell.operation for cell in cells} == set(A_WAY.operations)
    assert {(cell.fault, cell.moment, cell.action) for cell in cells} == {
        (fault, moment, action) for fault in FAULTS_OF_WRITES for moment in MOMENTS for action in ACTIONS
    }


def test_late_and_twice_strike_writes_alone() -> None:
    struck = {cell.operation for cell in all_cells(A_WAY) if cell.fault in ("applied late", "twice")}

    assert struck == {"contacts/batch/update"}


def test_the_same_seed_chooses_the_same_cells_which_bring_every_fault_and_role() -> None:
    chosen = seeded_cells(A_WAY, seed=1, count=15)

    assert chosen == seeded_cells(A_WAY, seed=1, count=15) != seeded_cells(A_WAY, seed=2, count=15)
    assert len(set(chosen)) == 15
    assert {cell.fault for cell in chosen} == set(FAULTS_OF_WRITES)
    assert {cell.role for cell in chosen} == {"web", "worker", "housekeeping", "cron"}
    assert {(cell.moment, cell.action) for cell in chosen} == {(m, a) for m in MOMENTS for a in ACTIONS}


def test_a_cell_is_found_by_the_name_that_a_failure_prints() -> None:
    cells = all_cells(A_WAY)

    assert named(cells, cells[3].name) == cells[3]
    with pytest.raises(LookupError, match="a whole run lists all names"):
        named(cells, "contacts/search slow / worker kill before Class.z")


def test_a_cell_names_the_fault_of_the_portal_by_its_operation() -> None:
    cell = Cell("answered, not applied", "contacts/batch/update", "worker", "Inbox.take", "before", "kill")
    read = Cell("answered, not applied", "contacts/batch/read", "worker", "Inbox.take", "before", "kill")

    assert cell.fault_of_portal == {"on": "contacts/batch/update", "next": 1, "kind": "not_applied"}
    assert read.fault_of_portal["kind"] == "missing"


def test_an_order_is_for_the_first_who_comes_to_the_call(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from tests.crash.calls import Orders; "
    code += "Orders(Path(sys.argv[1])).obey('before', 'Inbox.take')"
    Orders.give(tmp_path, moment="before", call="Inbox.take", action="kill")

    ends = [subprocess.run([sys.executable, "-c", code, tmp_path], cwd=HOME).returncode for _ in range(2)]

    assert ends == [-signal.SIGKILL, 0]
    assert Orders.taken(tmp_path)


def test_an_order_that_is_taken_back_strikes_nobody(tmp_path: Path) -> None:
    Orders.give(tmp_path, moment="before", call="Inbox.take", action="kill")
    Orders.take_back(tmp_path)

    Orders(tmp_path).obey("before", "Inbox.take")  # this very process would die

    assert Orders.taken(tmp_path) is None
