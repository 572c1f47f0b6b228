"""Who else is at a ticket: pages say it of their reader, and it is shown to whoever may see the ticket."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template, request
from sqlalchemy import select
from wtforms import StringField
from wtforms.validators import AnyOf, InputRequired, Length, Regexp

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.live import presence
from ticketdesk.live.presence import DOINGS, Doing, Place
from ticketdesk.tickets import visibility
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import door
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.desk.listing import PAGE
from ticketdesk.web.forms import Form
from ticketdesk.web.texts import _

PERMISSIONS: dict[Doing, str] = {"looking": "ticket.read", "note": "ticket.note", "reply": "ticket.reply"}
SHOWN = 3
"""So many faces; of more people their number."""


class TabForm(Form):
    """One tab of a browser, by a name that it gave itself."""

    tab = StringField(validators=[InputRequired(), Length(max=32), Regexp(r"[A-Za-z0-9]+\Z")])


class PresenceForm(TabForm):
    """What its reader does there."""

    doing = StringField(validators=[InputRequired(), AnyOf(DOINGS)])


@dataclass(frozen=True, slots=True)
class Here:
    """One other agent at a ticket."""

    name: str
    doing: Doing

    @property
    def first_name(self) -> str:
        """For where there is little room."""
        return self.name.split(" ")[0]

    @property
    def words(self) -> str:
        """What they do."""
        if self.doing == "reply":
            return _("%(who)s is writing a reply", who=self.name)
        if self.doing == "note":
            return _("%(who)s is writing a note", who=self.name)
        return _("%(who)s is looking", who=self.name)

    @property
    def icon(self) -> str:
        """The same as a sign."""
        return "eye" if self.doing == "looking" else "pen"


@dataclass(frozen=True, slots=True)
class Others:
    """Everybody else at one ticket, whoever writes first."""

    all: tuple[Here, ...] = ()

    @property
    def shown(self) -> tuple[Here, ...]:
        """Those whose faces are shown."""
        return self.all[:SHOWN]

    @property
    def more(self) -> int:
        """How many others there are."""
        return len(self.all) - len(self.shown)

    @property
    def words(self) -> str:
        """All of them in a sentence."""
        return ", ".join(one.words for one in self.all)

    @property
    def writing(self) -> list[Here]:
        """Those who write to the customer just now."""
        return [one for one in self.all if one.doing == "reply"]


def at_tickets(ticket_ids: Sequence[int]) -> dict[int, Others]:
    """Who else is at tickets that the reader may see: one look at the shelf, and one query when somebody is there."""
    me = door.me().id
    found = {
        ticket_id: {agent_id: doing for agent_id, doing in doings.items() if agent_id != me}
        for ticket_id, doings in presence.of(ticket_ids, door.now()).items()
    }
    ids = {agent_id for doings in found.values() for agent_id in doings}
    if not ids:
        return {}
    names = {
        row.id: row.name
        for row in db.session.execute(
            select(Agent.id, Agent.name).where(Agent.id.in_(ids), Agent.disabled_at.is_(None))
        )
    }
    return {
        ticket_id: Others(
            tuple(
                sorted(
                    (Here(names[agent_id], doing) for agent_id, doing in doings.items() if agent_id in names),
                    key=lambda one: (-DOINGS.index(one.doing), one.name),
                )
            )
        )
        for ticket_id, doings in found.items()
    }


def at_ticket(ticket: Ticket) -> Others:
    """Who else is at one ticket that the reader may see."""
    return at_tickets([ticket.id]).get(ticket.id, Others())


@blueprint.get("/tickets/<int:number>/presence")
def present(number: int) -> str:
    """Who else is at a ticket."""
    return _fragment(door.find(number))


@blueprint.post("/tickets/<int:number>/presence")
def be_present(number: int) -> str:
    """A tab shows the ticket, and its reader looks or writes; the answer says who else does."""
    form = taken(PresenceForm())
    doing = next(one for one in DOINGS if one == form.doing.data)
    ticket = door.find_for(number, PERMISSIONS[doing])
    presence.be(_place(ticket), door.me().id, form.tab.data, doing, door.now())
    return _fragment(ticket)


@blueprint.delete("/tickets/<int:number>/presence")
def be_gone(number: int) -> tuple[str, int]:
    """A tab shows the ticket no longer."""
    ticket, form = door.find(number), taken(TabForm())
    presence.leave(_place(ticket), door.me().id, form.tab.data, door.now())
    return "", 204


@blueprint.get("/presence")
def present_in_rows() -> str:
    """Who else is at the tickets of a list, of those that the reader may see."""
    numbers = [int(said) for said in request.args.getlist("ticket") if said.isdecimal() and len(said) < 10][:PAGE]
    rows = db.session.execute(
        select(Ticket.id, Ticket.number).where(visibility.sees(door.me()), Ticket.number.in_(numbers))
    ).all()
    others = at_tickets([row.id for row in rows])
    return render_template(
        "desk/_presence_rows.html", rows=[(row.number, others[row.id]) for row in rows if row.id in others]
    )


def _fragment(ticket: Ticket) -> str:
    return render_template("desk/_presence_again.html", others=at_ticket(ticket))


def _place(ticket: Ticket) -> Place:
    return Place(ticket.id, ticket.reference, ticket.queue_id)
