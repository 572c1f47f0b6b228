"""A talk by mail, when its visitor asks for it.

The address is one that the visitor typed, so at first it proves nothing: it gets our answers, as when they had left,
and no word of the visitor's, who might be somebody else writing at a stranger (SECURITY, fact 4). Both sides' words go
to an address whose owner showed that they are this visitor: somebody answered from it what we had written to it, or
the site signed for both (`contacts.joining`). It is one mail, asked for by hand, a few times in three hours at most for
each visitor and each address, and none while that address had as many mails of machines as it may get.
"""

from datetime import datetime

from babel import Locale, dates
from sqlalchemy import select

from ticketdesk.accounts import throttling
from ticketdesk.accounts.agent import Agent
from ticketdesk.brands.brand import Brand
from ticketdesk.channels import given_up
from ticketdesk.channels.chat import belonging, missed, talk, visiting
from ticketdesk.channels.chat.visiting import TooFast
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.email import acknowledging, identifiers, letters, sending
from ticketdesk.channels.email.composing import Outgoing, Person, html_of
from ticketdesk.channels.email.identifiers import Named
from ticketdesk.contacts.contact import IMPORTED, Identity, IdentityLink
from ticketdesk.core import catalogues, outbox, tokens
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.core.outbox import Claim
from ticketdesk.tickets import chain, timeline, tracking
from ticketdesk.tickets.message import Message

MAIL_TASK = "mail.chat_transcript"
PURPOSE = "chat_transcript"
WINDOW = acknowledging.WITHIN
MOST_ASKED = 3
"""So often in that time one visitor gets their talk, and one address gets any."""


def ask(visitor: Visitor, locale: str, at: datetime) -> str:
    """Send the visitor what was said so far; returns the address.

    Raises Invalid without an address that may be written to or without any words, and TooFast.
    """
    visitor = visiting.locked(visitor)
    ticket = belonging.place_of(visitor)
    identity = missed.address_of(visitor, ticket) if ticket is not None else None
    if ticket is None or identity is None:
        raise Invalid("Please give an address.", "email")
    said = talk.letters(visitor, 0)
    is_proven = proves(visitor, identity)
    if not any(is_proven or row.Message.agent_id is not None for row in said):
        raise Invalid("There is no answer yet that we could send.", "email")
    for key in (f"transcripts of:{visitor.id}", f"transcripts to:{identity.id}"):
        if throttling.count(key, WINDOW, at) > MOST_ASKED:
            raise TooFast("That was sent a few times already. Please try again later.")
    if acknowledging.automatic_mails(identity.id, at - WINDOW) >= acknowledging.MOST:
        raise TooFast("That was sent a few times already. Please try again later.")
    timeline.record(
        ticket,
        "transcript_mailed",
        Actor("contact", visitor.identity_id),
        at,
        {"identity_id": identity.id, "is_whole": is_proven},
    )
    outbox.add(
        MAIL_TASK,
        {
            "ticket_id": ticket.id,
            "visitor_id": visitor.id,
            "identity_id": identity.id,
            "until": said[-1].Message.id,
            "locale": locale,
        },
        due_at=at,
        lane="mail",
        recipient=identity.value,
        channel="email",
        purpose=PURPOSE,
    )
    return identity.value


def proves(visitor: Visitor, identity: Identity) -> bool:
    """Whether the owner of an address showed to be this visitor: both are one contact, by something that proves it."""
    if identity.verification == "none" or visitor.identity_id is None:
        return False
    ids = (visitor.identity_id, identity.id)
    contacts = db.session.scalars(
        select(IdentityLink.contact_id).where(
            IdentityLink.identity_id.in_(ids), IdentityLink.ended_at.is_(None), IdentityLink.evidence != IMPORTED
        )
    ).all()
    return len(contacts) == len(ids) and len(set(contacts)) == 1


def send(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task: one mail with the talk up to when it was asked for; raises DeliveryFailed.

    What was proven then is looked at again, so that it holds when the mail leaves.
    """
    ticket = chain.end(claim.payload["ticket_id"])
    visitor = db.session.get_one(Visitor, claim.payload["visitor_id"])
    identity = db.session.get_one(Identity, claim.payload["identity_id"])
    if ticket is None or visitor.email_identity_id != identity.id or missed.address_of(visitor, ticket) is None:
        return "cancelled", "The address takes no part in the talk any more."
    is_whole = proves(visitor, identity)
    said = _said(visitor, claim.payload["until"], is_whole)
    if not said:
        return "cancelled", "The messages were taken away before they left."
    brand, mailbox = db.session.get_one(Brand, ticket.brand_id), letters.mailbox_of(ticket)
    locale: str = claim.payload["locale"]
    key = tokens.signing_keys()[0]
    words = {
        "said": [_shown(one, author, brand, locale) for one, author in said],
        "is_whole": is_whole,
        "link": tracking.address(tracking.link_for(ticket.id, identity.id, now)),
        "mark": identifiers.mark(Named("t", ticket.id), key),
        "brand": brand,
        "number": ticket.number,
        "language": locale,
    }
    with catalogues.speaking():
        subject, text, html = letters.rendered(PURPOSE, locale, words)
    outgoing = Outgoing(
        message_id=identifiers.message_id(Named("n", ticket.id, claim.id), mailbox.address.rpartition("@")[2], key),
        sender=Person(mailbox.address, mailbox.name),
        reply_to=Person(identifiers.address(mailbox.address, Named("t", ticket.id), key), mailbox.name),
        to=(Person(identity.value),),
        subject=subject,
        text=text,
        html=html,
        date=now,
        automatic="auto-generated",
    )
    return sending.hand_over(claim, outgoing, mailbox, identity.value, now)


def failed(claim: Claim, now: datetime, reason: str) -> None:
    """It was given up: whoever has the ticket hears that the visitor never got it."""
    given_up.tell(claim.payload["ticket_id"], claim, PURPOSE, now)


def _said(visitor: Visitor, until: int, is_whole: bool) -> list[tuple[Message, str]]:
    """What may be mailed, with the agent who wrote it; empty names are the visitor's own words."""
    rows = [row.Message for row in talk.letters(visitor, 0)]
    own = {visitor.email_identity_id, *db.session.scalars(belonging.own(visitor))} if is_whole else set()
    wanted = [
        one
        for one in rows
        if one.id <= until and one.redacted_at is None and (one.agent_id is not None or one.identity_id in own)
    ]
    agents = db.session.execute(select(Agent.id, Agent.name).where(Agent.id.in_({one.agent_id for one in wanted})))
    names = {row.id: row.name for row in agents}
    return [(one, names.get(one.agent_id or 0, "")) for one in wanted]


def _shown(message: Message, author: str, brand: Brand, locale: str) -> dict[str, object]:
    at = dates.format_datetime(
        message.written_at, "short", tzinfo=dates.get_timezone(brand.timezone), locale=Locale.parse(locale)
    )
    html = html_of(message.text) if author else None
    return {"author": author, "at": at, "text": message.text, "html": html}
