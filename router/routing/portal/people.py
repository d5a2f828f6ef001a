"""The people of a portal: HubSpot's owners, and their availability."""

from __future__ import annotations

from msgspec import Struct

from router.routing.portal.availability import Availability
from router.routing.portal.owners import Owners


class People(Struct, frozen=True):
    """Owners by e-mail address, and the availability of reps."""

    owners: Owners
    availability: Availability
