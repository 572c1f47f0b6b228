"""Many tickets at once: the bar with what can be done, one change for all of them, and its undoing."""

import json

from flask import flash, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from ticketdesk.accounts.agent import Agent
from ticketdesk.automation import macros
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from ticketdesk.tickets import batch_parts, batching, fields, visibility
from ticketdesk.tickets.batch_changes import Assign, Change, ChangeTags, Move, SetPriority, SetStatus, Solve
from ticketdesk.tickets.batching import Done
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.status import PRIORITIES, Status
from ticketdesk.web import labels
from ticketdesk.web.desk import batch_words, door, names, undoable, views
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import BatchForm, taken
from ticketdesk.web.desk.status import NOT_CHOSEN
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.texts import _

LOOK_AGAIN = ("bell-list", "bell-rail", "bell-ticket")
"""What a page asks for anew: the change is its own, so it need not wait for the bell."""


@blueprint.get("/batches/new")
def batch_bar() -> str:
    """The bar for selected tickets, fetched when the first one is selected."""
    queues = views.queues_of(door.me())
    statuses = db.session.scalars(
        select(Status).where(Status.category.not_in(NOT_CHOSEN)).order_by(Status.position)
    ).all()
    return render_template(
        "desk/_bulk.html",
        queues=queues,
        statuses=statuses,
        priorities=[(name, labels.priority(name)) for name in PRIORITIES],
        colleagues=names.colleagues(queues),
        fields=[one.field for one in fields.asked_in_any([queue.id for queue in queues])],
        macros=[(macro.id, macro.name) for macro in db.session.scalars(macros.usable(door.me()))],
    )


@blueprint.post("/batches")
def change_many() -> Response:
    """Do one thing with all tickets whose numbers are sent."""
    form = taken(BatchForm())
    change, what = _change(form.change.data, form.tags.data or "")
    done = batching.carry_out(door.me(), numbers(form.number.data or []), change, door.now())
    if not done.changed and not done.same:
        refuse(done)
    db.session.commit()
    return answer(batch_words.carried_out(what, done), batch_words.left(done.skipped), done.batch_id)


@blueprint.post("/batches/<int:batch_id>/undoing")
def undo(batch_id: int) -> Response:
    """Put back what the tickets had, as far as nobody has changed it since."""
    taken(EmptyForm())
    done = batch_parts.undo(batch_id, door.me(), door.now())
    if not done.changed:
        raise Conflict(batch_words.left(done.skipped))
    db.session.commit()
    return answer(batch_words.undone(done), batch_words.left(done.skipped))


def _change(wanted: str, tags: str) -> tuple[Change, str]:
    """What is to be done, and how it is told; raises Invalid."""
    kind, _colon, to = wanted.partition(":")
    if kind == "assignee":
        return _assignment(to)
    if kind == "status":
        status = db.session.get(Status, _number(to))
        if status is not None and status.category not in NOT_CHOSEN:
            return SetStatus(status), _("Status: %(status)s", status=status.name)
    if kind == "priority" and to in PRIORITIES:
        return SetPriority(to), _("Priority: %(priority)s", priority=labels.priority(to))
    if kind == "queue":
        queue = db.session.scalar(visibility.visible_queues(door.me()).where(Queue.id == _number(to)))
        if queue is not None:
            return Move(queue), _("Moved to %(queue)s", queue=queue.name)
    words = [name for name in tags.split(",") if name.strip()]
    if wanted == "solve":
        return Solve(), _("Solved")
    if wanted == "add" and words:
        return ChangeTags(add=words), _("Tags put on")
    if wanted == "remove" and words:
        return ChangeTags(remove=words), _("Tags taken off")
    raise Invalid(_("Type a tag first.") if wanted in ("add", "remove") else _("Choose one of the things offered."))


def _assignment(to: str) -> tuple[Change, str]:
    """Everybody can take what they see; others are given what is in the queues on which they work."""
    if not to:
        return Assign(None), _("Given back to the queue")
    if _number(to) == door.me().id:
        return Assign(door.me()), _("Assigned to %(who)s", who=door.me().name)
    agent = db.session.get(Agent, _number(to))
    if agent is None or not agent.is_active:
        raise Invalid(_("Choose somebody who works here."), "assignee")
    return Assign(agent, names.works_in(agent)), _("Assigned to %(who)s", who=agent.name)


def numbers(sent: list[str]) -> list[int]:
    """The numbers of the tickets that were selected; raises Invalid."""
    return [_number(one) for one in sent]


def _number(sent: str) -> int:
    """Raises Invalid for what is no number that could be one of ours."""
    if not (sent.isascii() and sent.isdecimal() and len(sent) < 10):
        raise Invalid(_("Choose one of the things offered."))
    return int(sent)


def refuse(done: Done) -> None:
    """Not one of them could be changed: that is said as it would be of one."""
    whys = {skipped.why for skipped in done.skipped}
    if whys == {"unseen"}:
        raise NotFound("There is no such ticket, or none that you can see.")
    words = batch_words.left(done.skipped)
    raise NotAllowed(words) if whys == {"not_allowed"} else Conflict(words)


def answer(words: str, left: str = "", undone_by: int | None = None) -> Response:
    """What is said after it: what was done, with the way back, and what was left as it was."""
    if not door.by_htmx():
        flash(f"{words}. {left}")
        return redirect(url_for("desk.home"), 303)
    response = Response(status=204)
    triggers: dict[str, object] = dict.fromkeys(LOOK_AGAIN, "")
    triggers |= undoable.told(words, undone_by)
    if left:
        triggers["refused"] = left
    response.headers["HX-Trigger"] = json.dumps(triggers)
    return response
