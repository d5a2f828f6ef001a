"""Reader of one file of rule tests in `config/tests/`."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final

from msgspec import Struct

from router.policy.leads.catalog import Catalog
from router.policy.rules.policy import Policy
from router.rulefiles.rule_tests.expectations import ExpectationReader, Expected
from router.rulefiles.rule_tests.leads import LeadReader, Texts
from router.rulefiles.yaml.events import read
from router.rulefiles.yaml.file_reader import FileReader
from router.rulefiles.yaml.mistakes import Severity
from router.rulefiles.yaml.quantities import moment, whole, within
from router.rulefiles.yaml.tree import Node, YamlEntry

FILE_KEYS: Final = ("now", "defaults", "tests")
TEST_KEYS: Final = ("name", "now", "lead", "repeat", "expect")
FILE_REQUIRED: Final = {
    "now": "Add 'now: 2026-11-24T10:15', so that the tests give the same answer on every day.",
    "tests": "Add 'tests:' with at least one test.",
}
TEST_REQUIRED: Final = {
    "name": "Add 'name:'; it is what people read when the test fails.",
    "expect": "Add 'expect: {rule: …}' or another expectation.",
}
MOST_REPEATS: Final = 10_000


class RuleTest(Struct, frozen=True):
    """One test: `repeat` leads with these properties at `now` (UTC) must be decided as expected."""

    file: str
    line: int
    name: str
    now: datetime
    texts: Texts
    repeat: int
    expected: Expected


def read_cases(
    file: str, content: bytes, *, policy: Policy, catalog: Catalog
) -> tuple[FileReader, tuple[RuleTest, ...]]:
    """The file's reader and its tests, in order; a test with a mistake is reported and left out."""
    reader, root = read(file, content)
    if root is None:
        return reader, ()
    return reader, CaseReader(reader, policy, catalog).cases(root)


class CaseReader(Struct, frozen=True):
    """Reads a file of tests from top to bottom."""

    file: FileReader
    policy: Policy
    catalog: Catalog

    def cases(self, root: Node) -> tuple[RuleTest, ...]:
        """All tests of the file."""
        fields = self.file.fields(root, "a file of tests", known=FILE_KEYS, required=FILE_REQUIRED) or {}
        now = self._moment(fields.get("now"))
        defaults = self._leads().texts(fields["defaults"].value, "'defaults'") if "defaults" in fields else {}
        tests = self.file.elements(fields["tests"].value, "'tests'") if "tests" in fields else ()
        found = []
        lines: dict[str, int] = {}
        for element in tests:
            errors = self._errors()
            case = self._case(element, now, defaults, lines)
            # A test that was read in part would fail, or pass, for the wrong reason.
            if case is not None and self._errors() == errors:
                found.append(case)
        return tuple(found)

    def _case(
        self, element: Node, now: datetime | None, defaults: Texts, lines: dict[str, int]
    ) -> RuleTest | None:
        fields = self.file.fields(element, "a test", known=TEST_KEYS, required=TEST_REQUIRED)
        if fields is None:
            return None
        name = self.file.scalar(fields["name"].value, "'name'") if "name" in fields else None
        if name is not None:
            first = lines.setdefault(name.text, name.line)
            if first != name.line:
                message = f"two tests have the name '{name.text}', on line {first} and on line {name.line}"
                self.file.error(name, message, "Give one of them another name.")
        own = self._leads().texts(fields["lead"].value, "'lead'") if "lead" in fields else {}
        message = f"'repeat' is a number of leads from 1 to {MOST_REPEATS}, not '{{}}'"
        times = within(1, MOST_REPEATS, whole)
        repeat = self.file.value(fields.get("repeat"), times, message, "Write 60.") or 1
        reader = ExpectationReader(self.file, self.policy, self.catalog)
        expected = reader.expected(fields["expect"], leads=repeat) if "expect" in fields else Expected()
        now = self._moment(fields["now"]) if "now" in fields else now
        if name is None or now is None:
            return None
        return RuleTest(
            file=self.file.name,
            line=name.line,
            name=name.text,
            now=now,
            texts={**defaults, **own},
            repeat=repeat,
            expected=expected,
        )

    def _errors(self) -> int:
        return sum(mistake.severity is Severity.ERROR for mistake in self.file.found)

    def _leads(self) -> LeadReader:
        return LeadReader(self.file, self.catalog, self.policy.roster)

    def _moment(self, entry: YamlEntry | None) -> datetime | None:
        read = partial(moment, timezone=self.policy.roster.timezone)
        hint = "Write 2026-11-24T10:15, in the team's time zone."
        return self.file.value(entry, read, "'now' is a moment, and '{}' is none", hint)
