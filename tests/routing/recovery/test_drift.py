"""A change of the portal that touches a rule is told before it bites; any other is nobody's concern."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from msgspec.structs import replace

from router.policy.leads.catalog import Catalog, FactType, Property
from router.routing.portal.services import Services
from router.routing.recovery.drift import check_drift, drift_between
from router.rulefiles.words.catalog_file import parse_catalog
from router.sandbox.http.client import SandboxClient
from router.store.health.vitals import Vitals
from router.time_slice import time_slice
from tests.world.leads import OWNERS
from tests.world.rule_folders import CATALOG, SMALL
from tests.world.well import sentences_of

Portal = Callable[[Catalog], Catalog]


def the_files() -> dict[str, bytes]:
    found = {path.name: path.read_bytes() for path in SMALL.iterdir()}
    # Paul left long ago: the small rules keep him so that tests see an archived owner.
    found["team.yaml"] = found["team.yaml"].replace(b"  paul:    {owner: paul.ancien@acme.fr}\n", b"")
    return found | {CATALOG.name: CATALOG.read_bytes()}


def with_property(catalog: Catalog, name: str, change: Callable[[Property], Property | None]) -> Catalog:
    contact = dict(catalog.contact)
    changed = change(contact.pop(name))
    return replace(catalog, contact=contact if changed is None else contact | {name: changed})


def without_option(value: str) -> Callable[[Property], Property]:
    return lambda prop: replace(prop, options=tuple(one for one in prop.options if one.value != value))


def with_option(value: str, **changes: object) -> Callable[[Property], Property]:
    def change(prop: Property) -> Property:
        options = (replace(one, **changes) if one.value == value else one for one in prop.options)  # type: ignore[arg-type]
        return replace(prop, options=tuple(options))

    return change


def without_owner(email: str) -> Portal:
    return lambda catalog: replace(
        catalog,
        owners=tuple(replace(one, archived=one.archived or one.email == email) for one in catalog.owners),
    )


@pytest.mark.parametrize(
    ("portal", "told"),
    [
        (
            lambda catalog: with_property(catalog, "type_demande", without_option("support")),
            ["routing.yaml:7:26: 'support' is not an option of type_demande (Type de demande)."],
        ),
        (
            lambda catalog: with_property(catalog, "type_demande", with_option("support", archived=True)),
            ["routing.yaml:7:26: 'support' is an archived option of type_demande (Type de demande)."],
        ),
        (
            lambda catalog: with_property(catalog, "type_demande", with_option("support", label="SAV")),
            [
                "routing.yaml:7:1: the option 'support' of type_demande is called 'SAV' now, "
                "no longer 'Support'."
            ],
        ),
        (
            lambda catalog: with_property(catalog, "jobtitle", lambda _: None),
            ["scoring.yaml:4:5: HubSpot has no contact property 'jobtitle'."],
        ),
        (
            lambda catalog: with_property(
                catalog, "type_demande", lambda prop: replace(prop, type=FactType.NUMBER, options=())
            ),
            [
                "routing.yaml:7:26: type_demande (Type de demande) is a number, and 'support' is none.",
                "the property type_demande is of type number now, no longer choice.",
            ],
        ),
        (without_owner("hugo.petit@acme.fr"), ["team.yaml:5:", "hugo.petit@acme.fr"]),
        (
            lambda catalog: with_property(catalog, "hs_country_region_code", lambda _: None),
            ["HubSpot no longer has the property hs_country_region_code, from which country is made."],
        ),
        (lambda catalog: with_property(catalog, "phone", lambda _: None), []),
        (
            lambda catalog: with_property(catalog, "type_demande", with_option("devis", label="Prix")),
            ["Prix"],
        ),
        (without_owner("claire.manager@acme.fr"), []),
        (lambda catalog: catalog, []),
    ],
)
def test_what_touches_a_rule_is_told_with_its_place(portal: Portal, told: list[str]) -> None:
    files = the_files()

    found = " | ".join(drift_between(files, portal(parse_catalog(files[CATALOG.name]))))

    assert [part for part in told if part not in found] == []
    assert bool(found) == bool(told)


def test_what_has_drifted_is_on_the_health_page_until_the_catalog_is_pulled_again(
    services: Services, rules: Path, sandbox: SandboxClient, redis_client: redis.Redis
) -> None:
    sandbox.archive_owner(OWNERS["hugo"])

    found = check_drift(services)
    before = sentences_of(redis_client, services.store.keys, "portal_changed")
    (rules / CATALOG.name).write_bytes((rules / CATALOG.name).read_bytes() + b"\n")
    services.rules.refresh()
    after = sentences_of(redis_client, services.store.keys, "portal_changed")

    assert found is not None
    assert len(found) == 1
    assert before == (f"The portal has changed: {found[0]}",)
    assert "hugo.petit@acme.fr" in found[0]
    assert after == ()


def test_a_portal_that_has_not_changed_is_no_warning(services: Services, redis_client: redis.Redis) -> None:
    assert check_drift(services) == ()
    assert Vitals(redis_client, services.store.keys).read().drift == ()


def test_the_portal_is_read_in_one_turn_and_compared_in_the_next(
    services: Services, sandbox: SandboxClient
) -> None:
    sandbox.archive_owner(OWNERS["hugo"])
    calls = sandbox.calls()["total"]

    with time_slice(0):
        assert check_drift(services) is None
    read = sandbox.calls()["total"]
    with time_slice(0):
        found = check_drift(services)

    assert read > calls
    assert sandbox.calls()["total"] == read
    assert found is not None
    assert "hugo.petit@acme.fr" in found[0]
    with time_slice(0):
        assert check_drift(services) is None, "the next night reads the portal again"
