"""Where settings begin: what is set up, what is missing, and what needs a look."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, url_for
from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import InstrumentedAttribute
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.team import Team
from ticketdesk.brands import founding
from ticketdesk.brands.brand import default_brand
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.channels.sending_server import SendingServer
from ticketdesk.core.db import db
from ticketdesk.sla import rebuilding
from ticketdesk.sla.difference import SlaDifference
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.tickets.queue import Queue
from ticketdesk.web.admin import door
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.forms import Form, plain
from ticketdesk.web.texts import _

NAMED = 5
"""So many tickets are named of those whose clocks differ."""


class CompanyForm(Form):
    """What customers know us as."""

    name = StringField(
        "Name of your company",
        [InputRequired("A name, please."), Length(max=founding.LONGEST_NAME)],
        filters=[plain],
        description="Customers see it on pages and in mail.",
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each there are."""

    agents: int
    teams: int
    queues: int
    mailboxes: int
    calendars: int
    policies: int
    unfetched: int
    unsent: int
    quarantined: int
    differing: int


@blueprint.get("")
def start() -> str:
    """The overview."""
    brand = default_brand()
    return _page(CompanyForm(formdata=None, name=brand.name if brand else ""))


@blueprint.post("/company")
def name_company() -> Response | tuple[str, int]:
    """Say what the company is called."""
    form = CompanyForm()
    if form.validate():
        with form.refusals():
            founding.name_company(form.name.data, door.me(), door.now())
            db.session.commit()
            flash(_("Saved."))
            return redirect(url_for("admin.start"))
    return _page(form), 422


def _page(form: CompanyForm) -> str:
    counts = _counts()
    differing = rebuilding.standing(NAMED) if counts.differing else []
    return render_template("admin/start.html", form=form, brand=default_brand(), counts=counts, differing=differing)


def _counts() -> Counts:
    def many(key: InstrumentedAttribute[int], *where: ColumnElement[bool]) -> ScalarSelect[int]:
        return select(func.count(key)).where(*where).scalar_subquery()

    found = db.session.execute(
        select(
            many(Agent.id, Agent.disabled_at.is_(None)),
            many(Team.id),
            many(Queue.id, Queue.archived_at.is_(None)),
            many(Mailbox.id, Mailbox.disabled_at.is_(None)),
            many(Calendar.id),
            many(SlaPolicy.id, SlaPolicy.enabled.is_(True)),
            many(Mailbox.id, Mailbox.disabled_at.is_(None), Mailbox.fetch_error.is_not(None)),
            many(SendingServer.id, SendingServer.misses > 0),
            many(RawMail.id, RawMail.state == "quarantined"),
            many(SlaDifference.ticket_id),
        )
    ).one()
    row: Sequence[int] = found  # its type counts no further than nine columns
    return Counts(*row)
