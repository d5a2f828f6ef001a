"""A private app as HubSpot knows it: a token and plain HTTP calls."""

from __future__ import annotations

from typing import Any

import requests

CAMILLE, HUGO, LEA, CLAIRE, PAUL = "71480101", "71480102", "71480103", "71480109", "71480110"


class App:
    """Calls the portal's API. Answers are `requests.Response`; nothing is retried."""

    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {token}"

    def post(self, path: str, body: Any, *, timeout_s: float = 10) -> requests.Response:
        return self.session.post(self.base_url + path, json=body, timeout=timeout_s)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.session.get(self.base_url + path, params=query, timeout=10)

    def patch(self, path: str, body: Any) -> requests.Response:
        return self.session.patch(self.base_url + path, json=body, timeout=10)

    def delete(self, path: str) -> requests.Response:
        return self.session.delete(self.base_url + path, timeout=10)

    def read(self, *ids: str, base: str = "/crm/v3/objects/contacts", **body: Any) -> requests.Response:
        """POST batch/read of these contacts."""
        return self.post(f"{base}/batch/read", {"inputs": [{"id": one} for one in ids], **body})

    def update(
        self, changes: dict[str, dict[str, Any]], *, base: str = "/crm/v3/objects/contacts"
    ) -> requests.Response:
        """POST batch/update: the properties to set, by contact."""
        inputs = [{"id": one, "properties": properties} for one, properties in changes.items()]
        return self.post(f"{base}/batch/update", {"inputs": inputs})

    def search(self, *filters: dict[str, Any], **body: Any) -> requests.Response:
        """POST search of contacts with one group of filters."""
        groups = [{"filters": list(filters)}] if filters else []
        return self.post("/crm/v3/objects/contacts/search", {"filterGroups": groups, **body})
