"""The schema that a ledger has, and the errors for a ledger that this version cannot work with.

```
UnusableLedger    nothing was changed; the message says which ledger, why, and what to do
└ NewerLedger     a later version of Lead Router has upgraded it
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random

from router.ledger.engine import name_of

if TYPE_CHECKING:
    from router.ledger.migrations.upgrade import Migration

NEWEST: Final = "0003"
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


@retry(
    retry=retry_if_exception_type((OperationalError, ProgrammingError, IntegrityError)),
    wait=wait_random(0.02, 0.2),
    stop=stop_after_delay(_OPENING_S),
    reraise=True,
)
def bring_up_to_date(engine: Engine) -> tuple[Migration, ...]:
    """Upgrade the schema to the newest and return the migrations run; one query if there are none.

    Processes that start together wait for the first. Raises `NewerLedger`, or an error of the database.
    """
    if revision_of(engine) == NEWEST:
        return ()
    from router.ledger.migrations.upgrade import (
        upgrade,  # Alembic takes longer to load than the ledger to open
    )

    return upgrade(engine)
