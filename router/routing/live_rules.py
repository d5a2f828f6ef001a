"""Which rules are live: the newest files on disk that are whole and right, else the last good ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from router.ledger import Ledger
from router.policy.facts import Needed, properties_read
from router.policy.rules import Policy
from router.rulefiles.catalog_file import CATALOG_FILE, CatalogUnreadableError, parse_catalog
from router.rulefiles.load import load_policy
from router.rulefiles.mistakes import Severity
from router.rules_on_disk import RuleFilesUnreadable, fingerprint, read_rule_files
from router.store.rules import RulesShelf


class NoRules(Exception):  # noqa: N818 - it reads as a sentence where it is caught
    """No good rule files were ever seen; leads wait in the inbox until there are some."""


class LiveRules:
    """The live policy of one process. `refresh` is called every few seconds, `policy` on every batch."""

    def __init__(
        self,
        directory: Path,
        shelf: RulesShelf,
        ledger: Ledger,
        *,
        clock: Callable[[], datetime],
        log: structlog.stdlib.BoundLogger,
    ) -> None:
        self._directory = directory
        self._shelf = shelf
        self._ledger = ledger
        self._clock = clock
        self._log = log
        self._turn = threading.Lock()
        self._live: tuple[Policy, Needed] | None = None
        self._seen: object = None

    @property
    def live(self) -> tuple[Policy, Needed] | None:
        """The live policy with the properties it reads, or None while no good files were ever seen."""
        return self._live

    def required(self) -> tuple[Policy, Needed]:
        """The live policy; raises `NoRules` while there is none."""
        if self._live is None:
            raise NoRules("There are no good rule files yet; `router check` says what is wrong with them.")
        return self._live

    def refresh(self) -> None:
        """Look at the files: a good change goes live whole, a bad one is reported and changes nothing."""
        with self._turn:
            now_there = fingerprint(self._directory)
            if now_there == self._seen and self._live is not None:
                return
            changed = now_there != self._seen
            self._seen = now_there
            if not self._from_disk(complain=changed) and self._live is None:
                self._from_shelf()

    def _from_disk(self, *, complain: bool) -> bool:
        """Whether the files on disk went live."""
        try:
            files = read_rule_files(self._directory)
        except RuleFilesUnreadable as error:
            mistakes = [_mistake(str(self._directory), str(error))]
        else:
            policy, mistakes = _load(files)
            if policy is not None:
                self._go_live(policy, files)
                return True
        if complain:
            self._shelf.complain(mistakes)
            for one in mistakes:
                self._log.error("rules.refused", **one)
        return False

    def _go_live(self, policy: Policy, files: Mapping[str, bytes]) -> None:
        before = self._live[0].revision if self._live else None
        self._live = (policy, properties_read(policy))
        now = self._clock()
        self._shelf.publish(policy.revision, files, at=now)
        self._ledger.keep_revision(policy.revision, files, live_since=now)
        if before != policy.revision:
            self._log.info("rules.went_live", revision=policy.revision, before=before)

    def _from_shelf(self) -> None:
        """Start with the last good files when the ones on disk are broken."""
        kept = self._shelf.last_good()
        if kept is None:
            return
        policy, _mistakes = _load(kept.files)
        if policy is None:
            self._log.error("rules.last_good_refused", revision=kept.revision)
            return
        self._live = (policy, properties_read(policy))
        self._log.warning("rules.last_good_stays", revision=kept.revision)


def _load(files: Mapping[str, bytes]) -> tuple[Policy | None, list[dict[str, Any]]]:
    """The policy, or None and the errors that keep the files from being one."""
    try:
        catalog = parse_catalog(files[CATALOG_FILE])
    except CatalogUnreadableError as error:
        return None, [_mistake(CATALOG_FILE, str(error))]
    loaded = load_policy(files, catalog=catalog)
    errors = [one for one in loaded.mistakes if one.severity is Severity.ERROR]
    return loaded.policy, [_mistake(one.file, one.message, one.line, one.column) for one in errors]


def _mistake(file: str, message: str, line: int = 0, column: int = 0) -> dict[str, Any]:
    return {"file": file, "line": line, "column": column, "message": message}
