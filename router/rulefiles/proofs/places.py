"""The places of findings in the files: a line, with a caret under the name that it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from router.rulefiles.proofs.findings import Finding
from router.rulefiles.yaml.mistakes import Mistake
from router.rulefiles.yaml.source import text_of


def placed(findings: Iterable[Finding], files: Mapping[str, bytes]) -> list[Mistake]:
    """The findings as mistakes; without its file a finding has its line and column 1."""
    listed = list(findings)
    named = {finding.file for finding in listed} & files.keys()
    lines = {name: text_of(name, files[name])[0].lines for name in named}
    return [_mistake(finding, lines.get(finding.file, ())) for finding in listed]


def _mistake(finding: Finding, lines: tuple[str, ...]) -> Mistake:
    source_line = lines[finding.line - 1] if 0 < finding.line <= len(lines) else ""
    return Mistake(
        file=finding.file,
        line=finding.line,
        column=_column(source_line, finding.subject),
        severity=finding.severity,
        message=finding.message,
        hint=finding.hint,
        source_line=source_line,
    )


def _column(line: str, subject: str) -> int:
    """Column of the name, from 1; for a row of a table without one, the column where its text begins."""
    found = line.find(subject) if subject else -1
    if found < 0:
        found = len(line) - len(line.lstrip(" -"))
    return found + 1
