"""Telling reps by chat: what a message says, which webhook it goes to, and how it gets there safely."""

from router.notify.channels import Channels
from router.notify.chat import Address, Chat, Delivered
from router.notify.errors import NotDelivered, NotifyError, Unclear
from router.notify.mail import Letter, Mail
from router.notify.message import Message

__all__ = [
    "Address",
    "Channels",
    "Chat",
    "Delivered",
    "Letter",
    "Mail",
    "Message",
    "NotDelivered",
    "NotifyError",
    "Unclear",
]
