"""Prepared answers: the list to choose from, and using one on a ticket."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response as FlaskResponse
from flask import jsonify, redirect, render_template, url_for
from werkzeug.wrappers import Response

from ticketdesk.automation import macros as verbs
from ticketdesk.automation import macros_for_many, suggesting
from ticketdesk.automation.macro import Macro
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.tickets import drafts, meanings, placeholders, visibility
from ticketdesk.tickets.placing import snippet
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import labels
from ticketdesk.web.desk import door
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.texts import _

PERMISSION = "ticket.reply"


@dataclass(frozen=True, slots=True)
class Offered:
    """One macro in the list: what it says and what else it will do."""

    id: int
    name: str
    start: str
    deeds: Sequence[str]
    fits: bool = False  # it was used on tickets like this one


@blueprint.get("/tickets/<int:number>/macros")
def macros(number: int) -> str:
    """What can be chosen: a fragment for the menu, a page where scripts do not run."""
    ticket = door.find_for(number, PERMISSION)
    template = "desk/_macros.html" if door.by_htmx() else "desk/macros.html"
    return render_template(template, ticket=ticket, offered=_offered(ticket))


@blueprint.get("/tickets/<int:number>/macros/options")
def macro_options(number: int) -> str:
    """The same as the options of the list that / opens in a reply."""
    ticket = door.find_for(number, PERMISSION)
    return render_template("desk/_macro_options.html", ticket=ticket, offered=_offered(ticket))


@blueprint.post("/tickets/<int:number>/macros/<int:macro_id>")
def use_macro(number: int, macro_id: int) -> Response | FlaskResponse:
    """Make its changes, and hand over its words; for a page without scripts they go into the draft."""
    ticket = door.find_for(number, PERMISSION)
    macro = db.session.scalar(verbs.usable(door.me()).where(Macro.id == macro_id))
    if macro is None:
        raise NotFound("There is no such macro.")
    taken(EmptyForm())
    level = visibility.level(door.me(), ticket)
    for permission in macros_for_many.needed(macro):
        door.check(permission, level)
    words = verbs.use(macro, ticket, door.me(), door.now())
    if door.by_htmx():
        db.session.commit()
        missed = _(
            "The words of “%(macro)s” went nowhere: the reply for #%(number)s is no longer open.",
            macro=macro.name,
            number=number,
        )
        return jsonify(text=words, said=" · ".join(deeds(macro)) or None, missed=missed)
    _into_draft(ticket, words)
    db.session.commit()
    return redirect(url_for("desk.ticket", number=number), 303)


def deeds(macro: Macro) -> list[str]:
    """What a macro does beside its words, in a few words each."""
    statuses = {"open": _("Open"), "pending": _("Pending"), "on_hold": _("On hold"), "solved": _("Solved")}
    told = []
    if macro.assigns:
        told.append(_("Assignee: me"))
    if macro.priority is not None:
        told.append(_("Priority: %(priority)s", priority=labels.priority(macro.priority)))
    if macro.tags:
        told.append(_("Tags: %(tags)s", tags=", ".join(macro.tags)))
    if macro.category is not None:
        told.append(_("Status: %(status)s", status=statuses[macro.category]))
    return told


def _offered(ticket: Ticket) -> list[Offered]:
    """All that the agent may use, by name, those first that fit."""
    first = {macro_id: place for place, macro_id in enumerate(suggesting.suggested(ticket, door.me()))}
    found = db.session.scalars(verbs.usable(door.me())).all()
    values = meanings.of(ticket, door.me())
    return [
        Offered(macro.id, macro.name, snippet(placeholders.filled(macro.text, values)), deeds(macro), macro.id in first)
        for macro in sorted(found, key=lambda macro: first.get(macro.id, len(first)))
    ]


def _into_draft(ticket: Ticket, words: str) -> None:
    """Put the words below what is in the draft of the reply already."""
    draft = drafts.draft_of(ticket, door.me(), "reply")
    text = "\n\n".join(part for part in (draft.text if draft is not None else "", words) if part)
    recipients = draft.recipients if draft is not None else {}
    drafts.save(ticket, door.me(), "reply", text, recipients, ticket.last_seq, door.now())
