"""The rules that we ship prove clean, and fast enough to be proved on every edit."""

from __future__ import annotations

import time
from pathlib import Path

from router.rulefiles.load import load_files
from router.rulefiles.proofs.prove import prove
from router.rulefiles.words.catalog_file import CATALOG_FILE, parse_catalog
from router.rulefiles.yaml.mistakes import Severity
from router.rules_on_disk import read_rule_files
from tests.rulefiles.proofs.proving import NOW, reported

CONFIG = Path(__file__).parents[3] / "config"


def test_the_shipped_rules_prove_clean() -> None:
    files = read_rule_files(CONFIG)
    policy = load_files(files).policy
    assert policy is not None

    started = time.perf_counter()
    findings = prove(policy, catalog=parse_catalog(files[CATALOG_FILE]), now=NOW, files=files)
    took_s = time.perf_counter() - started

    assert reported(findings, Severity.ERROR, Severity.WARNING) == ""
    assert took_s < 0.5
