"""The schema that a ledger has, and the errors for a ledger that this version cannot work with.

```
UnusableLedger    nothing was changed; the message says which ledger, why, and what to do
├ NewerLedger     a later version of Lead Router has upgraded it
└ LedgerWaits     its database failed a moment ago; it is asked again within seconds
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random

from router.ledger.engine import name_of

if TYPE_CHECKING:
    from router.ledger.migrations.upgrade import Migration

NEWEST: Final = "0005"
"""The schema of `tables.py`: the last revision in `migrations/versions`."""
_OPENING_S: Final = 5.0


class UnusableLedger(Exception):
    """This version cannot work with the ledger as it is."""


class NewerLedger(UnusableLedger):
    """The ledger has a schema that this version does not know."""

    def __init__(self, engine: Engine, found: str) -> None:
        super().__init__(
            f"The ledger in {name_of(engine.url)} has schema {found}, which this version of Lead Router does "
            f"not know: it knows up to {NEWEST}. Start the newer version again, or restore the backup that "
            "was taken before the upgrade."
        )


class LedgerWaits(UnusableLedger):
    """The database failed just now, so it is not asked."""


LEDGER_ERRORS: Final = (SQLAlchemyError, UnusableLedger)
"""Everything that a use of the ledger raises while it cannot be used; what needs it waits."""


def revision_of(engine: Engine) -> str | None:
    """The schema that the database names; None if it is empty, or older than migrations are."""
    try:
        with engine.connect() as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except (OperationalError, ProgrammingError):
        if inspect(engine).has_table("alembic_version"):
            raise
        return None
    return None if found is None else str(found)


def bring_up_once(engine: Engine, *, waits_ms: int | None = None) -> tuple[Migration, ...]:
    """Upgrade the schema to the newest and return the migrations run; one query if there are none.

    Waits on SQLite for `waits_ms` (ten minutes if None) for an upgrade by another process. Raises
    `NewerLedger`, or an error of the database.
    """
    if revision_of(engine) == NEWEST:
        return ()
    from router.ledger.migrations.upgrade import (
        upgrade,  # Alembic takes longer to load than the ledger to open
    )

    return upgrade(engine, waits_ms=waits_ms)


@retry(
    retry=retry_if_exception_type((OperationalError, ProgrammingError, IntegrityError)),
    wait=wait_random(0.02, 0.2),
    stop=stop_after_delay(_OPENING_S),
    reraise=True,
)
def bring_up_to_date(engine: Engine, *, waits_ms: int | None = None) -> tuple[Migration, ...]:
    """As `bring_up_once`; processes that start together may try for some seconds."""
    return bring_up_once(engine, waits_ms=waits_ms)
