"""What waits now; the page asks for the same again every few seconds."""

from dataclasses import dataclass

from flask import render_template, request

from ticketdesk.reports import waiting
from ticketdesk.reports.waiting import Line, Worker
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import due
from ticketdesk.web.desk.due import Due
from ticketdesk.web.supervisor import door
from ticketdesk.web.supervisor.door import blueprint
from ticketdesk.web.texts import _, ngettext

SQUARES = 10
"""Squares of a load; more work than that is said beside them."""


@dataclass(frozen=True, slots=True)
class Load:
    """An agent's row: the squares, and the same in words."""

    worker: Worker
    squares: list[str]
    words: str
    state: str
    kind: str


@blueprint.get("")
def live() -> str:
    """The page, or the wall screen."""
    return render_template("supervisor/live.html", wall="wall" in request.args, **_found())


@blueprint.get("/now")
def fresh() -> str:
    """What of the page changes."""
    return render_template("supervisor/_live.html", wall="wall" in request.args, **_found())


def _found() -> dict[str, object]:
    agent, now = door.me(), door.now()
    queues, channels = waiting.lines(agent, now)
    workers = waiting.workers(agent, now)
    return {
        "queues": queues,
        "most": max((line.waiting for line in queues), default=0),
        "waiting": sum(line.waiting for line in channels),
        "channels": [(line, _channel(line)) for line in channels],
        "targets": waiting.targets(agent, now),
        "oldest": waiting.oldest(agent),
        "breaches": [(ticket, name, _due(ticket)) for ticket, name in waiting.next_breaches(agent)],
        "loads": [_load(worker) for worker in workers],
        "here_now": sum("online" in (worker.email, worker.chat) for worker in workers),
        "chats": waiting.chats(agent),
    }


def _due(ticket: Ticket) -> Due | None:
    return due.of_ticket(ticket, door.now())


def _channel(line: Line) -> tuple[str, str]:
    names = {"email": ("mail", _("Mail")), "form": ("form", _("Form")), "chat": ("chat", _("Chat"))}
    return names.get(line.name, ("globe", line.name))


def _load(worker: Worker) -> Load:
    squares = ["on"] * worker.on_us + ["wait"] * worker.on_customer
    shown = squares[:SQUARES] + [""] * (SQUARES - len(squares))
    words = [
        ngettext("%(num)s waiting on us", "%(num)s waiting on us", worker.on_us),
        ngettext("%(num)s on the customer", "%(num)s on the customer", worker.on_customer),
    ]
    return Load(worker, shown, ", ".join(words), *_state(worker))


def _state(worker: Worker) -> tuple[str, str]:
    on = [name for name, state in ((_("Mail"), worker.email), (_("chat"), worker.chat)) if state == "online"]
    if len(on) == 2:
        return ", ".join(on), "on"
    if on:
        return on[0][:1].upper() + on[0][1:], "on"
    if "away" in (worker.email, worker.chat):
        return _("Away"), "away"
    return _("Offline"), "off"
