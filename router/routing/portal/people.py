"""The people of a portal: HubSpot's owners, and their availability."""

from __future__ import annotations

from dataclasses import dataclass

from router.routing.portal.availability import Availability
from router.routing.portal.owners import Owners


@dataclass(frozen=True, slots=True)
class People:
    """Owners by e-mail address, and the availability of reps."""

    owners: Owners
    availability: Availability
