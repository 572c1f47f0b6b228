"""What a search found, as a list: the rows of the tickets with the words that were looked for told apart."""

from dataclasses import dataclass, replace

from flask import request, url_for
from flask_babel import get_timezone
from sqlalchemy import func, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts.contact import Identity, called
from ticketdesk.core import highlighting
from ticketdesk.core.db import db
from ticketdesk.core.fulltext import TooSlow
from ticketdesk.core.highlighting import LONGEST_READ
from ticketdesk.tickets import search_query, searching, view_fields
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.search_conditions import Problem
from ticketdesk.tickets.search_query import Query
from ticketdesk.tickets.searching import Found
from ticketdesk.web.desk import door, listing, presence
from ticketdesk.web.desk.listing import Page, Row
from ticketdesk.web.desk.views import View
from ticketdesk.web.texts import _

LONGEST_QUESTION = 400
EXCERPT = 110
"""Letters of a message beside its ticket."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is said about a search: what is wrong with it, and what was done instead."""

    problems: list[str]
    remarks: list[str]


@dataclass(frozen=True, slots=True)
class Example:
    """One thing that can be typed, and what it finds."""

    typed: str
    meaning: str


def question() -> str:
    """What was typed."""
    return request.args.get("q", "").replace("\x00", " ").strip()[:LONGEST_QUESTION]


def listed(view: View) -> dict[str, object]:
    """One page of what was found, and the way to the next."""
    after = request.args.get("after")
    query = search_query.understand(view.question or "")
    is_slow = False
    try:
        found = searching.search(query, door.me(), door.now(), get_timezone(), after=after)
    except TooSlow:
        found, is_slow = Found(), True
    page = Page(rows(found), found.after)
    return {
        "view": view,
        "page": page,
        "at_rows": presence.at_tickets([row.id for row in page.rows]),
        "first_page": after is None,
        "next_address": url_for("desk.search", q=view.question, after=found.after) if found.after else None,
        "said": _said(query, found, is_slow=is_slow),
        "examples": [] if page.rows else examples(),
        "opened": None,
    }


def examples() -> list[Example]:
    """What can be typed."""
    return [
        Example("armrest screw", _("Both words, or words that begin so, in the same message")),
        Example('"came off"', _("These words, one after the other")),
        Example("-refund", _("No message of the ticket has this; works with everything below, too")),
        Example("from:dana", _("Who wrote it: a name or an address")),
        Example("to:dana@example.com", _("Whom it went to")),
        Example("#1042", _("The ticket with this number")),
        Example("status:open", _("Also new, pending, on_hold, solved, closed and unsolved")),
        Example("assignee:me", _("Also a name, or nobody")),
        Example("tag:vip", _("Tickets with this tag")),
        Example('queue:"Customer care"', _("Tickets of this queue")),
        *_own_example(),
        Example("channel:chat", _("Also mail, form, phone, portal and api")),
        Example("after:2026-03-01", _("Written on this day or later; a month or a year will do")),
        Example("before:2026", _("Written before")),
        Example("has:attachment", _("Messages with a file")),
        Example("is:unread", _("What you have not read; is:spam looks among spam")),
    ]


def _own_example() -> list[Example]:
    """How to ask for a field of one's own, where there is one."""
    used = [field for field in view_fields.own().values() if field.archived_at is None]
    if not used:
        return []
    field = used[0]
    says = {"number": ">=10", "date": ">2026-03-01", "checkbox": "=yes"}.get(field.kind, "")
    chosen = next(iter(field.offered), "")
    typed = f"field:{field.key}{says or (f'={chosen}' if chosen else '')}"
    return [Example(typed, _("What “%(field)s” says; also with < and > for numbers and days", field=field.label))]


def rows(found: Found) -> list[Row]:
    """What was found, in its order."""
    known = listing.of_ids([hit.ticket_id for hit in found.hits], door.me(), door.now())
    letters = _letters([hit.message_id for hit in found.hits if hit.message_id is not None])
    return [
        _marked(known[hit.ticket_id], letters.get(hit.message_id or 0), found)
        for hit in found.hits
        if hit.ticket_id in known
    ]


def _marked(row: Row, letter: tuple[str, str] | None, found: Found) -> Row:
    author, text = letter or (row.author, row.words)
    return replace(
        row,
        author=author,
        found_subject=highlighting.marked(row.subject, found.wanted),
        found_words=highlighting.excerpt(text, found.wanted, EXCERPT),
    )


def _letters(ids: list[int]) -> dict[int, tuple[str, str]]:
    """Who wrote each message, and the beginning of its text."""
    if not ids:
        return {}
    wanted = (
        select(
            Message.id, func.left(Message.text, LONGEST_READ), Agent.name, Identity.kind, Identity.name, Identity.value
        )
        .outerjoin(Agent, Agent.id == Message.agent_id)
        .outerjoin(Identity, Identity.id == Message.identity_id)
        .where(Message.id.in_(ids))
    )
    return {
        number: (agent or (called(kind, name, value) if kind else ""), text)
        for number, text, agent, kind, name, value in db.session.execute(wanted)
    }


def _said(query: Query, found: Found, *, is_slow: bool) -> Said:
    problems = [_problem(problem) for problem in found.problems]
    if is_slow:
        problems.append(_("This search took too long and was ended. Add a word, or a time such as after:2026-01."))
    remarks = [_("“%(name)s:” is nothing I know, so it was searched as words.", name=name) for name in query.unknown]
    if query.is_cut:
        remarks.append(_("Only the first %(most)s words were looked for.", most=search_query.MOST_TERMS))
    remarks += [
        _("Nothing has “%(typed)s”. This is what was found for “%(taken)s”.", typed=typed, taken=taken)
        for typed, taken in found.corrected
    ]
    return Said(problems, remarks)


def _problem(problem: Problem) -> str:
    """What would do instead."""
    if problem.operator in ("before", "after"):
        return _("%(name)s: wants a day such as 2026-03-01, a month or a year.", name=problem.operator)
    if problem.operator == "has":
        return _("has: knows one thing, has:attachment.")
    if problem.operator == "is":
        return _("is: knows is:unread and is:spam.")
    if problem.operator == "field":
        return _("field: wants the key of a field and what it says, such as field:wood=oak or field:price>=10.")
    return _("channel: knows mail, chat, form, phone, portal and api.")
