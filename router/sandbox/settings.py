"""The portal's normal behaviour: its token, its limits, its speed."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that `POST /sandbox/settings` can change. A limit of 0 is no limit."""

    token: str
    client_secret: str
    portal_id: int = 49645859
    app_id: int = 10457515
    latency_ms: float = 0.0
    calls_per_10s: int = 190
    searches_per_s: int = 5
    calls_per_day: int = 625_000
    search_lag_ms: int = 0
    search_short_pages: bool = False
    """Every page holds half of the possible entries, although more follow."""
    search_ghosts: int = 0
    """Number of deleted records that are still first in the index and leave gaps in the pages."""
    validation: str = "whole_batch"
    """`whole_batch`: one bad value refuses all of the batch; `per_record`: only its own record."""
    shuffle_results: bool = True
    """Answers of batches have no particular order, which HubSpot never promised."""
    time_zone: str = "Europe/Paris"
    link_companies: bool = False
    """A contact without a company gets the one whose `domain` its e-mail address has, if there is one."""
    link_after_min_s: float = 1.0
    link_after_max_s: float = 5.0
    """Real seconds after the contact got its e-mail address, by chance between the two."""
    merge_keeps_id: bool = False
    """As HubSpot merged until 2025: the winner keeps its id. Otherwise the merged contact has a new one."""
    keep_calls: bool = False
    """Every API call is kept, for the story of a record; it takes memory, which a benchmark does without."""

    def changed(self, changes: Mapping[str, Any]) -> "Settings":
        """The settings with these changes. Raises ValueError naming what is wrong."""
        kinds = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        converted: dict[str, Any] = {}
        for name, value in changes.items():
            if name not in kinds:
                raise ValueError(f"There is no setting '{name}'. There are: {', '.join(sorted(kinds))}.")
            if kinds[name] is bool and not isinstance(value, bool):
                raise ValueError(f"Setting '{name}' is true or false, not {value!r}.")
            try:
                converted[name] = kinds[name](value)
            except (TypeError, ValueError):
                raise ValueError(f"Setting '{name}' cannot be {value!r}.") from None
        if converted.get("validation", "whole_batch") not in ("whole_batch", "per_record"):
            raise ValueError("Setting 'validation' is whole_batch or per_record.")
        settings = replace(self, **converted)
        if not 0 <= settings.link_after_min_s <= settings.link_after_max_s:
            raise ValueError("Settings 'link_after_min_s' and 'link_after_max_s' ascend from 0.")
        return settings

    def public(self) -> dict[str, Any]:
        """The settings without the secrets."""
        hidden = ("token", "client_secret")
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in hidden}
