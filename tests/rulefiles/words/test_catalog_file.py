"""The catalog file keeps what the portal said, and says so when it cannot be read."""

from __future__ import annotations

import pytest

from router.policy.leads.catalog import Catalog, FactType, Property
from router.rulefiles.words.catalog_file import CatalogUnreadableError, dump_catalog, fact_type, parse_catalog
from tests.world.rule_files import a_catalog


def test_what_is_written_is_read_again() -> None:
    catalog = a_catalog()

    assert parse_catalog(dump_catalog(catalog)) == catalog


@pytest.mark.parametrize("kind", [kind for kind in FactType if kind is not FactType.DURATION])
def test_every_type_survives_the_file(kind: FactType) -> None:
    catalog = Catalog({"fact": Property("fact", 'A "fact"', kind)}, {})

    assert parse_catalog(dump_catalog(catalog)) == catalog


def test_the_order_in_which_the_portal_answers_changes_no_line() -> None:
    catalog = a_catalog()
    backwards = Catalog(
        dict(reversed(list(catalog.contact.items()))),
        dict(reversed(list(catalog.company.items()))),
        catalog.owners[::-1],
    )

    assert dump_catalog(backwards) == dump_catalog(catalog)


@pytest.mark.parametrize(
    ("hubspot", "meant"),
    [
        (("string", "textarea"), FactType.TEXT),
        (("number", "number"), FactType.NUMBER),
        (("date", "date"), FactType.DATE),
        (("datetime", "date"), FactType.DATETIME),
        (("bool", "booleancheckbox"), FactType.BOOL),
        (("enumeration", "booleancheckbox"), FactType.BOOL),
        (("enumeration", "radio"), FactType.CHOICE),
        (("enumeration", "checkbox"), FactType.CHOICES),
        (("phone_number", "phonenumber"), FactType.TEXT),
    ],
)
def test_hubspots_types_have_a_meaning(hubspot: tuple[str, str], meant: FactType) -> None:
    assert fact_type(*hubspot) is meant


@pytest.mark.parametrize(
    "content", [b"", b"[" * 50_000, b"null", b"[]", b'{"contact": [1], "company": [], "owners": []}']
)
def test_a_file_that_is_no_catalog_is_one_sentence(content: bytes) -> None:
    with pytest.raises(CatalogUnreadableError, match=r"hubspot\.catalog\.json is no catalog"):
        parse_catalog(content)
