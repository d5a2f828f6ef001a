"""How often leads waited for each fact, and which of them the rule files should not wait for."""

from __future__ import annotations

from router.policy.leads.settle import Settle, Settled, never_late
from router.policy.settling.fact_waits import FactWaits, fact_waits

USUAL = Settle()


def waits(*, country: int = 0, of: int, ms: int = 2_000, fact: str = "country") -> list[Settled]:
    """So many waits, and in so many of them the fact came."""
    return [Settled(ms, (fact,), () if number < country else (fact,)) for number in range(of)]


def test_each_fact_is_counted_with_the_seconds_that_it_cost() -> None:
    found = fact_waits(
        [
            Settled(6_000, ("country", "company.size"), ("company.size",)),
            Settled(4_000, ("country", "company.size"), ()),
            Settled(1_500, ("country",), ("country",)),
            Settled(0, (), ("jobtitle",)),
        ],
        settle=USUAL,
    )

    assert found == (
        FactWaits("company.size", waited=2, came=1, lost_s=6.0),
        FactWaits("country", waited=3, came=2, lost_s=1.5),
    )


def test_a_fact_that_hardly_ever_comes_is_advised_against() -> None:
    def advice(came: int, of: int) -> tuple[str, ...]:
        (one,) = fact_waits(waits(country=came, of=of, fact="jobtitle"), settle=USUAL)
        return one.never_late

    assert advice(0, 20) == advice(4, 100) == ("jobtitle",)
    assert advice(0, 19) == (), "too few waits say nothing"
    assert advice(1, 20) == advice(5, 100) == ()


def test_a_property_that_brings_another_fact_is_waited_for_all_the_same() -> None:
    place = waits(of=30, fact="region")
    by_name = {one.fact: one for one in fact_waits([*place, *waits(of=30, country=20)], settle=USUAL)}

    assert by_name["region"].never_late == ("zip",), "the country comes"
    assert by_name["country"].never_late == ()
    assert by_name["region"].hardly_ever_comes


def test_only_properties_of_the_contact_can_be_named() -> None:
    (company,) = fact_waits(waits(of=30, fact="company.size"), settle=USUAL)
    (named,) = fact_waits(waits(of=30, fact="jobtitle"), settle=Settle(never_late=never_late(("jobtitle",))))

    assert company.hardly_ever_comes and company.never_late == ()
    assert named.never_late == (), "it is named already"


def test_no_wait_is_an_empty_answer() -> None:
    assert fact_waits([], settle=USUAL) == ()
