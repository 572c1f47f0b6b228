"""How a queue hands out its work is set up: skills and when they give way, teams and their order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, insert, select

from ticketdesk.accounts.skill import Skill
from ticketdesk.accounts.team import Team
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import queues
from ticketdesk.tickets.queue import Queue, QueueSkill, QueueTeam

LONGEST_RELAX = 7 * 24 * 60
LONGEST_NEXT_TEAM = 24 * 60
RINGS, WAITS, MISSED = (10, 300), (30, 1800), (0, 20)
"""Between which numbers a ring's seconds lie, those of a chat's waiting, and the rings that may be missed in a row."""
MOST_TEAMS = 20
MOST_SKILLS = 50


@dataclass(frozen=True, slots=True)
class Room:
    """How a queue chooses among agents, beside its strategy, which is part of `tickets.queues.Setup`."""

    sticky: bool = False  # of those who can take it, whoever had the customer's last ticket
    relax_after_minutes: int = 0  # of waiting for each skill that gives way; 0: none ever does
    next_team_after_minutes: int = 5  # of waiting until the next open team is asked as well; 0: all open teams at once
    required: Sequence[int] = field(default_factory=tuple)  # skills that all its work asks for
    gives_way: Sequence[int] = field(default_factory=tuple)  # skills that may be given up, the first one first
    rings_for_s: int = 30  # for one agent, before a chat goes on to the next
    chat_waits_s: int = 120  # for somebody to accept a chat, before it waits as a ticket
    missed_rings: int = 3  # in a row, after which an agent takes no chats; 0: never
    teams: Sequence[int] = field(default_factory=tuple)  # who serves it, in this order; empty: its own team alone


def room_of(queue: Queue) -> Room:
    """How a queue is set up now."""
    rows = db.session.scalars(select(QueueSkill).where(QueueSkill.queue_id == queue.id)).all()
    ways = sorted((row.gives_way, row.skill_id) for row in rows if row.gives_way is not None)
    return Room(
        queue.sticky,
        queue.relax_after_minutes,
        queue.next_team_after_minutes,
        tuple(sorted(row.skill_id for row in rows if row.required)),
        tuple(skill_id for _step, skill_id in ways),
        queue.rings_for_s,
        queue.chat_waits_s,
        queue.missed_rings,
        tuple(
            db.session.scalars(
                select(QueueTeam.team_id).where(QueueTeam.queue_id == queue.id).order_by(QueueTeam.position)
            )
        ),
    )


def change(queue: Queue, room: Room, by: Actor, at: datetime) -> None:
    """Set a queue's way of choosing; each team that serves it may answer in it from this moment on.

    A team without a grant, or with one to read only, is granted to reply, which is audited like any grant. Raises
    Invalid for numbers out of range, and for skills or teams that do not exist or are named twice.
    """
    queue = queues.lock(queue.id)
    _check(room)
    before = room_of(queue)
    if before == room:
        return
    queue.sticky = room.sticky
    queue.relax_after_minutes = room.relax_after_minutes
    queue.next_team_after_minutes = room.next_team_after_minutes
    queue.rings_for_s, queue.chat_waits_s = room.rings_for_s, room.chat_waits_s
    queue.missed_rings = room.missed_rings
    _keep_skills(queue, room)
    _keep_teams(queue, room)
    db.session.flush()
    audit.note(
        "queue_routing_changed",
        "queue",
        queue.id,
        by,
        at,
        {
            "sticky": room.sticky,
            "relax_after_minutes": room.relax_after_minutes,
            "next_team_after_minutes": room.next_team_after_minutes,
            "rings_for_s": room.rings_for_s,
            "chat_waits_s": room.chat_waits_s,
            "missed_rings": room.missed_rings,
            "required": list(room.required),
            "gives_way": list(room.gives_way),
            "teams": list(room.teams),
        },
    )
    present = {grant.team_id: grant.level for grant in queues.grants_of(queue.id)}
    lacking = [team for team in room.teams if team != queue.team_id and present.get(team, "read") == "read"]
    if lacking:
        queues.share(queue, present | dict.fromkeys(lacking, "reply"), by, at)


def _keep_skills(queue: Queue, room: Room) -> None:
    db.session.execute(
        delete(QueueSkill).where(QueueSkill.queue_id == queue.id), execution_options={"synchronize_session": "fetch"}
    )
    steps = {skill_id: step for step, skill_id in enumerate(room.gives_way, start=1)}
    rows = [
        {
            "queue_id": queue.id,
            "skill_id": skill_id,
            "required": skill_id in room.required,
            "gives_way": steps.get(skill_id),
        }
        for skill_id in sorted({*room.required, *room.gives_way})
    ]
    if rows:
        db.session.execute(insert(QueueSkill), rows)


def _keep_teams(queue: Queue, room: Room) -> None:
    db.session.execute(
        delete(QueueTeam).where(QueueTeam.queue_id == queue.id), execution_options={"synchronize_session": "fetch"}
    )
    rows = [
        {"queue_id": queue.id, "team_id": team_id, "position": position} for position, team_id in enumerate(room.teams)
    ]
    if rows:
        db.session.execute(insert(QueueTeam), rows)


def _check(room: Room) -> None:
    if not 0 <= room.relax_after_minutes <= LONGEST_RELAX:
        raise Invalid(f"Between 0 and {LONGEST_RELAX} minutes.", "relax_after_minutes")
    if not 0 <= room.next_team_after_minutes <= LONGEST_NEXT_TEAM:
        raise Invalid(f"Between 0 and {LONGEST_NEXT_TEAM} minutes.", "next_team_after_minutes")
    for number, (least, largest), name in (
        (room.rings_for_s, RINGS, "rings_for_s"),
        (room.chat_waits_s, WAITS, "chat_waits_s"),
        (room.missed_rings, MISSED, "missed_rings"),
    ):
        if not least <= number <= largest:
            raise Invalid(f"Between {least} and {largest}.", name)
    for named, model, most, field_name in (
        (room.required, Skill, MOST_SKILLS, "required"),
        (room.gives_way, Skill, MOST_SKILLS, "gives_way"),
        (room.teams, Team, MOST_TEAMS, "teams"),
    ):
        if len(named) > most or len(set(named)) != len(named):
            raise Invalid(f"Name each at most once, and at most {most}.", field_name)
        if set(db.session.scalars(select(model.id).where(model.id.in_(named)))) != set(named):
            raise Invalid("There is no such thing any more. Look at the list again.", field_name)
