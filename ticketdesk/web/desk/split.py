"""Part of a ticket on its own: choosing messages, seeing what would happen, doing it, and taking it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Response, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse
from wtforms import StringField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotFound
from ticketdesk.tickets import carrying, chain, splitting, waiting
from ticketdesk.tickets.merging import Widens
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.opening import LONGEST_SUBJECT
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.splitting import Share
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import formatting
from ticketdesk.web.desk import dialogs, door, views, who_sees
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import AnythingField, taken
from ticketdesk.web.forms import Form, WholeField, plain
from ticketdesk.web.texts import _

SHOWN = 100
"""Messages to choose from, the newest; older ones are split off from themselves."""
LONGEST_NUMBER = 18
ID = NumberRange(min=1, max=2**53)


class SplitForm(Form):
    """What becomes a ticket of its own, where, and whose."""

    messages = AnythingField()
    subject = StringField(validators=[Length(max=LONGEST_SUBJECT)], filters=[plain], default="")
    queue = WholeField(validators=[InputRequired(), ID])
    requester = WholeField(validators=[InputRequired(), ID])
    widen = StringField(validators=[AnyOf(["", "yes"])], default="")


class UndoForm(Form):
    """What the agent says yes to."""

    widen = StringField(validators=[AnyOf(["", "yes"])], default="")


@dataclass(frozen=True, slots=True)
class Choice:
    """A message that can be split off."""

    id: int
    look: str
    author: str
    at: datetime
    snippet: str
    is_held: bool
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen; `refusal` says why it cannot."""

    share: Share
    letters: Sequence[Choice]
    queues: Sequence[Queue]
    people: Sequence[Identity]
    gains: Sequence[str]
    clocks: Sequence[str]
    refusal: str | None
    error: str | None = None


@blueprint.get("/tickets/<int:number>/split")
def split_sheet(number: int) -> Response:
    """The sheet: the messages to choose from, or what would happen with those that were chosen."""
    ticket = door.find_for(number, "ticket.split")
    chosen = _numbers(request.args.getlist("messages"))
    if not chosen or "choose" in request.args:
        return _choosing(ticket, chosen)
    queue_id, requester_id = request.args.get("queue", type=int), request.args.get("requester", type=int)
    try:
        share = _share(ticket, chosen, request.args.get("subject"), queue_id, requester_id)
    except (Conflict, Invalid) as refusal:
        return _choosing(ticket, chosen, str(refusal))
    return _previewed(ticket, share)


@blueprint.post("/tickets/<int:number>/splits")
def split(number: int) -> AnyResponse:
    """Split messages off into a new ticket."""
    ticket = door.find_for(number, "ticket.split", locked=True)
    form = taken(SplitForm())
    chosen = _numbers(form.messages.data)
    try:
        share = _share(ticket, chosen, form.subject.data, form.queue.data, form.requester.data)
    except Conflict as refusal:
        return _choosing(ticket, chosen, str(refusal), 409)
    try:
        part = splitting.split(ticket, share, door.me().actor, door.now(), widen=form.widen.data == "yes")
    except Conflict as refusal:
        db.session.rollback()
        return _previewed(ticket, share, str(refusal))
    db.session.commit()
    said = _("Split off as #%(number)s", number=part.number)
    return dialogs.went_to(part, said, url_for("desk.undo_split", number=part.number))


@blueprint.post("/tickets/<int:number>/split/undoing")
def undo_split(number: int) -> AnyResponse:
    """Take a split back, by the ticket that was split off."""
    part = door.find_for(number, "ticket.split")
    split_from = splitting.origin(part)
    source = None if split_from is None else chain.end(split_from.data["source_id"])
    if source is None:
        raise NotFound(_("There is no such ticket, or none that you can see."))
    source = door.find_for(source.number, "ticket.split")
    form = taken(UndoForm())
    try:
        splitting.undo(part, door.me().actor, door.now(), widen=form.widen.data == "yes")
    except Widens as refusal:
        db.session.rollback()
        shown: dict[str, object] = {"ticket": part, "source": source, "gains": who_sees.sentences(refusal.gains)}
        return dialogs.sheet("desk/_split_undo.html", shown, 409)
    db.session.commit()
    return dialogs.went_to(source, _("#%(part)s is part of #%(number)s again", part=part.number, number=source.number))


def _share(
    ticket: Ticket, chosen: Sequence[int], subject: str | None, queue_id: int | None, requester_id: int | None
) -> Share:
    """What was chosen, with what stands to reason where nothing was; raises Invalid, or Conflict for what is elsewhere.

    Nothing is looked at that does not stand in this ticket: the agent may not see the one where it does.
    """
    queue = next((one for one in _queues(ticket) if one.id == (queue_id or ticket.queue_id)), None)
    if queue is None:
        raise Invalid(_("Choose a queue that you can see."), "queue")
    if not set(chosen) <= set(carrying.standing_in(ticket)):
        raise Conflict(_("One of the messages does not stand here any more. Choose again."))
    people = {one.id: one for one in splitting.may_ask(ticket)}
    requester = people.get(requester_id or splitting.first_author(chosen) or ticket.requester_id)
    if requester is None:
        raise Invalid(_("Choose somebody who takes part in the ticket."), "requester")
    if subject is None:
        subject = _suggested(chosen) or ticket.subject
    return Share(tuple(chosen), queue, requester, subject)


def _suggested(chosen: Sequence[int]) -> str:
    """The subject of the first message that moves, or how it begins."""
    first = db.session.execute(
        select(Message.subject, Message.snippet)
        .where(Message.id.in_(chosen))
        .order_by(Message.written_at, Message.id)
        .limit(1)
    ).one_or_none()
    return "" if first is None else (first.subject or first.snippet)


def _queues(ticket: Ticket) -> list[Queue]:
    """The queues that the agent sees, and the ticket's own."""
    found = list(views.queues_of(door.me()))
    if all(queue.id != ticket.queue_id for queue in found):
        found.append(db.session.get_one(Queue, ticket.queue_id))
    return found


def _numbers(given: Sequence[str]) -> list[int]:
    return sorted({int(one) for one in given if one.isascii() and one.isdigit() and len(one) <= LONGEST_NUMBER})


def _choosing(ticket: Ticket, chosen: Sequence[int], error: str | None = None, status: int = 200) -> Response:
    refusal = None
    try:
        splitting.check(ticket)
    except Conflict as refused:
        refusal = str(refused)
    letters = _letters(ticket, chosen)
    shown: dict[str, object] = {"ticket": ticket, "letters": letters, "refusal": refusal, "error": error}
    return dialogs.sheet("desk/_split_choose.html", shown, status)


def _previewed(ticket: Ticket, share: Share, error: str | None = None) -> Response:
    """What splitting would do; with an error when it was tried and refused."""
    refusal = None
    try:
        splitting.check(ticket)
        splitting.check_share(ticket, share)
    except (Conflict, Invalid) as refused:
        refusal = str(refused)
    preview = Preview(
        share,
        [letter for letter in _letters(ticket, share.message_ids, only=True) if letter.is_chosen],
        _queues(ticket),
        splitting.may_ask(ticket),
        who_sees.sentences(splitting.gains_of(ticket, share)),
        [] if refusal else _clocks(ticket, share),
        refusal,
        None if refusal else error,
    )
    shown: dict[str, object] = {"ticket": ticket, "preview": preview}
    return dialogs.sheet("desk/_split_preview.html", shown, 200 if error is None else 409)


def _clocks(ticket: Ticket, share: Share) -> list[str]:
    """What each clock becomes."""
    let_in = splitting.held_of(ticket, share.message_ids, share.requester)
    turns = waiting.turns(ticket, share.message_ids, let_in)
    said = []
    if not turns:
        said.append(_("New ticket: nobody waits there until the customer writes."))
    elif turns[-1][1] is None:
        when = formatting.moment(turns[-1][0], door.now())
        said.append(_("New ticket: an answer is owed since %(when)s, when the message came.", when=when))
    else:
        said.append(_("New ticket: it was answered by what moves along; only its solution is owed."))
    before, after = waiting.since(ticket), waiting.since(ticket, without=share.message_ids)
    if after is not None:
        owed = _(
            "#%(number)s: an answer is owed since %(when)s.",
            number=ticket.number,
            when=formatting.moment(after, door.now()),
        )
        said.append(owed)
    elif before is not None:
        said.append(_("#%(number)s: nobody waits there any more; the clock of the answer ends.", number=ticket.number))
    return said


def _letters(ticket: Ticket, chosen: Sequence[int], *, only: bool = False) -> list[Choice]:
    """The messages of the ticket in their order, or only those chosen."""
    wanted = (
        select(
            Message.id,
            Message.kind,
            Message.direction,
            Message.written_at,
            Message.snippet,
            Message.redacted_at,
            Placement.held,
            Agent.name,
            Identity,
        )
        .join(Placement, Placement.message_id == Message.id)
        .outerjoin(Agent, Agent.id == Message.agent_id)
        .outerjoin(Identity, Identity.id == Message.identity_id)
        .where(Placement.ticket_id == ticket.id, Placement.ended_at.is_(None))
        .order_by(Placement.written_at.desc(), Message.id.desc())
        .limit(splitting.MOST if only else SHOWN)
    )
    if only:
        wanted = wanted.where(Message.id.in_(chosen))
    return [
        Choice(
            row.id,
            "note" if row.kind == "note" else row.direction,
            row.name or (row.Identity.called if row.Identity is not None else _("TicketDesk")),
            row.written_at,
            row.snippet if row.redacted_at is None else _("The words of this message were taken out."),
            row.held,
            row.id in chosen,
        )
        for row in reversed(db.session.execute(wanted).all())
    ]
