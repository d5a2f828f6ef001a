"""Reader of single values, as the fact they are compared with means them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final, TypeAlias

from router.policy.leads.catalog import Catalog, FactType
from router.rulefiles.words.vocabulary import Fact
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.quantities import TRUTHS, day, number
from router.rulefiles.yaml.tree import Scalar

Equal: TypeAlias = str | Decimal | bool | date
_FORMS: Final = {
    "country": "Write the two letters of its code, such as FR.",
    "departement": "Write its number, such as 01, 2A or 974.",
    "region": "Write its name, such as Bretagne.",
}


def equal_value(written: Scalar, fact: Fact, *, file: FileReader, catalog: Catalog) -> Equal | None:
    """The value that the fact has to equal; None, and an error is reported, if there is none."""
    text = written.text
    if not text:
        file.error(written, f"{fact} has no value here", "Write 'unknown' for a missing one.")
        return None
    if fact.name == "email_domain":
        return _domain(written, file)
    if fact.is_owner:
        return _owner_id(written, fact, file=file, catalog=catalog)
    match fact.type:
        case FactType.NUMBER:
            return _number(written, fact, file)
        case FactType.BOOL:
            if text not in TRUTHS:
                file.error(written, f"{fact} is true or false, not '{text}'", "Write true or false.")
            return TRUTHS.get(text)
        case FactType.DATE:
            found = day(text)
            if found is None:
                file.error(written, f"{fact} is a date, and '{text}' is none", "Write 2026-11-24.")
            return found
        case FactType.DATETIME:
            hint = "Write a range such as 2026-01-01.. or an age such as 'within 7d'."
            file.error(written, f"{fact} is a moment, which never equals '{text}'", hint)
            return None
        case FactType.DURATION:
            hint = "Write a range such as ..7d or 30d.. instead."
            file.error(written, f"{fact} is a duration, which never equals '{text}'", hint)
            return None
        case FactType.TEXT | FactType.CHOICE | FactType.CHOICES:
            return text if option_exists(written, fact, file) else None


def option_exists(written: Scalar, fact: Fact, file: FileReader) -> bool:
    """True if the fact can have this value; an impossible or archived one is reported."""
    if not fact.options:
        return True
    option = fact.options.get(written.text)
    if option is None:
        message = f"'{written.text}' is not an option of {fact}"
        meant = _meant(written.text, fact)
        if meant is not None:
            file.error(written, message, f"Did you mean '{meant}'?")
        else:
            file.error(written, message, _form(fact), like=written.text, among=fact.options)
        return False
    if option.archived:
        hint = "New leads do not have it; remove it when old ones do not matter."
        file.warning(written, f"'{written.text}' is an archived option of {fact}", hint)
    return True


def _meant(text: str, fact: Fact) -> str | None:
    """The option whose label was written, or whose leading zero was left out."""
    for option in fact.options.values():
        if text.casefold() in (option.label.casefold(), option.value.lstrip("0").casefold()):
            return option.value
    return None


def _form(fact: Fact) -> str:
    if fact.name in _FORMS:
        return _FORMS[fact.name]
    few = len(fact.options) <= 12
    return f"Its options are: {', '.join(fact.options)}." if few else "See its options in HubSpot."


def _domain(written: Scalar, file: FileReader) -> str | None:
    if "@" in written.text:
        hint = f"Write what follows the '@': {written.text.rpartition('@')[2]}."
        file.error(written, f"'{written.text}' is no e-mail domain", hint)
        return None
    return written.text.lower()


def _number(written: Scalar, fact: Fact, file: FileReader) -> Decimal | None:
    found = number(written.text)
    if found is None:
        file.error(written, f"{fact} is a number, and '{written.text}' is none", number_hint(written.text))
    return found


def number_hint(text: str) -> str:
    """Hint on how to write the number that was probably meant."""
    bare = "".join(char for char in text if char not in " _'\u00a0\u202f")
    if number(bare) is not None:
        return f"Write it without separators: {bare}."
    if number(bare.replace(",", ".")) is not None:
        return f"Write it with a point: {bare.replace(',', '.')}."
    return "Write digits, such as 200, or a range: 50..199, 200.. or ..49."


def _owner_id(written: Scalar, fact: Fact, *, file: FileReader, catalog: Catalog) -> str | None:
    for owner in catalog.owners:
        if written.text.casefold() in (owner.email.casefold(), owner.id):
            return owner.id
    emails = (owner.email for owner in catalog.owners)
    hint = "Write the e-mail address of the HubSpot owner."
    file.error(
        written, f"HubSpot has no owner '{written.text}' for {fact}", hint, like=written.text, among=emails
    )
    return None
