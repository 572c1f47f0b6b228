"""The tickets of a saved view in SQL: what its conditions ask, always among what the reader may see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from ticketdesk.accounts.team import TeamMember
from ticketdesk.contacts.contact import Contact, Identity, IdentityLink, Organization
from ticketdesk.core.db import db
from ticketdesk.tickets import view_fields, visibility
from ticketdesk.tickets.follower import Follower
from ticketdesk.tickets.saved_view_fields import ME, MY_TEAMS, NOBODY, Condition
from ticketdesk.tickets.search_row import SearchRow
from ticketdesk.tickets.status import DONE
from ticketdesk.tickets.tag import Tag
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.visibility import Reader


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: which conditions, whether all or any of them, among which tickets."""

    conditions: Sequence[Condition]
    joining: str = "all"
    among: str = "unsolved"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks and when: a view says "me" and "older than"."""

    agent: Reader
    now: datetime


def tickets(wanted: Wanted, asker: Asker) -> Select[Ticket]:
    """The tickets, in no order yet; spam, trash and merged ones are never among them, what is put away not always."""
    return visibility.visible_tickets(asker.agent).where(_among(wanted.among), _asked(wanted, asker))


def count(views: Mapping[int, Wanted], asker: Asker, most: int) -> dict[int, int]:
    """How many tickets each of several views has, by their keys, in one question; none is counted beyond `most`."""
    if not views:
        return {}
    limited = {
        key: tickets(wanted, asker).with_only_columns(Ticket.id).limit(most).subquery() for key, wanted in views.items()
    }
    each = [
        select(literal(key).label("key"), select(func.count()).select_from(some).scalar_subquery().label("found"))
        for key, some in limited.items()
    ]
    return {row.key: row.found for row in db.session.execute(union_all(*each))}


def _among(among: str) -> ColumnElement[bool]:
    if among == "unsolved":
        return and_(Ticket.active(), Ticket.snoozed_until.is_(None))
    whole = and_(Ticket.spam_at.is_(None), Ticket.trashed_at.is_(None), Ticket.merged_into_id.is_(None))
    return and_(whole, Ticket.category.in_(DONE)) if among == "past" else whole


def _asked(wanted: Wanted, asker: Asker) -> ColumnElement[bool]:
    asked = [
        view_fields.asked(one) if one.field.startswith(view_fields.PREFIX) else _ASKED[one.field](one, asker)
        for one in wanted.conditions
    ]
    if not asked:
        return true()
    return or_(*asked) if wanted.joining == "any" else and_(*asked)


def _code(column: InstrumentedAttribute[str]) -> Callable[[Condition, Asker], ColumnElement[bool]]:
    def asked(one: Condition, asker: Asker) -> ColumnElement[bool]:
        return column.in_(one.values) if one.operator == "is" else column.not_in(one.values)

    return asked


def _queue(one: Condition, asker: Asker) -> ColumnElement[bool]:
    return Ticket.queue_id.in_(one.ids) if one.operator == "is" else Ticket.queue_id.not_in(one.ids)


def _assignee(one: Condition, asker: Asker) -> ColumnElement[bool]:
    ways = [Ticket.assignee_id.in_([*one.ids, *([asker.agent.id] if ME in one.values else [])])]
    if NOBODY in one.values:
        ways.append(Ticket.assignee_id.is_(None))
    if MY_TEAMS in one.values:
        mine = select(TeamMember.team_id).where(TeamMember.agent_id == asker.agent.id)
        ways.append(Ticket.assignee_id.in_(select(TeamMember.agent_id).where(TeamMember.team_id.in_(mine))))
    found = or_(*ways)
    # of a ticket that is nobody's, SQL says neither yes nor no
    return found if one.operator == "is" else not_(func.coalesce(found, false()))


def _requester(one: Condition, asker: Asker) -> ColumnElement[bool]:
    text = one.values[0]
    if one.operator == "is":
        asks = Identity.value == text.lower()
    else:
        asks = or_(_contains(Identity.name, text), _contains(Identity.value, text))
    found = exists().where(Identity.id == Ticket.requester_id, asks)
    return not_(found) if one.operator == "contains_not" else found


def _organization(one: Condition, asker: Asker) -> ColumnElement[bool]:
    belongs = (
        exists()
        .where(IdentityLink.identity_id == Ticket.requester_id, IdentityLink.ended_at.is_(None))
        .where(Contact.id == IdentityLink.contact_id, Organization.id == Contact.organization_id)
    )
    if one.operator == "none":
        return not_(belongs)
    found = belongs.where(_contains(Organization.name, one.values[0]))
    return not_(found) if one.operator == "contains_not" else found


def _tag(one: Condition, asker: Asker) -> ColumnElement[bool]:
    named = func.array(select(Tag.id).where(Tag.name.in_(one.values)).scalar_subquery())
    tagged = Ticket.tag_ids.bool_op("&&")(named)
    return tagged if one.operator == "has" else not_(tagged)


def _age(column: InstrumentedAttribute[datetime]) -> Callable[[Condition, Asker], ColumnElement[bool]]:
    def asked(one: Condition, asker: Asker) -> ColumnElement[bool]:
        since = asker.now - one.span
        return column < since if one.operator == "older" else column >= since

    return asked


def _waiting(one: Condition, asker: Asker) -> ColumnElement[bool]:
    """Since when the customer waits for us; whoever was answered waits no longer, however long ago they wrote."""
    since = asker.now - one.span
    waits = or_(Ticket.answered_at.is_(None), Ticket.customer_wrote_at > Ticket.answered_at)
    wrote = Ticket.customer_wrote_at < since if one.operator == "older" else Ticket.customer_wrote_at >= since
    return and_(waits, wrote)


def _due(one: Condition, asker: Asker) -> ColumnElement[bool]:
    if one.operator == "none":
        return Ticket.next_due_at.is_(None)
    until = asker.now if one.operator == "late" else asker.now + one.span
    return and_(Ticket.next_due_state == "running", Ticket.next_due_at <= until)


def _following(one: Condition, asker: Asker) -> ColumnElement[bool]:
    follows = exists().where(Follower.ticket_id == Ticket.id, Follower.agent_id == asker.agent.id)
    return follows if one.operator == "yes" else not_(follows)


def _subject(one: Condition, asker: Asker) -> ColumnElement[bool]:
    found = _contains(Ticket.subject, one.values[0])
    return not_(found) if one.operator == "contains_not" else found


def _attachment(one: Condition, asker: Asker) -> ColumnElement[bool]:
    has = exists().where(SearchRow.ticket_id == Ticket.id, SearchRow.has_files)
    return has if one.operator == "yes" else not_(has)


def _contains(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    return column.icontains(text, autoescape=True)


_ASKED: Mapping[str, Callable[[Condition, Asker], ColumnElement[bool]]] = {
    "status": _code(Ticket.category),
    "priority": _code(Ticket.priority),
    "queue": _queue,
    "assignee": _assignee,
    "requester": _requester,
    "organization": _organization,
    "channel": _code(Ticket.channel),
    "tag": _tag,
    "opened": _age(Ticket.opened_at),
    "updated": _age(Ticket.updated_at),
    "waiting": _waiting,
    "due": _due,
    "following": _following,
    "subject": _subject,
    "attachment": _attachment,
}
