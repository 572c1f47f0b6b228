"""What tickets ask for: skills by tag, and skills said of one ticket."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Select, delete, insert, select

from ticketdesk.accounts.skill import AgentSkill, Skill
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.routing import needs, projection
from ticketdesk.tickets import timeline
from ticketdesk.tickets.locking import lock_standing
from ticketdesk.tickets.needed_skill import TagSkill, TicketSkill
from ticketdesk.tickets.queue import QueueSkill
from ticketdesk.tickets.tag import Tag, TicketTag
from ticketdesk.tickets.ticket import Ticket

MOST_OF_A_TICKET = 10


def require(ticket: Ticket, skill_ids: Iterable[int], by: Actor, at: datetime) -> Ticket:
    """Say that a ticket asks for exactly these skills, beside those of its tags and its queue; raises Invalid."""
    ticket = lock_standing(ticket.id)
    wanted = set(skill_ids)
    present = said_of(ticket.id)
    if wanted == present:
        return ticket
    if len(wanted) > MOST_OF_A_TICKET:
        raise Invalid(f"At most {MOST_OF_A_TICKET} skills.", "skills")
    _check(wanted)
    db.session.execute(
        delete(TicketSkill).where(TicketSkill.ticket_id == ticket.id, TicketSkill.skill_id.in_(present - wanted)),
        execution_options={"synchronize_session": "fetch"},
    )
    if wanted - present:
        rows = [{"ticket_id": ticket.id, "skill_id": skill_id} for skill_id in sorted(wanted - present)]
        db.session.execute(insert(TicketSkill), rows)
    data = {"added": sorted(wanted - present), "removed": sorted(present - wanted)}
    timeline.record(ticket, "skills_required", by, at, data)
    return ticket


def said_of(ticket_id: int) -> set[int]:
    """The skills that somebody said a ticket asks for."""
    return set(db.session.scalars(select(TicketSkill.skill_id).where(TicketSkill.ticket_id == ticket_id)))


def needed(ticket: Ticket) -> frozenset[int]:
    """All skills that a ticket itself asks for, by its tags and by what was said; those of its queue are not among."""
    return needs.skills_of(ticket.needs)


def lead(tag: Tag, skill_ids: Iterable[int], by: Actor, at: datetime) -> None:
    """Let exactly these skills be asked for by whatever bears a tag, also by what bears it already; raises Invalid.

    Locks the tag and the unsolved tickets with it, and holds them until the end.
    """
    wanted = set(skill_ids)
    _check(wanted)
    lock_tags([tag.id])
    present = set(db.session.scalars(select(TagSkill.skill_id).where(TagSkill.tag_id == tag.id)))
    if wanted == present:
        return
    db.session.execute(
        delete(TagSkill).where(TagSkill.tag_id == tag.id, TagSkill.skill_id.in_(present - wanted)),
        execution_options={"synchronize_session": "fetch"},
    )
    if wanted - present:
        rows = [{"tag_id": tag.id, "skill_id": skill_id} for skill_id in sorted(wanted - present)]
        db.session.execute(insert(TagSkill), rows)
    audit.note("tag_leads", "tag", tag.id, by, at, {"skills": sorted(wanted)})
    projection.rebuild(_bearing(select(Tag.id).where(Tag.id == tag.id)))


def lock_tags(tag_ids: Collection[int]) -> None:
    """Let nobody else change what these tags ask for, nor put them on a ticket, until the transaction ends.

    A ticket that gets a tag at this moment would else be missed by both: it does not bear it yet for whoever changes
    what the tag asks for, and the tag asks for nothing new yet for whoever puts it on.
    """
    db.session.execute(select(Tag.id).where(Tag.id.in_(tag_ids)).order_by(Tag.id).with_for_update()).all()


def leads() -> dict[int, frozenset[int]]:
    """The skills that tags lead to, by the tag's id."""
    found: dict[int, set[int]] = {}
    for row in db.session.scalars(select(TagSkill)):
        found.setdefault(row.tag_id, set()).add(row.skill_id)
    return {tag_id: frozenset(skills) for tag_id, skills in found.items()}


def remove(skill: Skill, by: Actor, at: datetime) -> None:
    """Forget a skill that no queue requires; agents, tags and tickets lose it. Raises Conflict for one in use."""
    if db.session.scalar(
        select(QueueSkill.queue_id).where(QueueSkill.skill_id == skill.id, QueueSkill.required).limit(1)
    ):
        raise Conflict(f"A queue requires {skill.name}. Take it out there first.")
    by_tag = select(TagSkill.tag_id).where(TagSkill.skill_id == skill.id)
    asking = _bearing(by_tag)
    asking |= set(
        db.session.scalars(
            select(TicketSkill.ticket_id)
            .join(Ticket, Ticket.id == TicketSkill.ticket_id)
            .where(TicketSkill.skill_id == skill.id, Ticket.active())
        )
    )
    for table in (TagSkill, TicketSkill, QueueSkill, AgentSkill):
        db.session.execute(
            delete(table).where(table.skill_id == skill.id), execution_options={"synchronize_session": "fetch"}
        )
    db.session.delete(skill)
    db.session.flush()
    audit.note("skill_removed", "skill", skill.id, by, at)
    projection.rebuild(asking)


def _bearing(tag_ids: Select[int]) -> set[int]:
    """The unsolved tickets that bear any of these tags."""
    return set(
        db.session.scalars(
            select(TicketTag.ticket_id)
            .join(Ticket, Ticket.id == TicketTag.ticket_id)
            .where(TicketTag.tag_id.in_(tag_ids), Ticket.active())
        )
    )


def _check(skill_ids: set[int]) -> None:
    if set(db.session.scalars(select(Skill.id).where(Skill.id.in_(skill_ids)))) != skill_ids:
        raise Invalid("There is no such skill.", "skills")
