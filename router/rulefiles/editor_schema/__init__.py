"""JSON Schemas for editors, which offer values and underline mistakes in each kind of rule file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from router.policy.leads.catalog import Catalog
from router.rulefiles.editor_schema.facts import facts_of
from router.rulefiles.editor_schema.names import names_in
from router.rulefiles.editor_schema.parts import Schema
from router.rulefiles.editor_schema.routing import routing_schema
from router.rulefiles.editor_schema.scoring import scoring_schema
from router.rulefiles.editor_schema.team import lists_schema, team_schema
from router.rulefiles.editor_schema.tests import tests_schema

DIALECT: Final = "http://json-schema.org/draft-07/schema#"
"""The dialect of JSON Schema that yaml-language-server supports best."""


def editor_schemas(files: Mapping[str, bytes], catalog: Catalog) -> dict[str, Schema]:
    """JSON Schemas by the name of their file, from the portal's catalog and the names in the rule files.

    The rule files may be broken, which is when their author needs an editor most: names that cannot be read
    are then not offered, and not underlined either. `router check` decides in the end: a schema cannot know,
    for example, to which column of a table a cell belongs.
    """
    names = names_in(files)
    facts = facts_of(catalog, names)
    made = {
        "team": team_schema(catalog, names),
        "lists": lists_schema(names),
        "scoring": scoring_schema(facts, names),
        "routing": routing_schema(facts, catalog, names),
        "tests": tests_schema(catalog, names),
    }
    return {f"{name}.json": {"$schema": DIALECT, **schema} for name, schema in made.items()}
