"""What can be changed of a contact, and in which form."""

from collections.abc import Mapping, Sequence
from typing import cast

from wtforms import BooleanField, DateField, Field, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from ticketdesk.contacts import attribute_values, changing, noting, organizations
from ticketdesk.contacts.attribute import ContactAttribute
from ticketdesk.web.forms import Form, offered, plain
from ticketdesk.web.texts import _

BEFORE = "attribute-"
"""Before the number of an attribute, in the name of its field."""


class DetailsForm(Form):
    """Who somebody is; a field for each attribute comes with `details`."""

    name = StringField(
        "Name",
        validators=[DataRequired("How is this person called?"), Length(max=changing.LONGEST_NAME)],
        filters=[plain],
    )
    organization = StringField(
        "Organization",
        validators=[Length(max=organizations.LONGEST_NAME)],
        filters=[plain],
        description="By its name, as it stands under Organizations.",
    )

    @property
    def said(self) -> list[Field]:
        """The fields of attributes, in their order."""
        return [field for field in self if field.name.startswith(BEFORE)]

    def typed(self, attributes: Sequence[ContactAttribute]) -> dict[ContactAttribute, str]:
        """What was typed for each attribute."""
        return {one: _typed(self[f"{BEFORE}{one.id}"].data) for one in attributes}


class NoteForm(Form):
    """A few words for colleagues."""

    text = TextAreaField("Note", validators=[DataRequired("Write a few words first."), Length(max=noting.LONGEST)])


def details(attributes: Sequence[ContactAttribute], values: Mapping[int, str]) -> type[DetailsForm]:
    """The form for the attributes that there are; what is said of them already can be said again."""
    fields = {f"{BEFORE}{one.id}": _field(one, values.get(one.id)) for one in attributes}
    return cast(type[DetailsForm], type("DetailsForm", (DetailsForm,), fields))


def filled(attributes: Sequence[ContactAttribute], values: dict[int, str]) -> dict[str, object]:
    """What the fields of attributes show at first."""
    return {f"{BEFORE}{one.id}": _shown(one, values.get(one.id, "")) for one in attributes}


def _field(one: ContactAttribute, said: str | None) -> Field:
    if one.kind == "checkbox":
        return BooleanField(one.label)
    if one.kind == "date":
        return DateField(one.label, validators=[Optional()])
    if one.kind == "choice":
        choices = dict.fromkeys([*one.choices, *([said] if said else [])])  # one that is offered no more stays
        return SelectField(
            one.label,
            choices=offered([("", _("Nothing said")), *((choice, choice) for choice in choices)]),
            validate_choice=False,  # the verb does, and lets an old choice stay
        )
    limit = Length(max=attribute_values.LONGEST)
    render = {"inputmode": "decimal"} if one.kind == "number" else {}
    return StringField(one.label, validators=[limit], filters=[plain], render_kw=render)


def _shown(one: ContactAttribute, value: str) -> object:
    if one.kind == "checkbox":
        return value == "yes"
    if one.kind == "date":
        return attribute_values.day(value)
    return value


def _typed(value: object) -> str:
    if value is None or value is False:
        return ""
    return "yes" if value is True else str(value)
