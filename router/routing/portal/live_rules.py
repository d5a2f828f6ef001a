"""The live rules: the newest complete and correct files on disk, else the last good ones."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

import structlog

from router.ledger import LEDGER_ERRORS, Ledger
from router.policy.decision.compiled import CompiledPolicy, compile_policy
from router.policy.reports.bounds import bounds_of
from router.policy.rules.facts import Needed, properties_read
from router.policy.rules.policy import Policy
from router.policy.settling.listened import listened
from router.policy.settling.settling import Settling, settling_of
from router.repeated import repeated
from router.routing.portal.rules_author import origin_of
from router.routing.portal.rules_gate import GateResult, as_mistake
from router.routing.portal.rules_judging import RulesJudging
from router.rulefiles.load import load_files
from router.rules_on_disk import Fingerprint, RuleFilesUnreadable, fingerprint, read_rule_files
from router.store.shared.rules import RulesRepository

SETTLED_S: Final = 0.3
"""Files unchanged for this long (seconds) are complete: a `git pull` writes them one after the other."""
LOOKS: Final = 5
"""Checks whether the files have settled; the reader notices a file that is still being written."""


class NoRules(Exception):
    """No good rule files were ever seen; leads wait in the inbox until there are some."""


class LiveRules:
    """The live policy of one process. `refresh` is called every few seconds, `policy` on every batch."""

    def __init__(
        self,
        directory: Path,
        repository: RulesRepository,
        ledger: Ledger,
        *,
        judging: RulesJudging,
        clock: Callable[[], datetime],
        log: structlog.stdlib.BoundLogger,
    ) -> None:
        self._directory = directory
        self._repository = repository
        self._ledger = ledger
        self._judging = judging
        self._clock = clock
        self._log = log
        self._lock = threading.Lock()
        self._live: tuple[CompiledPolicy, Needed, Settling | None] | None = None
        self._files: Mapping[str, bytes] = {}
        self._seen: Fingerprint | None = None
        self._refused: Sequence[Mapping[str, Any]] = ()
        self._hopeless: str | None = None
        """The last good revision, if this version of the program refuses it."""
        self._published = True
        """True once the store knows the live revision and the mistakes on disk."""
        self._kept = True
        """True once the ledger has the live revision and its files."""

    @property
    def live(self) -> Policy | None:
        """The live policy, or None while no good files were ever seen."""
        return None if self._live is None else self._live[0].policy

    def held(self) -> Self:
        """A copy that does not change when other rules go live: one round reads and decides by one policy."""
        return copy.copy(self)

    def policy(self) -> Policy:
        """The live policy; raises `NoRules` while there is none."""
        return self._required()[0].policy

    def compiled(self) -> CompiledPolicy:
        """The live policy as `decide` takes it; raises `NoRules` while there is none."""
        return self._required()[0]

    def needed(self) -> Needed:
        """The properties that the live policy reads; raises `NoRules` while there is none."""
        return self._required()[1]

    def settling(self) -> Settling | None:
        """How the live policy lets new leads wait for their facts, or None; raises `NoRules`."""
        return self._required()[2]

    def _required(self) -> tuple[CompiledPolicy, Needed, Settling | None]:
        if self._live is None:
            raise NoRules("There are no good rule files yet; `router check` says what is wrong with them.")
        return self._live

    @property
    def files(self) -> Mapping[str, bytes]:
        """The files of the live policy, by name; empty while there is none."""
        return self._files

    def refresh(self) -> None:
        """Look at the files: a good change goes live as a whole, a bad one is reported and changes nothing.

        Raises `redis.RedisError` when the change cannot be published; the next refresh publishes it. Rules go
        live without the ledger, which keeps them as soon as it can be used.
        """
        with self._lock:
            there = fingerprint(self._directory)
            if there != self._seen:
                if self._seen is not None:
                    there = self._settled(there)
                self._seen = there
                self._look()
            if self._live is None:
                self._start_with_the_last_good()
            if not self._published or self._repository.is_blank():
                self._publish()
            if not self._kept:
                self._keep()

    def note_drift(self, sentences: Sequence[str], *, catalog: bytes) -> None:
        """Publish what the portal has changed since this catalog was pulled."""
        self._repository.note_drift(sentences, catalog=catalog)

    def _settled(self, there: Fingerprint) -> Fingerprint:
        """The fingerprint once the files stop changing; after five looks the last one."""
        for _ in range(LOOKS):
            time.sleep(SETTLED_S)
            before, there = there, fingerprint(self._directory)
            if there == before:
                break
        return there

    def _look(self) -> None:
        """Have the files on disk judged; good ones are live from here on."""
        judged, files = self._judged()
        self._published = False
        self._refused = judged.mistakes
        if judged.policy is not None:
            before = self.live.revision if self.live else None
            self._live, self._files = _compiled(judged.policy), files
            if before != judged.policy.revision:
                self._log.info("rules.went_live", revision=judged.policy.revision, before=before)
        for one in judged.mistakes:
            self._log.error("rules.refused", **one)

    def _judged(self) -> tuple[GateResult, Mapping[str, bytes]]:
        try:
            files = read_rule_files(self._directory)
            return self._judging.judged(files, now=self._clock()), files
        except RuleFilesUnreadable as error:
            return GateResult(None, (as_mistake(str(self._directory), str(error)),)), {}
        except Exception:  # noqa: BLE001 - whatever is in a file, leads go on by the last good rules
            self._log.exception("rules.unreadable")
            bug = "These files cannot be read because of a bug in Lead Router; its log has the details."
            return GateResult(None, (as_mistake(str(self._directory), bug),)), {}

    def _start_with_the_last_good(self) -> None:
        """Use the rules kept in Redis, or else in the ledger, while the files on disk are broken."""
        published = self._repository.last_good()
        kept = (published.revision, published.files) if published else self._last_in_ledger()
        if kept is None:
            return
        revision, files = kept
        if revision == self._hopeless:
            return
        policy = load_files(files).policy
        if policy is None:
            self._hopeless = revision
            self._log.error("rules.last_good_refused", revision=revision)
            return
        self._live, self._files = _compiled(policy), files
        self._published = False
        self._log.warning("rules.last_good_stays", revision=revision)

    def _last_in_ledger(self) -> tuple[str, dict[str, bytes]] | None:
        try:
            return self._ledger.revisions.last_files()
        except LEDGER_ERRORS as error:
            self._wait_for_ledger(error)
            return None

    def _publish(self) -> None:
        """Publish the live revision and the mistakes on disk."""
        self._published = False
        if self.live is not None:
            revision, now = self.live.revision, self._clock()
            self._repository.publish(
                revision, self._files, at=now, bounds=bounds_of(self.live), listened=listened(self.live)
            )
            self._kept = False
        if self._refused:
            self._repository.complain(self._refused)
        self._published = True

    def _keep(self) -> None:
        """Keep the live revision in the ledger, with the moment at which the first process published it.

        Every process does when it starts, so nothing is missing where one ended before it could.
        """
        published = self._repository.last_good()
        if self.live is None or published is None or published.revision != self.live.revision:
            return
        since = datetime.fromisoformat(published.loaded_at)
        try:
            self._ledger.keep_revision(published.revision, published.files, live_since=since)
            self._ledger.revisions.went_live(published.revision, at=since, origin=origin_of(self._directory))
        except LEDGER_ERRORS as error:
            self._wait_for_ledger(error)
        else:
            self._kept = True

    def _wait_for_ledger(self, error: Exception) -> None:
        why = str(error).partition("\n")[0]
        repeated.say(self._log, "rules.not_kept", problem=type(error).__name__, why=why)


def _compiled(policy: Policy) -> tuple[CompiledPolicy, Needed, Settling | None]:
    return compile_policy(policy), properties_read(policy), settling_of(policy)
