"""The follow-up of each lead that a rep was given: first response, status, stage, won or lost."""

from router.ledger.follow_ups.follow_ups import FollowUpPage, FollowUps
from router.ledger.follow_ups.updates import Seen

__all__ = ["FollowUpPage", "FollowUps", "Seen"]
