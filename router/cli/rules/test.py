"""`router test`: decide every lead of config/tests and compare with the expectations."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from router.cli.shared.formatting import count_of, print_json
from router.cli.shared.rules_here import rules_here
from router.cli.shared.screen import hanging, screen
from router.plain import as_plain
from router.rulefiles.rule_tests.run import RuleTestResults, Tested, run_tests

HOW_TO_BEGIN = (
    "There is no test in {folder}/tests. A test is a lead and what must become of it; "
    "begin with tests/first.test.yaml:\n\n"
    "now: 2026-11-24T10:15\n"
    "tests:\n"
    "  - name: What the lead is, and where it must go\n"
    "    lead: {{zip: 75011}}\n"
    "    expect: {{team: …}}"
)


@click.command(epilog="Example: router test --coverage config")
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--coverage", is_flag=True, help="Name the rules that no test reaches, too.")
@click.option("--json", "as_json", is_flag=True, help="Print every result as JSON.")
def test(directory: Path | None, *, coverage: bool, as_json: bool) -> None:
    """Decide the leads of DIR/tests/*.test.yaml and compare (DIR: CONFIG_DIR, or config).

    Needs no other setting and no network. Exit code 1 if a test fails, or if there is none.
    """
    here = rules_here(directory)
    results = run_tests(here.files, here.policy, here.catalog)
    has_passed = results.passed and bool(results.tests)
    if as_json:
        print_json(_as_json(results, has_passed=has_passed))
        raise SystemExit(0 if has_passed else 1)
    out = screen()
    for mistake in results.mistakes:
        out.print(str(mistake), soft_wrap=True)
    for tested in results.tests:
        if not tested.passed:
            _print_failure(out, tested)
    if coverage:
        _print_coverage(out, results, rules=len(here.policy.rules))
    if not results.tests and not results.mistakes:
        out.print(HOW_TO_BEGIN.format(folder=here.folder), soft_wrap=True)
    else:
        _print_sum(out, results)
    raise SystemExit(0 if has_passed else 1)


def _print_failure(out: Console, tested: Tested) -> None:
    out.print(Text.assemble((f"{tested.file}:{tested.line}: ", "bold"), ("fails: ", "bold red"), tested.name))
    if tested.lead > 1 and tested.differences[0].what != "share":
        out.print(f"  The first {tested.lead - 1} of its leads went as expected; lead {tested.lead} did not.")
    for one in tested.differences:
        out.print(Text.assemble(f"  {one.what}: expected ", (one.expected, "green")), soft_wrap=True)
        out.print(Text.assemble(" " * (len(one.what) + 9), "got ", (one.got, "red")), soft_wrap=True)
    for step in tested.steps:
        out.print(Text(step.title, "cyan"))
        for line in step.lines:
            out.print(hanging(line, width=out.width))
    out.print()


def _print_coverage(out: Console, results: RuleTestResults, *, rules: int) -> None:
    reached = rules - len(results.unreached)
    out.print(Text(f"{reached} of {count_of(rules, 'rule')} reached by a test", "bold"))
    for rule in results.unreached:
        out.print(f"  routing.yaml:{rule.line}: no test reaches '{rule.name}'", soft_wrap=True)
    out.print()


def _print_sum(out: Console, results: RuleTestResults) -> None:
    failed = Counter(tested.file for tested in results.tests if not tested.passed)
    for file, count in Counter(tested.file for tested in results.tests).items():
        mark = Text("fails ", "bold red") if failed[file] else Text("passes", "green")
        out.print(Text.assemble(mark, f" {file}: {count - failed[file]} of {count_of(count, 'test')}"))
    if results.passed:
        out.print(
            Text.assemble(("Fine", "bold green"), f": {count_of(len(results.tests), 'test')}, all passed")
        )
        return
    counts = [count_of(failed.total(), "test") + " failed"] if failed else []
    counts += [count_of(len(results.mistakes), "mistake") + " in the tests"] if results.mistakes else []
    out.print(Text(", ".join(counts) + ".", "bold red"))


def _as_json(results: RuleTestResults, *, has_passed: bool) -> dict[str, object]:
    return {
        "ok": has_passed,
        "tests": [{**as_plain(tested), "passed": tested.passed} for tested in results.tests],
        "mistakes": [as_plain(mistake) for mistake in results.mistakes],
        "unreached_rules": [{"rule": rule.name, "line": rule.line} for rule in results.unreached],
    }
