"""Reader of the lead that a test or a question describes, by HubSpot's properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from msgspec import Struct

from router.policy.leads.catalog import COMPANY_PREFIX, Catalog, FactType, Property
from router.policy.leads.derived import DERIVED, SOURCES
from router.policy.leads.lead import Lead
from router.policy.people.roster import Roster
from router.policy.rules.affinity import PREVIOUS_OWNER
from router.rulefiles.words.values import equal_value
from router.rulefiles.words.vocabulary import Fact, Vocabulary
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.quantities import day, midnight, moment, whole
from router.rulefiles.yaml.tree import Map, Node, Scalar, Seq

Texts: TypeAlias = Mapping[str, str | None]
"""HubSpot's text by property (`company.<name>` for the company's); None where it is not filled in."""

MISSING: Final = "unknown"


class LeadReader(Struct, frozen=True):
    """Reads the properties of a lead; moments written without a time zone are in the roster's."""

    file: FileReader
    catalog: Catalog
    roster: Roster

    def texts(self, node: Node, what: str) -> dict[str, str | None]:
        """The properties of a map; an empty value, or `unknown`, means not filled in."""
        if isinstance(node, Map) and not node.entries:
            return {}
        found: dict[str, str | None] = {}
        for entry in self.file.entries(node, what):
            if entry.key.text == PREVIOUS_OWNER:
                found[PREVIOUS_OWNER] = self._previous_owner(entry.value)
                continue
            prop = self._property(entry.key)
            if prop is not None:
                found[entry.key.text] = self._text(entry.key, prop, entry.value)
        return found

    def _previous_owner(self, node: Node) -> str | None:
        """The owner id of a rep's name or an e-mail address; None for an empty, `unknown` or wrong value."""
        if isinstance(node, Scalar) and not node.quoted and node.text in ("", MISSING):
            return None
        written = self.file.scalar(node, f"'{PREVIOUS_OWNER}'")
        if written is None:
            return None
        rep = self.roster.reps.get(written.text)
        meant = written.text if rep is None else rep.owner
        for owner in self.catalog.owners:
            if meant.casefold() in (owner.email.casefold(), owner.id):
                return owner.id
        hint = "Write the name of a rep, or the e-mail address of a HubSpot owner."
        among = (*self.roster.reps, *(owner.email for owner in self.catalog.owners))
        message = f"there is no rep and no HubSpot owner '{written.text}'"
        self.file.error(written, message, hint, like=written.text, among=among)
        return None

    def _property(self, key: Scalar) -> Property | None:
        name = key.text
        found = self.catalog.property(name)
        if found is not None:
            return found
        if name in DERIVED:
            of_contact, of_company = SOURCES.get(name, ((), ()))
            sources = [*of_contact, *(COMPANY_PREFIX + each for each in of_company)]
            there = [source for source in sources if self.catalog.property(source)]
            hint = f"Fill in what it is worked out from: {', '.join(there) or 'what earns points'}."
            self.file.error(key, f"'{name}' is worked out, so a lead cannot be given it", hint)
            return None
        # The vocabulary of rules says what is wrong with a name that the portal does not have.
        Vocabulary(self.catalog, self.roster.timezone, None).fact(key, self.file)
        return None

    def _text(self, key: Scalar, prop: Property, node: Node) -> str | None:
        fact = Fact(key.text, prop.type, prop.label, {option.value: option for option in prop.options})
        if isinstance(node, Scalar) and not node.quoted and node.text in ("", MISSING):
            return None
        if prop.type is FactType.CHOICES:
            chosen = (self._equal(part, fact) for part in self._chosen(node, fact))
            return ";".join(text for text in chosen if text) or None
        if isinstance(node, Seq):
            self.file.error(node, f"{fact} holds one value, not a list", "Remove the brackets.")
            return None
        written = self.file.scalar(node, f"'{key.text}'")
        if written is None:
            return None
        if prop.type is FactType.DATETIME:
            return self._moment(written, fact)
        if prop.type is FactType.DURATION:
            return self._milliseconds(written, fact)
        return self._equal(written, fact)

    def _chosen(self, node: Node, fact: Fact) -> tuple[Scalar, ...]:
        """The options of `[crm, bi]`, or of `crm;bi` as HubSpot writes them."""
        if isinstance(node, Scalar):
            parts = (part.strip() for part in node.text.split(";"))
            return tuple(Scalar(part, node.line, node.column, quoted=True) for part in parts if part)
        return self.file.scalars(node, f"the list of options of {fact}")

    def _equal(self, written: Scalar, fact: Fact) -> str | None:
        value = equal_value(written, fact, file=self.file, catalog=self.catalog)
        if value is None:
            return None
        return str(value) if fact.is_owner else written.text

    def _moment(self, written: Scalar, fact: Fact) -> str | None:
        found = moment(written.text, self.roster.timezone)
        if found is not None:
            return found.isoformat()
        of_day = day(written.text)
        if of_day is not None:
            return midnight(of_day, self.roster.timezone).isoformat()
        hint = "Write 2026-11-24T09:30, or 2026-11-24 for the beginning of that day."
        self.file.error(written, f"{fact} is a moment, and '{written.text}' is none", hint)
        return None

    def _milliseconds(self, written: Scalar, fact: Fact) -> str | None:
        if whole(written.text) is None:
            self.file.error(
                written, f"{fact} is a duration, and '{written.text}' is none", "Write milliseconds."
            )
            return None
        return written.text


def lead_of(texts: Texts, *, contact_id: str) -> Lead:
    """The lead with these properties, those of its company included."""
    known = {name: text for name, text in texts.items() if text is not None}
    before = known.pop(PREVIOUS_OWNER, None)
    return Lead(
        contact_id,
        properties={name: text for name, text in known.items() if not name.startswith(COMPANY_PREFIX)},
        company={
            name.removeprefix(COMPANY_PREFIX): text
            for name, text in known.items()
            if name.startswith(COMPANY_PREFIX)
        },
        previous_owner=before,
    )
