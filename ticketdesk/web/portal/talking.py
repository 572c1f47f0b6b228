"""What a customer does with a ticket on its page: reads it, adds to it, says that it is done or is not."""

import secrets
from dataclasses import dataclass

from flask import Response as FileResponse
from flask import abort, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import HiddenField, MultipleFileField, TextAreaField
from wtforms.validators import DataRequired, Length

from ticketdesk.brands.brand import Brand
from ticketdesk.channels import inbound
from ticketdesk.channels.inbound import Inbound, Match, Sender
from ticketdesk.core import storage
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, NotFound
from ticketdesk.sla import expectation, promising
from ticketdesk.tickets import progress as moving
from ticketdesk.tickets import tracking
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.status import DONE
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.writing import LONGEST_TEXT
from ticketdesk.web import files
from ticketdesk.web.desk import uploads
from ticketdesk.web.forms import EmptyForm, Form
from ticketdesk.web.portal import door, letters, looking, progress
from ticketdesk.web.portal.letters import Letters
from ticketdesk.web.portal.looking import Looking
from ticketdesk.web.portal.progress import Promise, Step
from ticketdesk.web.texts import _

THREADED_BY = "portal"
CHANNEL = "form"


class AnswerForm(Form):
    """More words, and files."""

    text = TextAreaField(validators=[Length(max=LONGEST_TEXT, message="This is too long. Attach the rest as a file.")])
    client_key = HiddenField(validators=[DataRequired(), Length(max=64)])
    files = MultipleFileField()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the matter stands, as its page says it."""

    steps: list[Step]
    promise: Promise | None
    category: str

    @property
    def is_over(self) -> bool:
        """Whether nothing is awaited any more."""
        return self.category in DONE


def page(found: Looking, form: AnswerForm | None = None, status: int = 200) -> Response:
    """The page of a ticket."""
    shown = _shown(found)
    if form is None:
        form = AnswerForm(formdata=None, client_key=secrets.token_urlsafe(16))
    return make_response(render_template("portal/ticket.html", form=form, **shown), status)


def news(found: Looking, seen: str) -> Response:
    """What a page that is open shows by now; nothing when that is what it shows already."""
    shown = _shown(found)
    if seen == shown["version"]:
        return make_response("", 204)
    return make_response(render_template("portal/_talk.html", **shown))


def answer(found: Looking) -> Response:
    """Take more words from a customer; the same form again changes nothing."""
    form, ticket = AnswerForm(), lock_one(found.ticket.id)
    if form.validate():
        with form.refusals():
            given = tuple(uploads.files(form.files.data))
            words = (form.text.data or "").replace("\r\n", "\n").strip()
            if not words and not given:
                form.text.errors = [_("Write something first, or attach a file.")]
                return page(found, form, 422)
            message = _received(found, ticket, words, given, form.client_key.data)
            if found.identity.id == ticket.requester_id:
                promising.make(_placed_in(message), "portal", door.now())
            after = _after(found, ticket, message)
            db.session.commit()
            return redirect(after, 303)
    return page(found, form, 422)


def solve(found: Looking) -> Response:
    """The customer says that the matter is done."""
    return _moved(found, is_done=True)


def reopen(found: Looking) -> Response:
    """It is not done after all."""
    return _moved(found, is_done=False)


def file(found: Looking, reference: str) -> FileResponse:
    """One file of a letter; raises NotFound."""
    attachment = letters.file_of(found, reference)
    if attachment is None:
        raise NotFound
    shown = files.shown if request.args.get("view") == "1" else files.download
    return shown(storage.read(attachment.blob_sha256), attachment.filename)


def _shown(found: Looking) -> dict[str, object]:
    brand = db.session.get_one(Brand, found.ticket.brand_id)
    many = request.args.get("letters", letters.PAGE, type=int)
    talk = letters.newest(found, brand, many)
    standing = _standing(found)
    return {
        "brand": brand,
        "ticket": found.ticket,
        "way": found.way,
        "me": found,
        "talk": talk,
        "standing": standing,
        "version": _version(talk, standing),
        "opened": progress.moment(found.ticket.opened_at, door.now()),
    }


def _standing(found: Looking) -> Standing:
    ticket, now = found.ticket, door.now()
    expected = expectation.of_ticket(ticket.id, now) if ticket.is_active else None
    return Standing(
        progress.steps(ticket, looking.doings(found), now), progress.promise(expected, now), ticket.category
    )


def _version(talk: Letters, standing: Standing) -> str:
    """A word that changes when the page would: of what is shown, so that it tells nothing else."""
    late = "" if standing.promise is None else str(standing.promise.is_late)
    now = "".join(step.kind[0] + step.title for step in standing.steps)
    return letters.digest(talk.version, late, now, standing.category)


def _received(found: Looking, ticket: Ticket, words: str, given: tuple[NewFile, ...], key: str) -> Message:
    """The message, made now or by the same form before."""
    mine = f"ticket page:{ticket.id}:{found.identity.id}:{key}"
    made = db.session.scalar(select(Message).where(Message.client_key == mine))
    if made is not None:
        return made
    return inbound.deliver(
        Inbound(
            brand_id=ticket.brand_id,
            queue_id=ticket.queue_id,
            mailbox_id=ticket.mailbox_id,
            sender=Sender(found.identity.kind, found.identity.value, found.identity.name),
            letter=Letter(
                channel=CHANNEL,
                subject=ticket.subject,
                text=words,
                files=given,
                client_key=mine,
                facts={"page": "ticket"},
            ),
            received_at=door.now(),
            match=Match(ticket.id, THREADED_BY),
        )
    ).message


def _placed_in(message: Message) -> Ticket:
    """The ticket where a message stands."""
    return db.session.scalars(
        select(Ticket)
        .join(Placement, Placement.ticket_id == Ticket.id)
        .where(Placement.message_id == message.id, Placement.ended_at.is_(None))
    ).one()


def _after(found: Looking, ticket: Ticket, message: Message) -> str:
    """Where to go: back, or on to the linked ticket that a message to a closed one opened."""
    placed_in = _placed_in(message)
    if placed_in.id == ticket.id or ticket.merged_into_id is not None:
        flash(_("Your message has reached us."))
        return found.way.to()
    flash(_("Your message has reached us as a new ticket, since the old one was closed."))
    if found.way.name == "my_ticket":
        return url_for("portal.my_ticket", number=placed_in.number)
    link_for = tracking.shown_for if found.is_shown else tracking.link_for
    return url_for("portal.ticket", token=link_for(placed_in.id, found.identity.id, door.now()))


def _moved(found: Looking, *, is_done: bool) -> Response:
    if not found.may_solve:
        raise NotFound
    if not EmptyForm().validate():
        abort(422)
    ticket, by = lock_one(found.ticket.id), Actor("contact", found.identity.id)
    try:
        if is_done:
            moving.solve(ticket, by, door.now())
        elif ticket.category == "solved":
            moving.reopen(ticket, by, door.now())
        db.session.commit()
    except Conflict:
        db.session.rollback()
        flash(_("This ticket is closed. Write to us below, and a new one is opened."), "error")
    return redirect(found.way.to(), 303)
