"""How customers and agents write to each other: by mail, by form, and in the chat."""

from datetime import datetime, timedelta
from hashlib import sha256

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels.chat import reading, saying, talk, visiting
from ticketdesk.channels.form import receiving
from ticketdesk.channels.inbound import Inbound, Match, Sender, deliver
from ticketdesk.core.db import db
from ticketdesk.demo import pictures
from ticketdesk.demo.company import CARE
from ticketdesk.demo.conversation import Conversation
from ticketdesk.demo.furnishing import SHOP
from ticketdesk.demo.stage import Stage, chance
from ticketdesk.tickets import replying
from ticketdesk.tickets.message import Placement
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket

_PIECES = ("KB-15-0119", "KB-12-0226", "FB-15-0088", "AT-22-0140", "SK-35-0031", "LL-01-0067", "MB-12-0203")


def open_by(conversation: Conversation, text: str, stage: Stage, at: datetime) -> Ticket:
    """The first words of a conversation, by its channel."""
    files = pictures.attached(conversation.files)
    if conversation.channel == "form":
        return _fill_in(conversation, text, files, stage, at)
    if conversation.channel == "chat":
        return _come(conversation, text, stage, at)
    return _mail(conversation, text, files, stage, at, None)


def write_back(conversation: Conversation, text: str, files: tuple[NewFile, ...], stage: Stage, at: datetime) -> None:
    """A customer's further words: in the chat while it is open, else by mail."""
    visitor = stage.visitors.get(conversation.key)
    if visitor is None:
        _mail(conversation, text, files, stage, at, stage.ticket(conversation))
        return
    _say(conversation, text, stage, at)


def leave(conversation: Conversation, stage: Stage, at: datetime) -> None:
    """A visitor closes the page."""
    visiting.leave(stage.visitors.pop(conversation.key), at)


def answer(conversation: Conversation, text: str, ticket: Ticket, agent: Agent, stage: Stage, at: datetime) -> None:
    """An agent's words, by the way on which the customer can be reached."""
    visitor = stage.visitors.get(conversation.key)
    if visitor is None:
        to = [(conversation.address, conversation.name)]
        replying.reply(ticket, agent, text, to=to, at=at)
        return
    replying.reply(ticket, agent, text, to=[], at=at, channel="chat")
    visiting.seen(visitor.id, at)
    reading.read(visitor, talk.state(visitor).seq, at)


def _mail(
    conversation: Conversation, text: str, files: tuple[NewFile, ...], stage: Stage, at: datetime, ticket: Ticket | None
) -> Ticket:
    mailbox = stage.firm.mailboxes[conversation.queue]
    domain = conversation.address.rpartition("@")[2]
    return deliver(
        Inbound(
            brand_id=stage.firm.brand.id,
            queue_id=stage.firm.queues[conversation.queue].id,
            mailbox_id=mailbox.id,
            sender=Sender("email", conversation.address, conversation.name),
            letter=Letter(
                channel="email",
                subject=conversation.subject,
                text=text,
                files=files,
                dated_at=at - timedelta(seconds=4),
                to=((mailbox.address, mailbox.name),),
                rfc_id=f"{sha256(f'{conversation.key} {at}'.encode()).hexdigest()[:20]}@{domain}",
            ),
            received_at=at,
            match=Match(ticket.id, "recipient_token") if ticket is not None else None,
        )
    ).ticket


def _fill_in(conversation: Conversation, text: str, files: tuple[NewFile, ...], stage: Stage, at: datetime) -> Ticket:
    form = stage.front.forms[conversation.queue]
    piece = f"{chance(conversation, 'piece').choice(_PIECES)}-{chance(conversation, 'number').randrange(20, 400)}"
    given = piece if conversation.queue == CARE else stage.orders[conversation.key]
    message = receiving.receive(
        form,
        receiving.Filled(
            conversation.name,
            conversation.address,
            conversation.subject,
            text,
            answers=((form.fields[0]["label"], given),),
            files=files,
        ),
        sha256(conversation.key.encode()).hexdigest(),
        at,
    )
    return _ticket_of(message.id)


def _come(conversation: Conversation, text: str, stage: Stage, at: datetime) -> Ticket:
    page = chance(conversation, "page").choice(("/benches", "/tables/arran", "/chairs/skerry", "/basket", "/care"))
    visitor, _ = visiting.begin(
        stage.front.widgets[conversation.queue],
        name=conversation.name if conversation.address else "",
        email=conversation.address,
        page=SHOP + page,
        referrer="",
        at=at - timedelta(seconds=40),
    )
    stage.visitors[conversation.key] = visitor
    return _ticket_of(_say(conversation, text, stage, at))


def _say(conversation: Conversation, text: str, stage: Stage, at: datetime) -> int:
    visitor = stage.visitors[conversation.key]
    key = sha256(f"{conversation.key} {at}".encode()).hexdigest()
    message, _ = saying.say(visitor, stage.front.widgets[conversation.queue], text=text, client_key=key, at=at)
    return message.id


def _ticket_of(message_id: int) -> Ticket:
    ticket_id = db.session.query(Placement.ticket_id).filter_by(message_id=message_id, ended_at=None).scalar()
    return db.session.get_one(Ticket, ticket_id)
