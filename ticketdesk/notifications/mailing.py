"""A mail of the product to one of its agents that belongs to no ticket."""

from datetime import datetime

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels.email import letters
from ticketdesk.channels.email.composing import Outgoing, Person
from ticketdesk.channels.email.sending import hand_over
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import tokens
from ticketdesk.core.db import Json
from ticketdesk.core.outbox import Claim


def mail(
    claim: Claim, agent: Agent, mailbox: Mailbox, template: str, words: Json, now: datetime
) -> tuple[str, str | None]:
    """Write it from a template and hand it over; raises DeliveryFailed.

    Its id leads to no ticket: an answer to it would bring what it tells into one.
    """
    key, domain = tokens.signing_keys()[0], mailbox.address.rpartition("@")[2]
    subject, text, html = letters.rendered(template, agent.locale, {**words, "mark": None})
    ours = Person(mailbox.address, mailbox.name)
    outgoing = Outgoing(
        message_id=f"{template}.{claim.id}.{tokens.sign(key, f'{template} mail', str(claim.id))}@{domain}",
        sender=ours,
        reply_to=ours,
        to=(Person(agent.email, agent.name),),
        subject=subject,
        text=text,
        html=html,
        date=now,
        automatic="auto-generated",
    )
    return hand_over(claim, outgoing, mailbox, agent.email, now)
