"""Running of rule tests: whether decisions are as expected, and the rules that no test reaches."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from router.policy.decision.compiled import CompiledPolicy, compile_policy
from router.policy.decision.decide import decide_on_facts
from router.policy.decision.decision import Decision
from router.policy.decision.inputs import DecisionRequest, World
from router.policy.explanation.explanation import explain
from router.policy.explanation.step import Step
from router.policy.leads.catalog import Catalog, Owner
from router.policy.rules.policy import Policy, Rule
from router.policy.shares.share_book import Book
from router.rulefiles.rule_tests.cases import RuleTest, read_cases
from router.rulefiles.rule_tests.leads import lead_of
from router.rulefiles.rule_tests.verdict import UnmetExpectation, differences, share_difference
from router.rulefiles.yaml.mistakes import Mistake, Severity, in_order

TEST_FILES: Final = "tests/*.test.yaml"


class Tested(Struct, frozen=True):
    """One test and its result: no difference means that it passed.

    `steps` explain the first decision that was not as expected, in the policy's language; a test that passed
    has none. `lead` is the number of that decision among the repeated leads, from 1.
    """

    file: str
    line: int
    name: str
    rule: str
    differences: tuple[UnmetExpectation, ...] = ()
    steps: tuple[Step, ...] = ()
    lead: int = 1

    @property
    def passed(self) -> bool:
        """True if everything was as expected."""
        return not self.differences


class RuleTestResults(Struct, frozen=True):
    """Every test with its result, the mistakes in the files of tests, and the rules that no test reaches."""

    tests: tuple[Tested, ...]
    mistakes: tuple[Mistake, ...]
    unreached: tuple[Rule, ...]

    @property
    def passed(self) -> bool:
        """True if no file has an error and every test passed, also if there are no tests."""
        broken = any(mistake.severity is Severity.ERROR for mistake in self.mistakes)
        return not broken and all(tested.passed for tested in self.tests)


def run_tests(files: Mapping[str, bytes], policy: Policy, catalog: Catalog) -> RuleTestResults:
    """Run the tests of the files named `tests/<name>.test.yaml`; other files are ignored.

    Owners are the catalog's, the book of shares is empty at the start of each test, and time is the test's
    own `now`: the same files give the same results everywhere. It never raises for the content of the files.
    """
    mistakes: list[Mistake] = []
    tests: list[Tested] = []
    reached: set[tuple[str, int]] = set()
    compiled, owners = compile_policy(policy), owners_by_email(catalog)
    for name in sorted(files):
        if not fnmatchcase(name, TEST_FILES):
            continue
        file, cases = read_cases(name, files[name], policy=policy, catalog=catalog)
        mistakes += file.found
        for case in cases:
            decisions = _decisions(case, compiled, owners)
            reached.update((decision.rule, decision.rule_line) for decision in decisions)
            tests.append(_judged(case, decisions, policy))
    return RuleTestResults(
        tests=tuple(tests),
        mistakes=in_order(mistakes),
        unreached=tuple(rule for rule in policy.rules if (rule.name, rule.line) not in reached),
    )


def owners_by_email(catalog: Catalog) -> dict[str, Owner]:
    """The catalog's owners by lower-case e-mail; an active one wins over an archived one."""
    archived_first = sorted(catalog.owners, key=lambda owner: not owner.archived)
    return {owner.email.lower(): owner for owner in archived_first}


def _decisions(case: RuleTest, compiled: CompiledPolicy, owners: Mapping[str, Owner]) -> list[Decision]:
    world, decisions = World(Book(), owners, case.now), []
    for number in range(1, case.repeat + 1):
        lead = lead_of(case.texts, contact_id=f"test-{number}")
        facts = compiled.read(lead, case.now)
        decision = decide_on_facts(compiled, facts, world, DecisionRequest(lead.id))
        decisions.append(decision)
        if case.repeat > 1:
            world = replace(world, book=world.book.apply(decision.book_changes))
    return decisions


def _judged(case: RuleTest, decisions: list[Decision], policy: Policy) -> Tested:
    expected, zone = case.expected, policy.roster.timezone
    compared = [differences(expected, decision, timezone=zone) for decision in decisions]
    first = next((place for place, found in enumerate(compared) if found), len(decisions) - 1)
    found, share = compared[first], share_difference(expected, decisions)
    if share is not None:
        found = (*found, share)
    decision = decisions[first]
    steps = explain(decision, policy, language=policy.language) if found else ()
    return Tested(case.file, case.line, case.name, decision.rule, found, steps, first + 1)
