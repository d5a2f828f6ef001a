"""Reader of the HubSpot owner that an e-mail address in a rule file names."""

from __future__ import annotations

from router.policy.leads.catalog import Catalog
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.tree import Node


def owner_named(node: Node, file: FileReader, catalog: Catalog, *, if_gone: str) -> str:
    """The address in lower case, "" if there is none; `if_gone` is the hint for a deactivated owner."""
    written = file.scalar(node, "'owner'")
    if written is None:
        return ""
    found = [owner for owner in catalog.owners if owner.email.casefold() == written.text.casefold()]
    if not found:
        emails = (owner.email for owner in catalog.owners if not owner.archived)
        hint = "Add them in HubSpot, then run 'router pull'."
        file.error(written, f"HubSpot has no owner '{written.text}'", hint, like=written.text, among=emails)
    elif all(owner.archived for owner in found):
        file.warning(written, f"the HubSpot owner '{written.text}' is deactivated", if_gone)
    return written.text.lower()
