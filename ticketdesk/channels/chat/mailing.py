"""The mail that carries what was not read in the chat."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels.chat.missed import PURPOSE
from ticketdesk.channels.email import letters, sending
from ticketdesk.channels.email.composing import File, Person, html_of
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.core.errors import DeliveryFailed
from ticketdesk.core.outbox import Claim
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.placing import LARGEST_IN_ALL


def send(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task: one mail with all the answers that its row names; raises DeliveryFailed.

    It bears the id of the newest of them, and holds no word of the visitor: the address may be somebody else's.
    """
    if claim.message_id is None or claim.recipient is None:
        raise DeliveryFailed("The row names no message or no recipient.", permanent=True)
    rows = db.session.execute(
        select(Message, Agent.name)
        .outerjoin(Agent, Agent.id == Message.agent_id)
        .where(Message.id.in_(claim.payload["message_ids"]), Message.redacted_at.is_(None))
        .order_by(Message.id)
    ).all()
    if not rows:
        return "cancelled", "The messages were taken away before they left."
    newest = db.session.get_one(Message, claim.message_id)
    said = [
        {
            "author": name or "",
            "text": message.text,
            "html": html_of(message.text),
        }
        for message, name in rows
    ]
    files, left_out = _files([message.id for message, _name in rows])
    words: dict[str, object] = {
        "said": said,
        "left_out": left_out,
        **letters.tracking(newest, claim.recipient, now),
    }
    outgoing, mailbox = letters.of_message(newest, PURPOSE, words)
    name = db.session.scalar(select(Identity.name).where(Identity.kind == "email", Identity.value == claim.recipient))
    outgoing = replace(
        outgoing,
        to=(Person(claim.recipient, name or ""),),
        cc=(),
        files=files,
    )
    return sending.hand_over(claim, outgoing, mailbox, claim.recipient, now)


def _files(message_ids: list[int]) -> tuple[tuple[File, ...], list[str]]:
    """The files of all these messages, as far as one mail carries them, and the names of the others."""
    taken: list[File] = []
    left_out: list[str] = []
    room = LARGEST_IN_ALL
    for file in (file for message_id in message_ids for file in letters.files_of(message_id)):
        if len(file.content) <= room:
            room -= len(file.content)
            taken.append(file)
        else:
            left_out.append(file.filename)
    return tuple(taken), left_out
