"""Which forms ask which fields of tickets."""

from collections.abc import Collection

from sqlalchemy import ForeignKey, Index, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.channels.form.form import Form
from ticketdesk.core.db import Model, db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets.field import TicketField

PREFIX = "field-"
"""Before the number of a field, under which its answer arrives and what a verb refuses comes back."""


class FormTicketField(Model):
    """A form that asks a field; what is said there is said of the ticket that it opens."""

    __tablename__ = "form_ticket_fields"
    __table_args__ = (Index("ix_form_ticket_fields_form_id", "form_id"),)

    field_id: Mapped[int] = mapped_column(ForeignKey("ticket_fields.id", ondelete="CASCADE"), primary_key=True)
    form_id: Mapped[int] = mapped_column(ForeignKey("forms.id", ondelete="CASCADE"), primary_key=True)


def asked_by(form_id: int | None) -> list[TicketField]:
    """The fields that a form asks, in their order; none for one that is not there yet."""
    if form_id is None:
        return []
    wanted = select(TicketField).join(FormTicketField, FormTicketField.field_id == TicketField.id)
    asked = wanted.where(FormTicketField.form_id == form_id, TicketField.archived_at.is_(None))
    return list(
        db.session.scalars(asked.where(TicketField.for_customers).order_by(TicketField.position, TicketField.id))
    )


def forms_of(field: TicketField) -> list[int]:
    """The forms that ask a field."""
    of = select(FormTicketField.form_id).where(FormTicketField.field_id == field.id)
    return list(db.session.scalars(of.order_by(FormTicketField.form_id)))


def ask(field: TicketField, form_ids: Collection[int]) -> None:
    """Let these forms ask a field, and no others; raises Invalid. The field is held by who changes it."""
    wanted, present = set(form_ids), set(forms_of(field))
    if wanted and not field.for_customers:
        raise Invalid("Forms ask only what customers may fill in.", "forms")
    if set(db.session.scalars(select(Form.id).where(Form.id.in_(wanted)))) != wanted:
        raise Invalid("There is no such form.", "forms")
    if gone := present - wanted:
        db.session.execute(
            delete(FormTicketField).where(FormTicketField.field_id == field.id, FormTicketField.form_id.in_(gone))
        )
    db.session.add_all(FormTicketField(field_id=field.id, form_id=form_id) for form_id in sorted(wanted - present))
    db.session.flush()
