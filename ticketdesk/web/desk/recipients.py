"""Who a reply goes to, as it was ticked and typed."""

from collections.abc import Iterable

from sqlalchemy import select

from ticketdesk.channels import mailbox
from ticketdesk.channels.email import addresses
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.web.texts import _

MOST = 50

Pairs = list[tuple[str, str]]


def chosen(ticked: Iterable[str], typed: str | None) -> list[str]:
    """Ticked and typed addresses, each once, in one form; raises Invalid for what is none."""
    found: list[str] = []
    for word in [*ticked, *(typed or "").replace(";", ",").replace("\n", ",").split(",")]:
        if not word.strip():
            continue
        address = addresses.normalise(word)
        if not addresses.is_address(address):
            raise Invalid(_("“%(word)s” is no mail address.", word=word.strip()[:80]), "to")
        if address not in found:
            found.append(address)
    return found


def named(to: list[str], cc: list[str]) -> tuple[Pairs, Pairs]:
    """The addresses with the names we know; raises Invalid for our own mailboxes, for too many, or for none."""
    cc = [address for address in cc if address not in to]
    everyone = [*to, *cc]
    if not to:
        raise Invalid(_("Add at least one recipient."), "to")
    if len(everyone) > MOST:
        raise Invalid(_("A reply goes to at most %(most)s people.", most=MOST), "to")
    if ours := mailbox.addresses() & set(everyone):
        raise Invalid(_("%(address)s is our own mailbox.", address=min(ours)), "to")
    rows = db.session.execute(
        select(Identity.value, Identity.name).where(Identity.kind == "email", Identity.value.in_(everyone))
    )
    names = {row.value: row.name for row in rows}
    return [(one, names.get(one, "")) for one in to], [(one, names.get(one, "")) for one in cc]
