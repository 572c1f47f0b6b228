"""Filling in the fields of a ticket, and what they say."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ScalarSelect, and_, delete, exists, insert, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from ticketdesk.contacts.attribute_values import Unfit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import Json, db
from ticketdesk.core.errors import Conflict, Invalid, NotAllowed
from ticketdesk.tickets import field_values, fields, referring, timeline
from ticketdesk.tickets.field import CODED, FieldValue, TicketField
from ticketdesk.tickets.field_values import COLUMNS, Values
from ticketdesk.tickets.locking import lock_standing
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.visibility import Reader


class Unfilled(Conflict):
    """A ticket cannot be solved before something is said of it."""


class Hidden(NotAllowed):
    """A field refers to something that the person does not see; who cannot see it does not take it away."""


def has_any() -> ScalarSelect[bool]:
    """Beside a ticket: whether its page has fields to show."""
    asked = exists().where(fields.asked_in(Ticket.queue_id)).correlate(Ticket)
    said = exists().where(FieldValue.ticket_id == Ticket.id).correlate(Ticket)
    return select(or_(asked, said)).correlate(Ticket).scalar_subquery()


def of_ticket(ticket: Ticket) -> list[tuple[TicketField, Values]]:
    """The fields that are asked in a ticket's queue, and those that say something of it anyway, in their order."""
    said = and_(FieldValue.field_id == TicketField.id, FieldValue.ticket_id == ticket.id)
    rows = db.session.execute(
        select(TicketField, FieldValue)
        .outerjoin(FieldValue, said)
        .where(TicketField.archived_at.is_(None))
        .where(or_(fields.asked_in(ticket.queue_id), FieldValue.field_id.is_not(None)))
        .order_by(TicketField.position, TicketField.id, FieldValue.place)
    )
    found: dict[TicketField, Values] = {}
    for field, value in rows:
        found[field] = (*found.get(field, ()), *(() if value is None else (_plain(field, value),)))
    return list(found.items())


def values_of(ticket_ids: Collection[int], asked: Sequence[TicketField]) -> dict[tuple[int, int], Values]:
    """What some fields say of several tickets, by ticket and field, in one question."""
    if not ticket_ids or not asked:
        return {}
    known = {field.id: field for field in asked}
    rows = db.session.scalars(
        select(FieldValue)
        .where(FieldValue.ticket_id.in_(ticket_ids), FieldValue.field_id.in_(known))
        .order_by(FieldValue.place)
    )
    found: dict[tuple[int, int], Values] = {}
    for row in rows:
        place = (row.ticket_id, row.field_id)
        found[place] = (*found.get(place, ()), _plain(known[row.field_id], row))
    return found


def set_fields(
    ticket: Ticket,
    typed: Mapping[TicketField, Sequence[str]],
    by: Actor,
    at: datetime,
    reader: Reader | None = None,
) -> Ticket:
    """Say several fields of a ticket, nothing for none, as they were typed; `reader` is who names what is referred to.

    Raises Invalid for the first that does not fit, whose form field is "field-" and its number, and Conflict for a
    field that is asked no more, and Hidden for a reference to what the reader does not see. Fields that are not named
    stay as they are.
    """
    ticket = lock_standing(ticket.id)
    present = values_of([ticket.id], list(typed))
    changes: dict[TicketField, tuple[Values, Values]] = {}
    for field, words in typed.items():
        if field.archived_at is not None:
            raise Conflict(f"“{field.label}” is asked no more.")
        was = present.get((ticket.id, field.id), ())
        becomes = _understood(field, words, was, reader)
        if becomes != was:
            changes[field] = (was, becomes)
    return _change(ticket, changes, by, at)


def put_back(ticket: Ticket, had: Mapping[TicketField, Values], by: Actor, at: datetime) -> Ticket:
    """Let fields say what they said before, as it was kept; raises Conflict for a merged ticket and a closed one."""
    ticket = lock_standing(ticket.id)
    if ticket.category == "closed":
        raise Conflict(f"#{ticket.number} is closed and stays as it is.")
    present = values_of([ticket.id], list(had))
    said = {field: present.get((ticket.id, field.id), ()) for field in had}
    return _change(ticket, {field: (said[field], was) for field, was in had.items() if said[field] != was}, by, at)


def carry(source: Ticket, survivor: Ticket) -> list[int]:
    """Both are locked: what the one says in fields in which the other says nothing, the other says too.

    Returns the ids of these fields. The source keeps what it said, since it cannot be changed while it is merged.
    """
    theirs, ours = aliased(FieldValue), aliased(FieldValue)
    columns = [column.key for column in FieldValue.__table__.columns if column.key != "ticket_id"]
    said = exists().where(ours.ticket_id == survivor.id, ours.field_id == theirs.field_id)
    taken = select(literal(survivor.id, BigInteger), *(getattr(theirs, name) for name in columns))
    copied = insert(FieldValue).from_select(["ticket_id", *columns], taken.where(theirs.ticket_id == source.id, ~said))
    return sorted(set(db.session.scalars(copied.returning(FieldValue.field_id))))


def uncarry(survivor: Ticket, source: Ticket, field_ids: Collection[int]) -> None:
    """Both are locked: what came into these fields goes again, where it is still what the source says."""
    rows = db.session.scalars(
        select(FieldValue)
        .where(FieldValue.ticket_id.in_((survivor.id, source.id)), FieldValue.field_id.in_(field_ids))
        .order_by(FieldValue.place)
    )
    said: dict[tuple[int, int], list[object]] = {}
    for row in rows:
        value = [getattr(row, name) for name in sorted(set(COLUMNS.values()))]
        said.setdefault((row.ticket_id, row.field_id), []).append(value)
    same = [one for one in field_ids if said.get((survivor.id, one)) == said.get((source.id, one))]
    _empty(survivor, same)


def _change(ticket: Ticket, changes: Mapping[TicketField, tuple[Values, Values]], by: Actor, at: datetime) -> Ticket:
    """Write what becomes of some fields, and one event of all."""
    if not changes:
        return ticket
    _write(ticket, {field: becomes for field, (_was, becomes) in changes.items()})
    said = [_said(field, *change) for field, change in sorted(changes.items(), key=lambda one: one[0].id)]
    timeline.record(ticket, "fields_changed", by, at, {"fields": said})
    return ticket


def check_filled(ticket: Ticket) -> None:
    """Raises Unfilled where a field of its queue must be filled in before it is solved."""
    missing = select(TicketField.label).where(*_missing(ticket.queue_id, ticket.id))
    labels = db.session.scalars(missing.order_by(TicketField.position, TicketField.id)).all()
    if labels:
        named = ", ".join(f"“{label}”" for label in labels)
        raise Unfilled(f"Fill in {named} first: #{ticket.number} cannot be solved without.")


def unfilled(ticket_ids: Collection[int]) -> set[int]:
    """Which of these tickets cannot be solved yet, in one question."""
    if not ticket_ids:
        return set()
    missing = exists().where(*_missing(Ticket.queue_id, Ticket.id))
    return set(db.session.scalars(select(Ticket.id).where(Ticket.id.in_(ticket_ids), missing)))


def _missing(queue_id: int | InstrumentedAttribute[int], ticket_id: int | InstrumentedAttribute[int]) -> Sequence[Any]:
    """The fields that a ticket's queue wants filled in, and that say nothing of it."""
    said = exists().where(FieldValue.field_id == TicketField.id, FieldValue.ticket_id == ticket_id)
    said = said.correlate(TicketField, Ticket)
    return TicketField.required_to_solve, fields.asked_in(queue_id), ~said


def _understood(field: TicketField, words: Sequence[str], was: Values, reader: Reader | None) -> Values:
    try:
        if field.kind != "reference":
            return field_values.understood(field.kind, words, field.offered, was)
        if reader is None:
            raise Unfit("Only agents refer to something.")
        return _referred(field, words, was, reader)
    except Unfit as error:
        raise Invalid(str(error), f"field-{field.id}") from error


def _referred(field: TicketField, words: Sequence[str], was: Values, reader: Reader) -> Values:
    target, present = field.refers_to or "", [int(value) for value in was]
    meant = [one.id for one in referring.named(target, present, reader).values()]
    if not meant and set(present) - referring.gone(target, present):
        raise Hidden(f"“{field.label}” refers to something that you cannot see, so it stays as it is.")
    found = referring.find(target, words[-1] if words else "", reader)
    if found is None:
        return ()
    return was if found in meant else (str(found),)


def _write(ticket: Ticket, wanted: Mapping[TicketField, Values]) -> None:
    _empty(ticket, [field.id for field in wanted])
    db.session.add_all(
        FieldValue(
            ticket_id=ticket.id,
            field_id=field.id,
            place=place,
            **{COLUMNS[field.kind]: field_values.column(field.kind, value)},
        )
        for field, values in wanted.items()
        for place, value in enumerate(values)
    )
    db.session.flush()


def _empty(ticket: Ticket, field_ids: Collection[int]) -> None:
    db.session.execute(
        delete(FieldValue).where(FieldValue.ticket_id == ticket.id, FieldValue.field_id.in_(field_ids)),
        execution_options={"synchronize_session": "fetch"},
    )


def _said(field: TicketField, was: Values, becomes: Values) -> Json:
    """What the event says of one field: codes where these are ours, never what somebody typed."""
    if field.kind in CODED:
        return {"id": field.id, "from": list(was), "to": list(becomes)}
    return {"id": field.id, "is_empty": not becomes}


def _plain(field: TicketField, row: FieldValue) -> str:
    column: InstrumentedAttribute[object] = getattr(FieldValue, COLUMNS[field.kind])
    return field_values.plain(field.kind, getattr(row, column.key))
