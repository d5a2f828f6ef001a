"""Messages to people by chat webhook and by mail: their text, their address, and safe delivery."""

from router.notify.channels import Channels
from router.notify.chat import Address, Chat, Delivered
from router.notify.errors import NotDelivered, NotifyError, Rejected, Unclear
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
    "Rejected",
    "Unclear",
]
