"""The endpoint of webhooks, and the irregularities of their delivery."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from router.sandbox.delivery.webhooks import FORMS


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. Times are in seconds, duplicates a share of 0 to 1, a pace of 0 is none.

    `properties` are those to whose changes it has subscribed, `associations` whether it has to those of a
    contact's company. HubSpot tells the values that a new contact has as changes, too: `at_creation`.
    """

    url: str
    public_url: str = ""
    secret: str = ""
    batch_min: int = 1
    batch_max: int = 100
    duplicates: float = 0.0
    shuffle: bool = False
    concurrency: int = 10
    form: str = "legacy"
    timeout_s: float = 5.0
    retry_base_s: float = 0.2
    retry_max_s: float = 5.0
    retries: int = 10
    rate_per_s: float = 0.0
    enabled: bool = True
    seed: int = 0
    properties: tuple[str, ...] = ()
    associations: bool = False
    at_creation: bool = False

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise ValueError(f"form '{self.form}' is not one of {', '.join(FORMS)}.")
        if not 1 <= self.batch_min <= self.batch_max <= 100:
            raise ValueError("batch_min and batch_max are 1 to 100, the smaller one first.")


def route_from(asked: Mapping[str, Any]) -> Route:
    """The route that a request describes. Raises ValueError for an unknown or impossible setting."""
    known = {field.name for field in fields(Route)}
    if unknown := set(asked) - known:
        raise ValueError(
            f"There is no delivery setting '{min(unknown)}'. There are: {', '.join(sorted(known))}."
        )
    if not asked.get("url"):
        raise ValueError("Deliveries need a url to post to.")
    return Route(**{**asked, "properties": tuple(asked.get("properties") or ())})
