"""Fields of tickets: which there are, made, changed, moved and archived by administrators."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from ticketdesk.core import audit, rows
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import Json, db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.core.kept import kept
from ticketdesk.tickets import field_values
from ticketdesk.tickets.field import KINDS, TARGETS, FieldQueue, TicketField
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket

MOST = 60
"""So many fields at a time: a ticket's page may show all of them."""
MOST_OPTIONS = 100
LONGEST_NAME = 60
LONGEST_KEY = 40
LONGEST_HELP = 200
_KEY = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Definition:
    """What an administrator says of a field; key, kind and what it refers to count for a new one only.

    `options` are lines: a label, or "key = label", by which an option is called otherwise and stays the same.
    """

    label: str
    key: str = ""
    kind: str = "text"
    refers_to: str = ""
    help: str = ""
    options: Sequence[str] = ()
    is_everywhere: bool = True
    queue_ids: Collection[int] = ()
    for_customers: bool = False
    required_in_forms: bool = False
    required_to_solve: bool = False


def shown() -> list[TicketField]:
    """Those in use, in their order."""
    of = select(TicketField).where(TicketField.archived_at.is_(None))
    return list(db.session.scalars(of.order_by(TicketField.position, TicketField.id)))


def asked_in(queue_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """A condition on TicketField: whether the tickets of a queue are asked it."""
    named = exists().where(FieldQueue.field_id == TicketField.id, FieldQueue.queue_id == queue_id)
    named = named.correlate(TicketField, Ticket)  # the ticket may stand two questions further out
    return TicketField.archived_at.is_(None) & or_(TicketField.is_everywhere, named)


@dataclass(frozen=True, slots=True)
class Asked:
    """A field and the queues whose tickets are asked it; None for all."""

    field: TicketField
    queue_ids: frozenset[int] | None

    def is_in(self, queue_id: int) -> bool:
        """Whether it is asked there."""
        return self.queue_ids is None or queue_id in self.queue_ids


def asked_in_any(queue_ids: Collection[int]) -> list[Asked]:
    """The fields that some of these queues ask, in their order, in one question."""
    named = (
        select(func.array_agg(FieldQueue.queue_id))
        .where(FieldQueue.field_id == TicketField.id, FieldQueue.queue_id.in_(queue_ids))
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(TicketField, named)
        .where(TicketField.archived_at.is_(None), or_(TicketField.is_everywhere, named.is_not(None)))
        .order_by(TicketField.position, TicketField.id)
    )
    return [Asked(field, None if field.is_everywhere else frozenset(ids)) for field, ids in rows]


def queues_of(field: TicketField) -> list[int]:
    """The queues that were named for it."""
    of = select(FieldQueue.queue_id).where(FieldQueue.field_id == field.id)
    return list(db.session.scalars(of.order_by(FieldQueue.queue_id)))


def define(what: Definition, by: Actor, at: datetime) -> TicketField:
    """Make a field, at the end of the list; raises Invalid or Conflict."""
    key = what.key.strip().lower()
    if len(key) > LONGEST_KEY or _KEY.fullmatch(key) is None:
        raise Invalid("A key begins with a letter and has small letters, digits and underscores only.", "key")
    if what.kind not in KINDS:
        raise Invalid("There is no such kind.", "kind")
    if what.kind == "reference" and what.refers_to not in TARGETS:
        raise Invalid("Choose what it refers to.", "refers_to")
    if db.session.scalar(select(TicketField.id).where(TicketField.key == key)) is not None:
        raise Invalid("Another field has this key.", "key")
    _check_room()
    last = db.session.scalar(select(func.max(TicketField.position)))
    made = TicketField(
        key=key,
        kind=what.kind,
        refers_to=what.refers_to if what.kind == "reference" else None,
        position=0 if last is None else last + 1,
        created_at=at,
        archived_at=None,
        **_checked(what, what.kind, []),
    )
    db.session.add(made)
    db.session.flush()
    _ask_in(made, what)
    kept("ticket_fields").clear()
    audit.note("ticket_field_defined", "ticket_field", made.id, by, at, {"key": key, "kind": made.kind})
    return made


def change(field: TicketField, what: Definition, by: Actor, at: datetime) -> None:
    """Let it be called and asked otherwise; raises Invalid. What was chosen before stays said."""
    field = rows.held(TicketField, field.id)
    for name, value in _checked(what, field.kind, field.options).items():
        setattr(field, name, value)
    _ask_in(field, what)
    kept("ticket_fields").clear()
    audit.note("ticket_field_changed", "ticket_field", field.id, by, at)


def archive(field: TicketField, by: Actor, at: datetime) -> None:
    """Ask it nowhere any more; what it says is kept."""
    field = rows.held(TicketField, field.id)
    if field.archived_at is None:
        field.archived_at = at
        kept("ticket_fields").clear()
        audit.note("ticket_field_archived", "ticket_field", field.id, by, at)


def restore(field: TicketField, by: Actor, at: datetime) -> None:
    """Ask it again; raises Conflict where there are too many."""
    field = rows.held(TicketField, field.id)
    if field.archived_at is not None:
        _check_room()
        field.archived_at = None
        kept("ticket_fields").clear()
        audit.note("ticket_field_restored", "ticket_field", field.id, by, at)


def move(field: TicketField, places: int, by: Actor, at: datetime) -> None:
    """Put it so many places further down, up when negative."""
    held = select(TicketField).order_by(TicketField.id).with_for_update()
    listed = sorted(db.session.scalars(held.execution_options(populate_existing=True)), key=_order)
    here = next(place for place, one in enumerate(listed) if one.id == field.id)
    there = min(max(here + places, 0), len(listed) - 1)
    listed.insert(there, listed.pop(here))
    for place, one in enumerate(listed):
        one.position = place
    kept("ticket_fields").clear()
    if here != there:
        audit.note("ticket_field_moved", "ticket_field", field.id, by, at, {"to": there})


def _order(field: TicketField) -> tuple[bool, int, int]:
    return field.archived_at is not None, field.position, field.id


def _check_room() -> None:
    used = select(func.count()).select_from(TicketField).where(TicketField.archived_at.is_(None))
    if (db.session.scalar(used) or 0) >= MOST:
        raise Conflict("There are as many fields as can be shown. Archive one first.")


def _checked(what: Definition, kind: str, present: Sequence[Mapping[str, object]]) -> Json:
    """What is to be stored; raises Invalid."""
    label, help_words = " ".join(what.label.split()), " ".join(what.help.split())
    if not label or len(label) > LONGEST_NAME:
        raise Invalid(f"A label has 1 to {LONGEST_NAME} letters.", "label")
    if len(help_words) > LONGEST_HELP:
        raise Invalid(f"At most {LONGEST_HELP} letters, please.", "help")
    if kind == "reference" and what.for_customers:
        raise Invalid("Customers cannot fill in a reference: they would learn what there is.", "for_customers")
    if what.required_in_forms and not what.for_customers:
        raise Invalid("Forms ask only what customers may fill in.", "required_in_forms")
    return {
        "label": label,
        "help": help_words,
        "options": _options(what.options, present) if kind in ("choice", "choices") else [],
        "is_everywhere": what.is_everywhere,
        "for_customers": what.for_customers,
        "required_in_forms": what.required_in_forms,
        "required_to_solve": what.required_to_solve,
    }


def _options(lines: Sequence[str], present: Sequence[Mapping[str, object]]) -> list[Json]:
    """The options in their order, with a key each for good; those that were taken off follow, offered no more."""
    labels = {str(one["key"]): str(one["label"]) for one in present}
    keys_of = {field_values.composed(label).casefold(): key for key, label in labels.items()}
    wanted: dict[str, str] = {}
    for line in filter(None, (field_values.composed(" ".join(line.split())) for line in lines)):
        key, sign, label = (part.strip() for part in line.partition(" = "))
        if not sign:
            key, label = keys_of.get(line.casefold()) or _key(line, {*labels, *wanted}), line
        if len(key) > LONGEST_KEY or _KEY.fullmatch(key) is None:
            raise Invalid(f"“{key}” is no key: it has small letters, digits and underscores only.", "options")
        if key in wanted or label.casefold() in {one.casefold() for one in wanted.values()}:
            raise Invalid(f"“{label or key}” is there twice.", "options")
        if not label or len(label) > LONGEST_NAME:
            raise Invalid(f"A choice has 1 to {LONGEST_NAME} letters.", "options")
        wanted[key] = label
    if not wanted:
        raise Invalid("Name at least one choice.", "options")
    if len(wanted) > MOST_OPTIONS:
        raise Invalid(f"At most {MOST_OPTIONS} choices, please.", "options")
    gone = {key: label for key, label in labels.items() if key not in wanted}
    offered = [{"key": key, "label": label, "offered": True} for key, label in wanted.items()]
    return [*offered, *({"key": key, "label": label, "offered": False} for key, label in gone.items())]


def _key(label: str, taken: Collection[str]) -> str:
    """A key that says something of the label and that no other option has."""
    plain = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[: LONGEST_KEY - 4].rstrip("_")
    base = plain if plain and plain[0].isalpha() else f"o_{plain}".rstrip("_")
    numbered = (f"{base}_{number}" for number in range(2, len(taken) + 3))
    return next(key for key in (base, *numbered) if key not in taken)


def _ask_in(field: TicketField, what: Definition) -> None:
    wanted = set() if what.is_everywhere else set(what.queue_ids)
    if not what.is_everywhere and not wanted:
        raise Invalid("Choose at least one queue, or all of them.", "queues")
    known = set(db.session.scalars(select(Queue.id).where(Queue.id.in_(wanted)))) if wanted else set()
    if known != wanted:
        raise Invalid("There is no such queue.", "queues")
    present = set(queues_of(field))
    if gone := present - wanted:
        db.session.execute(delete(FieldQueue).where(FieldQueue.field_id == field.id, FieldQueue.queue_id.in_(gone)))
    db.session.add_all(FieldQueue(field_id=field.id, queue_id=queue_id) for queue_id in sorted(wanted - present))
    db.session.flush()
