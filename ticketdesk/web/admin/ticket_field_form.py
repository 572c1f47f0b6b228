"""The form of a field of tickets."""

from collections.abc import Collection

from sqlalchemy import or_, select
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from ticketdesk.channels.form import ticket_fields as asking
from ticketdesk.channels.form.form import Form as Built
from ticketdesk.core.db import db
from ticketdesk.tickets import fields as verbs
from ticketdesk.tickets.field import TicketField
from ticketdesk.tickets.fields import Definition
from ticketdesk.web.admin import choices
from ticketdesk.web.forms import BoxesField, Form, offered, plain
from ticketdesk.web.texts import _

KINDS = (
    ("text", "Text"),
    ("number", "Number"),
    ("choice", "One choice"),
    ("choices", "Several choices"),
    ("date", "Date"),
    ("checkbox", "Yes or no"),
    ("reference", "Reference"),
)
TARGETS = (("ticket", "Another ticket"), ("contact", "A contact"), ("organization", "An organization"))


class FieldForm(Form):
    """What can be changed of one."""

    label = StringField(
        "Label",
        [DataRequired("How shall it be called?"), Length(max=verbs.LONGEST_NAME)],
        filters=[plain],
    )
    help = StringField(
        "Hint", [Length(max=verbs.LONGEST_HELP)], filters=[plain], description="Stands below it where it is filled in."
    )
    options = TextAreaField(
        "Choices",
        [Length(max=20_000)],
        description="One a line, for the kinds with choices. To call one otherwise, change what follows its “=”.",
    )
    is_everywhere = BooleanField("In all queues", default=True)
    queues = BoxesField("Or only in these queues", coerce=int, choices=lambda: offered(choices.queues()))
    required_to_solve = BooleanField("Agents cannot solve a ticket without it")
    for_customers = BooleanField("Customers may fill it in", description="Else only agents see it and fill it in.")
    forms = BoxesField("These forms ask it", coerce=int, choices=lambda: offered(_forms()))
    required_in_forms = BooleanField("Forms are not sent without it")

    def definition(self, **new: str) -> Definition:
        """What was filled in."""
        return Definition(
            label=self.label.data or "",
            help=self.help.data or "",
            options=(self.options.data or "").splitlines(),
            is_everywhere=self.is_everywhere.data,
            queue_ids=self.queues.data or (),
            for_customers=self.for_customers.data,
            required_in_forms=self.required_in_forms.data,
            required_to_solve=self.required_to_solve.data,
            **new,
        )


class NewFieldForm(FieldForm):
    """What is said of a new one; key, kind and what it refers to stay for good."""

    key = StringField(
        "Key",
        [DataRequired("Searches need a key."), Length(max=verbs.LONGEST_KEY)],
        filters=[plain],
        description="Small letters, digits and underscores, such as order_number. It never changes.",
    )
    kind = SelectField("Kind", choices=offered(KINDS))
    refers_to = SelectField("A reference leads to", choices=offered(TARGETS))


def shown(field: TicketField) -> FieldForm:
    """The form of a field as it is."""
    form = FieldForm(
        formdata=None,
        label=field.label,
        help=field.help,
        options="\n".join(f"{key} = {label}" for key, label in field.offered.items()),
        is_everywhere=field.is_everywhere,
        queues=verbs.queues_of(field),
        required_to_solve=field.required_to_solve,
        for_customers=field.for_customers,
        forms=asking.forms_of(field),
        required_in_forms=field.required_in_forms,
    )
    return _offering(form, field)


def sent(field: TicketField) -> FieldForm:
    """The form of a field as it was filled in."""
    return _offering(FieldForm(), field)


def _offering(form: FieldForm, field: TicketField) -> FieldForm:
    """What is chosen already stays on offer though it is out of use: else saving would take it off unseen."""
    form.queues.choices = offered(choices.queues(verbs.queues_of(field)))
    form.forms.choices = offered(_forms(asking.forms_of(field)))
    return form


def _forms(chosen: Collection[int] = ()) -> list[tuple[int, str]]:
    wanted = select(Built.id, Built.title, Built.disabled_at).order_by(Built.title, Built.id)
    rows = db.session.execute(wanted.where(or_(Built.disabled_at.is_(None), Built.id.in_(chosen))))
    return [
        (row.id, row.title if row.disabled_at is None else _("%(name)s (disabled)", name=row.title)) for row in rows
    ]
