"""Reader of the values that rules write into HubSpot."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from router.hubspot.properties import OWNER, STAGE
from router.policy.leads.catalog import COMPANY_PREFIX, Catalog
from router.rulefiles.words.values import equal_value
from router.rulefiles.words.vocabulary import Fact
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.tree import Node, Scalar


class ValueWriter(Struct, frozen=True):
    """Checks values before they are written, so that HubSpot cannot refuse them later."""

    file: FileReader
    catalog: Catalog

    def values(self, node: Node) -> Mapping[str, str]:
        """The contact properties that `set:` fills, as HubSpot's texts."""
        found: dict[str, str] = {}
        for entry in self.file.entries(node, "'set'"):
            if self._is_writable(entry.key):
                written = self.file.scalar(entry.value, f"'{entry.key.text}'")
                text = self.value(entry.key.text, written) if written else None
                if text is not None:
                    found[entry.key.text] = text
        return found

    def value(self, name: str, written: Scalar) -> str | None:
        """The value, if the contact property accepts it; any value if the portal has no such property."""
        prop = self.catalog.contact.get(name)
        if prop is None:
            return written.text
        options = {option.value: option for option in prop.options if not option.archived}
        if any(option.value == written.text for option in prop.options if option.archived):
            hint = "HubSpot would refuse it: choose another one."
            self.file.error(written, f"'{written.text}' is an archived option of {name} ({prop.label})", hint)
            return None
        fact = Fact(name, prop.type, prop.label, options)
        meant = equal_value(written, fact, file=self.file, catalog=self.catalog)
        return None if meant is None else written.text

    def _is_writable(self, key: Scalar) -> bool:
        name = key.text
        if name == OWNER:
            self.file.error(key, "a lead that is nurtured has no owner to set", "Use 'assign' for an owner.")
            return False
        if name == STAGE:
            hint = "Add a condition on lifecyclestage, so that leads further on keep theirs."
            self.file.warning(key, "HubSpot refuses to move lifecyclestage backwards", hint)
        if name.startswith(COMPANY_PREFIX):
            self.file.error(key, "'set' writes to the contact, never to its company", f"Remove '{name}'.")
            return False
        prop = self.catalog.contact.get(name)
        if prop is None:
            hint = "Create it in HubSpot, then run 'router pull'."
            message = f"HubSpot has no contact property '{name}'"
            self.file.error(key, message, hint, like=name, among=self.catalog.contact)
            return False
        if prop.read_only:
            hint = "HubSpot computes it: set another property."
            self.file.error(key, f"{name} ({prop.label}) cannot be written", hint)
        return not prop.read_only
