"""Queues: whose work waits where, who else takes part, and in which order they are shown."""

from dataclasses import replace

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from ticketdesk.accounts.team import Team
from ticketdesk.channels import mailboxes
from ticketdesk.channels.form import editing as forms
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict
from ticketdesk.tickets import queues as verbs
from ticketdesk.tickets.queue import Queue
from ticketdesk.web.admin import choices, door, strategies
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.forms import Form, WholeField, offered, plain
from ticketdesk.web.texts import _

SHARES = [("", "nothing"), ("read", "read"), ("reply", "read and reply"), ("manage", "everything")]


class QueueForm(Form):
    """How a queue works."""

    name = StringField("Name", [InputRequired("A name, please."), Length(max=verbs.LONGEST_NAME)], filters=[plain])
    team = SelectField(
        "Team",
        [InputRequired("Choose a team.")],
        coerce=int,
        choices=lambda: offered(choices.teams()),
        description="Its agents see and answer these tickets.",
    )
    icon = SelectField("Picture", choices=offered((name, name) for name in verbs.ICONS), default="queue")
    closes_after_days = WholeField(
        "Days from solved to closed",
        [InputRequired("A number, please."), NumberRange(1, verbs.LONGEST_CLOSING, "Between 1 and 365 days.")],
        default=14,
        description="Until then a customer's answer opens the ticket again; later it begins a new one.",
    )

    @property
    def setup(self) -> verbs.Setup:
        """What was filled in; handing out work is left out."""
        return verbs.Setup(
            self.name.data, self.team.data, self.icon.data, closes_after_days=self.closes_after_days.data
        )


class NewQueueForm(QueueForm):
    """Another queue."""

    strategy = RadioField("Handing out work", choices=offered(strategies.LONG), default="manual")


@blueprint.get("/queues")
def queues() -> str:
    """All queues in their order."""
    rows = db.session.execute(
        select(Queue, Team.name)
        .join(Team, Team.id == Queue.team_id)
        .order_by(Queue.archived_at.is_not(None), Queue.position, Queue.id)
    ).all()
    return render_template("admin/queues.html", rows=rows, strategy=strategies.short)


@blueprint.get("/queues/new")
def new_queue() -> str:
    """A form for another queue."""
    return _new(NewQueueForm(formdata=None))


@blueprint.post("/queues")
def create_queue() -> Response | tuple[str, int]:
    """Make a queue."""
    form = NewQueueForm()
    if form.validate():
        with form.refusals():
            queue = verbs.create(replace(form.setup, strategy=form.strategy.data), door.me(), door.now())
            db.session.commit()
            flash(_("Queue made. A mailbox can now bring its mail here."))
            return redirect(url_for("admin.queue", queue_id=queue.id))
    return _new(form), 422


@blueprint.get("/queues/<int:queue_id>")
def queue(queue_id: int) -> str:
    """One queue."""
    found = door.find(Queue, queue_id)
    return _page(found, QueueForm(formdata=None, obj=found, team=found.team_id))


@blueprint.post("/queues/<int:queue_id>")
def change_queue(queue_id: int) -> Response | tuple[str, int]:
    """Set a queue up in another way."""
    found, form = door.find(Queue, queue_id), QueueForm()
    if form.validate():
        with form.refusals():
            strategy = verbs.lock(found.id).strategy
            verbs.change(found, replace(form.setup, strategy=strategy), door.me(), door.now())
            return _saved(queue_id)
    return _page(found, form), 422


@blueprint.post("/queues/<int:queue_id>/grants")
def share_queue(queue_id: int) -> Response:
    """Say what other teams may do; fields are named after the teams, so they are read one by one."""
    found = door.find(Queue, queue_id)
    grants = {}
    for name, level in request.form.items():
        if name == "csrf_token":
            continue
        word, _dash, number = name.partition("-")
        if word != "team" or not number.isdecimal() or len(number) > 15 or level not in dict(SHARES):
            raise BadRequest
        if level:
            grants[int(number)] = level
    verbs.share(found, grants, door.me(), door.now())
    return _saved(queue_id)


@blueprint.post("/queues/<int:queue_id>/place")
def move_queue(queue_id: int) -> Response:
    """Move a queue one place up or down."""
    found, form = door.find(Queue, queue_id), choices.MoveForm()
    if not form.validate():
        raise BadRequest
    order = list(
        db.session.scalars(select(Queue.id).where(Queue.archived_at.is_(None)).order_by(Queue.position, Queue.id))
    )
    if found.id not in order:
        raise Conflict(_("This queue is archived."))
    verbs.reorder(choices.moved(order, found.id, form.direction.data), door.me(), door.now())
    db.session.commit()
    return redirect(url_for("admin.queues"))


@blueprint.post("/queues/<int:queue_id>/archiving")
def archive_queue(queue_id: int) -> Response:
    """Use a queue no longer."""
    found = door.find(Queue, queue_id)
    if addresses := mailboxes.feeding(queue_id):
        raise Conflict(
            _("Mail to %(addresses)s still comes here. Lead it elsewhere first.", addresses=", ".join(addresses))
        )
    if titles := forms.feeding(queue_id):
        raise Conflict(_("What is sent by %(titles)s still comes here. Lead it elsewhere.", titles=", ".join(titles)))
    verbs.archive(found, door.me(), door.now())
    return _saved(queue_id)


@blueprint.post("/queues/<int:queue_id>/restoring")
def restore_queue(queue_id: int) -> Response:
    """Use a queue again."""
    verbs.restore(door.find(Queue, queue_id), door.me(), door.now())
    return _saved(queue_id)


def _saved(queue_id: int) -> Response:
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("admin.queue", queue_id=queue_id))


def _new(form: NewQueueForm) -> str:
    return render_template("admin/queue_new.html", form=form)


def _page(found: Queue, form: QueueForm) -> str:
    grants = {grant.team_id: grant.level for grant in verbs.grants_of(found.id)}
    others = db.session.scalars(select(Team).where(Team.id != found.team_id).order_by(Team.name))
    return render_template(
        "admin/queue.html",
        queue=found,
        form=form,
        teams=[(team, grants.get(team.id, "")) for team in others],
        shares=SHARES,
        strategy=strategies.short(found.strategy),
        mailboxes=mailboxes.feeding(found.id),
    )
