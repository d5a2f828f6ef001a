"""The memory of a company that cannot be read is no memory, and the others are read."""

from __future__ import annotations

import pytest
import redis

from router.policy.rules.affinity import Trace
from router.store.keys import Keys
from router.store.leads.company_memory import Companies, written_memory


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"o":"1"}',
        '{"o":"1","c":"2","t":1e400}',
        '{"o":"1","c":"2","t":' + "9" * 30 + "}",
    ],
)
def test_a_memory_that_cannot_be_read_is_none(redis_client: redis.Redis, keys: Keys, text: str) -> None:
    companies = Companies(redis_client, keys)
    key = companies.naming()
    ours, other = key(Trace("domain", "acme.fr")), key(Trace("domain", "acier.fr"))
    redis_client.set(ours, text)
    redis_client.set(other, written_memory(owner_id="77", contact_id="501", at_ms=5))

    assert [kept.owner_id for kept in companies.recall([ours, other]).values()] == ["77"]
