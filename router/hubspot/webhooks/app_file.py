"""The file of a HubSpot app that holds its webhook subscriptions: compared and rewritten."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from router.hubspot.webhooks.subscriptions import LISTS, Subscription

PLACE: Final = "hubspot-app/src/app/webhooks/webhooks-hsmeta.json"
"""The file below the folder of the rule files."""
LARGEST_BYTES: Final = 1024 * 1024
_PARTS: Final = ("subscriptionType", "objectType", "propertyName")
_KEY: Final = re.compile(r'"subscriptions"\s*:\s*')


class AppFileUnreadable(Exception):
    """The content is not the file of an app's webhooks; the message says why in one sentence."""


class AppFile(Struct, frozen=True):
    """The text of the file, its content, and its active subscriptions in order."""

    text: str
    content: Mapping[str, Any]
    subscriptions: tuple[Subscription, ...]

    def rewritten(self, needed: Sequence[Subscription]) -> str:
        """The text with exactly these subscriptions; all the rest of it stays as it is."""
        config = self.content["config"]
        lists = {name: [one.entry for one in needed if one.in_list == name] for name in LISTS}
        wanted = {**self.content, "config": {**config, "subscriptions": {**config["subscriptions"], **lists}}}
        written = _written(wanted["config"]["subscriptions"])
        for key in _KEY.finditer(self.text):
            _, end = json.JSONDecoder().raw_decode(self.text, key.end())
            text = self.text[: key.end()] + written + self.text[end:]
            if json.loads(text) == wanted:
                return text
        return json.dumps(wanted, indent=2, ensure_ascii=False) + "\n"


class SubscriptionPlan(Struct, frozen=True):
    """What to add to the file and what to take out, each in the order of its list."""

    add: tuple[Subscription, ...]
    take_out: tuple[Subscription, ...]

    @property
    def is_done(self) -> bool:
        """True when the file has exactly what is needed."""
        return not (self.add or self.take_out)


def plan_of(file: AppFile, needed: Sequence[Subscription]) -> SubscriptionPlan:
    """The difference between the file and what is needed; a subscription that stands twice goes once."""
    present = set(file.subscriptions)
    extra = [one for one in file.subscriptions if one not in needed]
    twice = [one for at, one in enumerate(file.subscriptions) if one in file.subscriptions[:at]]
    return SubscriptionPlan(
        add=tuple(one for one in needed if one not in present),
        take_out=tuple(dict.fromkeys((*extra, *twice))),
    )


def read_app_file(content: bytes) -> AppFile:
    """The app's file; raises `AppFileUnreadable` for anything else. Inactive subscriptions do not count."""
    try:
        text = content.decode()
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise AppFileUnreadable(f"it is not JSON (line {error.lineno}, column {error.colno})") from None
    except (ValueError, RecursionError):
        raise AppFileUnreadable("it is not JSON in UTF-8") from None
    config = found.get("config") if isinstance(found, dict) else None
    lists = config.get("subscriptions") if isinstance(config, dict) else None
    if not isinstance(lists, dict):
        raise AppFileUnreadable("it has no 'config' with 'subscriptions'")
    return AppFile(text, found, tuple(_subscriptions(lists)))


def _subscriptions(lists: Mapping[str, Any]) -> Iterable[Subscription]:
    for name in LISTS:
        entries = lists.get(name, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise AppFileUnreadable(f"'{name}' is not a list of subscriptions")
        for entry in entries:
            kind, of, changed = (entry.get(key, "") for key in _PARTS)
            if not (isinstance(kind, str) and isinstance(of, str) and isinstance(changed, str) and kind):
                raise AppFileUnreadable(f"a subscription in '{name}' has no text as its 'subscriptionType'")
            if entry.get("active") is True:
                yield Subscription(kind, object_type=of, property_name=changed, in_list=name)


def _written(subscriptions: Mapping[str, Any]) -> str:
    """The block as HubSpot's template has it, a line for each subscription."""
    blocks = []
    for name, entries in subscriptions.items():
        one_a_line = name in LISTS and len(entries) > 1
        lines = (
            ",\n        ".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
            if one_a_line
            else ""
        )
        value = f"[\n        {lines}\n      ]" if one_a_line else json.dumps(entries, ensure_ascii=False)
        blocks.append(f"      {json.dumps(name)}: {value}")
    return "{\n" + ",\n".join(blocks) + "\n    }"
