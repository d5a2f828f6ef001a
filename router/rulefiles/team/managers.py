"""Reader of `managers` in team.yaml: the people who hear of a team's overdue leads."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from router.policy.leads.catalog import Catalog
from router.policy.people.roster import Manager
from router.rulefiles.team.owner_named import owner_named
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.tree import Node

MANAGER_KEYS: Final = ("owner", "teams")
MANAGER_REQUIRED: Final = {"owner": "Add 'owner:' with the e-mail address of their HubSpot owner."}


def read_managers(
    node: Node, file: FileReader, *, catalog: Catalog, teams: Collection[str]
) -> tuple[Manager, ...]:
    """The managers, in the order of the file; a manager without `teams` manages all of them."""
    found = []
    for line in file.entries(node, "'managers'"):
        what = f"the manager '{line.key.text}'"
        fields = file.fields(line.value, what, known=MANAGER_KEYS, required=MANAGER_REQUIRED) or {}
        theirs = file.scalars(fields["teams"].value, "'teams'") if "teams" in fields else ()
        for team in theirs:
            file.named(team, teams, "there is no team '{}'", "Add it under 'teams'.")
        if "owner" in fields:
            owner = owner_named(
                fields["owner"].value, file, catalog, if_gone="They can be told in chat only."
            )
            found.append(Manager(line.key.text, owner, tuple(dict.fromkeys(team.text for team in theirs))))
    return tuple(found)
