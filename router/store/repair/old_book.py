"""The book of an earlier version, which kept the counts of every day for ever."""

from __future__ import annotations

from datetime import date

import redis

from router.store.keys import Keys
from router.store.scripts import script


class OldBook:
    """The book of one portal, as an earlier version may have left it."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._keys = keys
        self._clean = script(client, "repair/old_book")

    def clean(self, *, first_day: date) -> int:
        """Take the counts of days out of the book, in one step; returns the number of fields taken out.

        The days from `first_day` on get their own hashes. Credits stay, those of reps who left included. Safe
        to repeat; what an old process counts meanwhile is added the next time.
        """
        asked = [self._keys.book_of_day(""), first_day.isoformat()]
        return int(self._clean(keys=[self._keys.book], args=asked))
