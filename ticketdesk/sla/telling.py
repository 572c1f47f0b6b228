"""Telling customers that a promise will not be kept, before it passes: once, and where they are."""

from datetime import datetime, timedelta

from sqlalchemy import select

from ticketdesk.accounts import throttling
from ticketdesk.brands.brand import Brand
from ticketdesk.channels.chat import belonging, missed, visiting
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.delivery import sending_mailbox
from ticketdesk.channels.email import letters
from ticketdesk.channels.email.acknowledging import MOST, WITHIN, answerable, automatic_mails
from ticketdesk.core.db import db
from ticketdesk.core.outbox import Claim, NotYet
from ticketdesk.sla import history, judging, promising, wording
from ticketdesk.sla.promise import SlaPromise
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import replying
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import CHAT, Ticket

PURPOSE = "promise_moved"
TYPED = (1, WITHIN)
"""So many such mails go to an address that was only typed into a chat, in so much time (SECURITY ML-07)."""
LOOK_AGAIN = timedelta(minutes=1)
WITH_US = ("new", "open")


def tell(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task for one promise; the result says what was done, or why nothing. Raises NotYet.

    The ticket is locked first: an answer at the same moment either keeps the promise and nothing is told, or comes
    after the telling and keeps the new time.
    """
    known = db.session.get(SlaPromise, claim.payload["promise_id"])
    if known is None:
        return "done", "gone"
    ticket = lock_one(known.ticket_id)
    promise = db.session.get_one(SlaPromise, known.id, populate_existing=True)
    if not promise.standing.is_open:
        return "cancelled", promise.state
    if promise.tell_at is None:
        return "cancelled", "told" if promise.told_at is not None else "not wished"
    if promise.promised_for <= now:
        return "done", "too late"
    if promise.tell_at > now:
        raise NotYet(promise.tell_at)
    if not ticket.is_active:
        return "done", "not active"
    if ticket.category not in WITH_US:
        raise NotYet(min(now + LOOK_AGAIN, promise.promised_for))  # the customer's turn, until they write
    return "done", _tell(ticket, promise, now)


def _tell(ticket: Ticket, promise: SlaPromise, now: datetime) -> str:
    row = db.session.scalars(
        select(SlaTimer).where(
            SlaTimer.ticket_id == ticket.id, SlaTimer.metric == promise.metric, SlaTimer.cycle == promise.cycle
        )
    ).one()
    counted = promising.counted(row)
    likely = history.of(ticket.queue_id, ticket.channel, promise.metric, now)
    becomes = judging.later(promise.promised_for, counted.target_s, likely, counted.hours)
    if becomes is None:
        return "no later time"
    brand = db.session.get_one(Brand, ticket.brand_id)
    message = _say(ticket, brand, promise.promised_for, becomes, now)
    if message is None:
        return "nowhere to tell"
    turn = judging.moved(promise.standing, becomes, now, "told", told=True)
    promising.take(ticket, promise, turn)
    promise.tell_at = None
    return "told in the chat" if message.channel == CHAT else "told by mail"


def _say(ticket: Ticket, brand: Brand, was: datetime, becomes: datetime, now: datetime) -> Message | None:
    """Where the customer is: in the chat while they are there, else by mail where a machine may write."""
    words = {
        "number": ticket.number,
        "brand": brand,
        "was": wording.moment(was, brand),
        "becomes": wording.moment(becomes, brand),
    }
    address = _address(ticket, now)
    by_mail = address is not None and sending_mailbox(ticket) is not None
    if not by_mail and _visitor(ticket) is None:
        return None
    text = letters.words_of(PURPOSE, brand.locale, {**words, "by_mail": by_mail})
    if address is None or not by_mail:
        return replying.tell_automatically(ticket, text, (), PURPOSE, now, channel=CHAT)
    return replying.tell_automatically(ticket, text, ((address, ""),), PURPOSE, now)


def _address(ticket: Ticket, now: datetime) -> str | None:
    """Where to mail it; None for whoever is in the chat, and where no automatic mail may go."""
    visitor = _visitor(ticket)
    if visitor is not None:
        typed = missed.address_of(visitor, ticket)
        if typed is None or visiting.left_since(visitor, now) is None:
            return None
        most, within = TYPED
        return typed.value if throttling.count(f"promise moved:{typed.id}", within, now) <= most else None
    address = answerable(ticket)
    if address is None or automatic_mails(ticket.requester_id, now - WITHIN) >= MOST:
        return None
    return address


def _visitor(ticket: Ticket) -> Visitor | None:
    """Who reads it in the widget, also where a chat that nobody took waits as a ticket."""
    return belonging.of_ticket(ticket) if ticket.channel == CHAT else None
