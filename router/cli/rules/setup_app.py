"""`router setup --app`: the webhook subscriptions of the HubSpot app, by what the rule files need."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from router.cli.rules.writing import write_whole
from router.cli.shared.failures import UserError
from router.cli.shared.formatting import count_of, print_json
from router.cli.shared.output import ask, say
from router.cli.shared.rules_here import rules_here
from router.hubspot.webhooks.app_file import (
    LARGEST_BYTES,
    PLACE,
    AppFile,
    AppFileUnreadable,
    SubscriptionPlan,
    plan_of,
    read_app_file,
)
from router.hubspot.webhooks.subscriptions import Subscription, subscriptions_needed
from router.policy.rules.policy import Policy
from router.rulefiles.yaml.mistakes import Mistake, Severity

REMEDY: Final = "Run: router setup --app, then upload the app (hs project upload)."
MEND: Final = "Correct the file, or copy it from config/."
FOLDER: Final = PLACE.partition("/")[0]


def set_up_app(*, yes: bool, as_json: bool) -> None:
    """Write the subscriptions, after showing them and asking. Raises UserError for what cannot be read."""
    rules = rules_here(None)
    path = rules.folder / PLACE
    if not path.is_file():
        raise UserError(f"There is no {path}. Copy the folder {FOLDER} from config/ to {rules.folder}.")
    try:
        file = _read(path)
    except AppFileUnreadable as error:
        raise UserError(f"{path}: {error}. {MEND}") from error
    needed = subscriptions_needed(rules.policy)
    plan = plan_of(file, needed)
    if as_json:
        print_json(_as_json(path, plan))
    else:
        _show(path, plan, needed)
    if plan.is_done or (as_json and not yes):
        return
    if not yes:
        ask("Write this?")
    write_whole(path, file.rewritten(needed).encode())
    if not as_json:
        say("Done. To make it count: hs project upload")


def mistakes_of_app(folder: Path, policy: Policy) -> tuple[Mistake, ...]:
    """Warnings where the app in the folder of the rules does not subscribe to what they need."""
    path = folder / PLACE
    if not path.is_file():
        return ()
    try:
        plan = plan_of(_read(path), subscriptions_needed(policy))
    except AppFileUnreadable as error:
        return (_warning(f"the app's webhooks cannot be read: {error}", hint=MEND),)
    impossible = [one.property_name for one in plan.take_out if not one.is_possible]
    found = [_warning(f"HubSpot tells no changes of '{name}', and may refuse the app") for name in impossible]
    parts = [
        f"{words}: {_names(these)}"
        for words, these in (
            ("it lacks", plan.add),
            ("the rules do not need", [one for one in plan.take_out if one.is_possible]),
        )
        if these
    ]
    if parts:
        found.append(_warning(f"the app's webhooks are not those of the rules; {'; '.join(parts)}"))
    return tuple(found)


def _read(path: Path) -> AppFile:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise AppFileUnreadable(f"it cannot be opened ({error.strerror})") from error
    if len(content) > LARGEST_BYTES:
        raise AppFileUnreadable("it is larger than 1 MiB")
    return read_app_file(content)


def _show(path: Path, plan: SubscriptionPlan, needed: tuple[Subscription, ...]) -> None:
    if plan.is_done:
        say(f"Nothing to do: {path} has the {count_of(len(needed), 'subscription')} that the rules need.")
        return
    say(f"{path}:")
    for sign, these in (("+", plan.add), ("-", plan.take_out)):
        for one in these:
            say(f"  {sign} {one}")


def _as_json(path: Path, plan: SubscriptionPlan) -> dict[str, object]:
    return {
        "file": str(path),
        "done": plan.is_done,
        "add": [one.entry for one in plan.add],
        "take_out": [one.entry for one in plan.take_out],
    }


def _names(these: tuple[Subscription, ...] | list[Subscription]) -> str:
    return ", ".join(one.property_name or one.kind for one in these)


def _warning(message: str, *, hint: str = REMEDY) -> Mistake:
    return Mistake(PLACE, 1, 1, Severity.WARNING, message, hint)
