"""What the page of a contact tells: who it is, what they asked over all channels, and what colleagues know of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels.chat import identifying
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.contacts import joining, linking, noting
from ticketdesk.contacts.contact import (
    CHATTING,
    FIRST_SEEN,
    IMPORTED,
    PROVEN,
    Contact,
    Identity,
    IdentityLink,
    Organization,
)
from ticketdesk.contacts.joined import ContactJoin
from ticketdesk.contacts.note import ContactNote
from ticketdesk.core.db import db
from ticketdesk.surveys.answer import SurveyAnswer
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.surveys.survey import SCALES
from ticketdesk.tickets import acquaintances, visibility
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import listing, view_columns
from ticketdesk.web.texts import _

COLUMNS = ("number", "status", "queue", "opened")
MOST = 100
"""Tickets are counted up to here."""
SCORES = 5
TICKETS = 20


@dataclass(frozen=True, slots=True)
class Way:
    """One identity: where somebody is reached, and what shows that it is theirs."""

    id: int
    kind: str
    shown: str
    proof: str | None  # in words; None: nothing shows it yet
    is_shared: bool
    undeliverable_since: datetime | None
    since: datetime  # when it came to this contact
    is_joined: bool  # with another contact, later


@dataclass(frozen=True, slots=True)
class Note:
    """What a colleague wrote."""

    note: ContactNote
    author: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Join:
    """Another contact that became part of this one."""

    join: ContactJoin
    name: str
    by: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Score:
    """How content they were once."""

    number: int
    score: int
    most: int
    words: str
    comment: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything on the page but the forms."""

    contact: Contact
    organization: Organization | None
    ways: list[Way]
    tickets: listing.Page
    count: str
    notes: list[Note]
    joins: list[Join]
    scores: list[Score]
    may_change: bool


def of(contact: Contact, agent: Agent, now: datetime, after: str | None) -> Shown:
    """The page of a contact for one agent; raises Invalid for a made-up key of a page of tickets."""
    parts = linking.parts_of(contact.id)
    mine = acquaintances.tickets_of(visibility.reader(agent), [contact.id])
    page = listing.page(mine, agent, now, after, order="newest", size=TICKETS)
    facts = view_columns.facts([row.id for row in page.rows], COLUMNS, agent, now)
    rows = [replace(row, facts=facts.get(row.id, ())) for row in page.rows]
    many = db.session.scalar(select(func.count()).select_from(mine.with_only_columns(Ticket.id).limit(MOST).subquery()))
    organization = None
    if contact.organization_id is not None:
        organization = db.session.get(Organization, contact.organization_id)
    notes, joins = noting.of(parts), joining.of(parts)
    names = _agents([*(note.agent_id for note in notes), *(join.by_id for join in joins if join.by_id is not None)])
    return Shown(
        contact=contact,
        organization=organization,
        ways=ways(contact),
        tickets=listing.Page(rows, page.after),
        count=f"{MOST - 1}+" if many == MOST else str(many),
        notes=[Note(note, names.get(note.agent_id, "–"), note.agent_id == agent.id) for note in notes],
        joins=_joins(joins, names),
        scores=_scores(contact, agent),
        may_change=acquaintances.may_change(agent, contact),
    )


def ways(contact: Contact) -> list[Way]:
    """Where a contact is reached, mail addresses first."""
    rows = db.session.execute(
        select(Identity, IdentityLink)
        .join(IdentityLink, IdentityLink.identity_id == Identity.id)
        .where(IdentityLink.contact_id == contact.id, IdentityLink.ended_at.is_(None))
        .order_by(Identity.kind != "email", Identity.id)
    ).all()
    sites = _sites([row[0] for row in rows])
    return [
        Way(
            id=identity.id,
            kind="email" if identity.kind == "email" else "chat",
            shown=identity.called if identity.kind in CHATTING else identity.value,
            proof=_proof(identity, sites),
            is_shared=identity.is_shared,
            undeliverable_since=identity.undeliverable_since,
            since=link.started_at,
            is_joined=link.evidence not in (FIRST_SEEN, "separated", IMPORTED),
        )
        for identity, link in rows
    ]


def _proof(identity: Identity, sites: dict[int, str]) -> str | None:
    if identity.kind == identifying.KIND:
        site = sites.get(identifying.widget_of(identity.value))
        return _("the site of %(chat)s signs for them", chat=site) if site else _("a site signs for them")
    if identity.verification not in PROVEN:
        return None
    return {"replied": _("an answer came from there"), "confirmed": _("proven by a code or a site")}.get(
        identity.verification, _("signed for")
    )


def evidence(code: str) -> str:
    """Why two contacts were joined, in words."""
    words = {
        joining.BY_HAND: _("joined by hand"),
        "signed": _("a site signed for both"),
        "replied": _("an answer came by mail"),
    }
    return words.get(code, _("joined"))


def _sites(identities: Sequence[Identity]) -> dict[int, str]:
    ids = {identifying.widget_of(one.value) for one in identities if one.kind == identifying.KIND}
    if not ids:
        return {}
    return {row.id: row.name for row in db.session.execute(select(Widget.id, Widget.name).where(Widget.id.in_(ids)))}


def _agents(ids: Sequence[int]) -> dict[int, str]:
    if not ids:
        return {}
    return {row.id: row.name for row in db.session.execute(select(Agent.id, Agent.name).where(Agent.id.in_(set(ids))))}


def _joins(joins: Sequence[ContactJoin], names: dict[int, str]) -> list[Join]:
    if not joins:
        return []
    others = select(Contact.id, Contact.name).where(Contact.id.in_({join.given_up_id for join in joins}))
    called = {row.id: row.name for row in db.session.execute(others)}
    return [
        Join(
            join,
            called.get(join.given_up_id, "–"),
            names.get(join.by_id) if join.by_id is not None else None,
            evidence(join.evidence),
        )
        for join in joins
    ]


def _scores(contact: Contact, agent: Agent) -> list[Score]:
    """What they said in surveys, the newest first, of tickets that the agent may see."""
    mine = acquaintances.tickets_of(visibility.reader(agent), [contact.id]).with_only_columns(Ticket.id)
    own = select(IdentityLink.identity_id).where(IdentityLink.contact_id == contact.id, IdentityLink.ended_at.is_(None))
    rows = db.session.execute(
        select(SurveyAnswer, Ticket.number)
        .join(SurveyInvitation, SurveyInvitation.id == SurveyAnswer.invitation_id)
        .join(Ticket, Ticket.id == SurveyInvitation.ticket_id)
        .where(Ticket.id.in_(mine), SurveyInvitation.identity_id.in_(own))
        .order_by(SurveyAnswer.id.desc())
        .limit(SCORES)
    )
    found = []
    for answer, number in rows:
        lowest = 0 if answer.kind == "nps" else 1
        words: list[str] = answer.wording["words"]
        found.append(
            Score(
                number=number,
                score=answer.score,
                most=SCALES[answer.kind][-1],
                words=words[answer.score - lowest],
                comment=answer.comment,
                at=answer.edited_at or answer.answered_at,
            )
        )
    return found
