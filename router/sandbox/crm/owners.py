"""The owners of acme.fr: eight reps, a manager, and a deactivated owner."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from router.sandbox.clock import iso


class Owner(Struct, frozen=True):
    """A person of the portal. The owner id and the user id are different numbers."""

    id: str
    email: str
    first_name: str
    last_name: str
    user_id: int
    archived: bool = False

    def archive(self) -> "Owner":
        """The same person, deactivated."""
        return replace(self, archived=True)


OWNERS = (
    Owner("71480101", "camille.durand@acme.fr", "Camille", "Durand", 25531101),
    Owner("71480102", "hugo.petit@acme.fr", "Hugo", "Petit", 25531102),
    Owner("71480103", "lea.moreau@acme.fr", "Léa", "Moreau", 25531103),
    Owner("71480104", "nadia.benali@acme.fr", "Nadia", "Benali", 25531104),
    Owner("71480105", "yann.legall@acme.fr", "Yann", "Le Gall", 25531105),
    Owner("71480106", "sophie.keller@acme.fr", "Sophie", "Keller", 25531106),
    Owner("71480107", "marc.dubois@acme.fr", "Marc", "Dubois", 25531107),
    Owner("71480108", "ines.garcia@acme.fr", "Inès", "Garcia", 25531108),
    Owner("71480109", "claire.manager@acme.fr", "Claire", "Fontaine", 25531109),
    Owner("71480110", "paul.ancien@acme.fr", "Paul", "Ancien", 25531110, archived=True),
)
_JOINED_MS = 1_704_099_600_000  # 2024-01-01T09:00Z


def described(owner: Owner) -> dict[str, Any]:
    """The owner as the Owners API answers; a deactivated one has no userId any more."""
    return {
        "id": owner.id,
        "email": owner.email,
        "type": "PERSON",
        "firstName": owner.first_name,
        "lastName": owner.last_name,
        "userId": None if owner.archived else owner.user_id,
        "userIdIncludingInactive": owner.user_id,
        "createdAt": iso(_JOINED_MS),
        "updatedAt": iso(_JOINED_MS),
        "archived": owner.archived,
    }


def user_properties(owner: Owner) -> dict[str, str]:
    """The owner as a record of the Users object; hours and absences start empty, as they often are."""
    return {
        "hs_email": owner.email,
        "hs_given_name": owner.first_name,
        "hs_family_name": owner.last_name,
        "hs_internal_user_id": str(owner.user_id),
        "hubspot_owner_id": owner.id,
        "hs_availability_status": "available",
        "hs_standard_time_zone": "Europe/Paris",
    }
