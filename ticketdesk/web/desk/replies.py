"""Answering the customer."""

from sqlalchemy import inspect
from werkzeug.wrappers import Response

from ticketdesk.channels import later_replies
from ticketdesk.channels.chat import belonging
from ticketdesk.core.db import commit_and_keep
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.tickets import drafts, progress, replying, writing
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.status import default_status
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import collisions, door, moved, recipients, showing, uploads
from ticketdesk.web.desk.composing import Box
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import ReplyForm, reason
from ticketdesk.web.desk.recipients import Pairs
from ticketdesk.web.texts import _

THEN = {"pending": "pending", "on_hold": "on_hold", "solved": "solved"}
"""What the button that sends may make of the ticket, by category."""


@blueprint.post("/tickets/<int:number>/replies")
def reply(number: int) -> Response:
    """Send what was written, unless something came in between that its author should see first."""
    try:
        ticket = door.find_for(number, "ticket.reply", locked=True)
    except door.Merged as merged:
        return moved.lead_on(merged.ticket, "reply")
    form = ReplyForm()
    box = box_of(form)
    if not form.validate():
        box.error = reason(form)
        return showing.refused(ticket, box, 422)
    news = collisions.since(lock_one(ticket.id), door.me(), box.based_on_seq, is_chat=box.channel == "chat")
    if news:
        box.news, box.based_on_seq = news, ticket.last_seq
        return showing.refused(ticket, box, 409)
    draft = drafts.draft_of(ticket, door.me(), "reply")
    try:
        message = _send(ticket, form, draft)
    except (Invalid, Conflict) as refusal:
        return showing.not_taken(ticket, box, refusal)
    commit_and_keep()
    said = _("Sent") if message.leaves_at is None else None  # else the bar says so, with the way to take it back
    return showing.changed(ticket, said, 201, with_composer=True, may_stay=_is_empty(message, form, draft))


def _is_empty(message: Message, form: ReplyForm, draft: Draft | None) -> bool:
    """Whether nothing stands in the composer after that: all of it was sent in the chat, now, and nothing is kept."""
    is_kept = draft is not None and not inspect(draft).was_deleted
    return message.channel == "chat" and not is_kept and message.text == writing.words(form.text.data or "")


def _send(ticket: Ticket, form: ReplyForm, draft: Draft | None) -> Message:
    to, cc = _recipients(ticket, form)
    message = replying.reply(
        ticket,
        door.me(),
        form.text.data or "",
        to=to,
        cc=cc,
        at=door.now(),
        files=uploads.files(form.files.data),
        draft=draft,
        draft_known=form.revision.data,
        client_key=form.client_key.data,
        channel=form.channel.data or "email",
        leaves_at=None if form.channel.data == "chat" else later_replies.leaves_at(ticket, door.me(), door.now()),
    )
    if form.then.data in THEN:
        status = default_status(THEN[form.then.data])
        progress.choose(ticket, status, door.me().actor, door.now(), sent_with=message.id)
    return message


def _recipients(ticket: Ticket, form: ReplyForm) -> tuple[Pairs, Pairs]:
    """Those who are ticked and typed; in a chat nobody, for it goes to whoever is at the other end."""
    if form.channel.data == "chat":
        if belonging.of_ticket(ticket) is None:
            raise Invalid(_("There is no chat in this ticket. Send it by mail."), "channel")
        return [], []
    return recipients.named(
        recipients.chosen(form.to.data, form.to_more.data), recipients.chosen(form.cc.data, form.cc_more.data)
    )


def box_of(form: ReplyForm) -> Box:
    """The composer as it was sent, to be shown again when it cannot be taken."""
    box = Box("reply", form.text.data or "", based_on_seq=form.based_on_seq.data or 0)
    box.client_key = form.client_key.data or box.client_key
    box.revision = form.revision.data or 0
    box.chosen = list(form.to.data or []), list(form.cc.data or [])
    box.to_more, box.cc_more = form.to_more.data or "", form.cc_more.data or ""
    box.channel = form.channel.data or ""
    box.then = form.then.data if form.then.data in THEN else ""
    return box
