"""The official client's API objects, built once and speaking through our transport.

Every access to `client.crm.contacts.batch_api` builds a new connection pool, which costs a TLS handshake per
call; `api_factory` is the client's hook against that.
"""

from __future__ import annotations

from typing import Any

from hubspot import HubSpot
from msgspec import Struct

from router.hubspot.api.transport import Transport


class Apis(Struct, frozen=True):
    """The API objects that the gateway calls; each call returns an `Answer`."""

    contacts: Any
    contact_search: Any
    companies: Any
    objects: Any
    owners: Any
    properties: Any
    groups: Any


def build_apis(*, access_token: str, base_url: str, transport: Transport) -> Apis:
    """Build every API object on one transport; `base_url` has no path, e.g. `https://api.hubapi.com`."""

    def factory(package: Any, name: str, config: dict[str, Any]) -> Any:
        configuration = package.Configuration()
        configuration.access_token = config["access_token"]
        configuration.host = base_url.rstrip("/")
        client = package.ApiClient(configuration=configuration)
        client.user_agent = "lead-router"
        client.rest_client = transport
        # Our bodies are plain JSON already; going through them value by value costs 10 µs per lead.
        client.sanitize_for_serialization = lambda body: body
        return getattr(package, name)(api_client=client)

    crm = HubSpot(access_token=access_token, api_factory=factory).crm
    return Apis(
        contacts=crm.contacts.batch_api,
        contact_search=crm.contacts.search_api,
        companies=crm.companies.batch_api,
        objects=crm.objects.basic_api,
        owners=crm.owners.owners_api,
        properties=crm.properties.core_api,
        groups=crm.properties.groups_api,
    )
