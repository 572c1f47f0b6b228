"""The clocks of a ticket, explained."""

from flask import render_template

from ticketdesk.core.errors import NotFound
from ticketdesk.web.desk import door, why, why_answer
from ticketdesk.web.desk.door import blueprint


@blueprint.get("/tickets/<int:number>/clocks/<metric>")
def clock(number: int, metric: str) -> str:
    """Why one of them shows what it shows: below it in the side panel, or on a page of its own."""
    ticket = door.find(number)
    found = why.of(ticket, metric, door.now())
    if found is None:
        raise NotFound("There is no such clock.")
    template = "desk/_why.html" if door.by_htmx() else "desk/why.html"
    return render_template(template, ticket=ticket, why=found, when=why_answer.when)
