"""What all forms have in common: only known fields, no control characters, and a verb's refusal beside its field."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import Field, FieldList, FormField, IntegerField, SelectMultipleField
from wtforms.fields import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.web.texts import _

ALWAYS = ("csrf_token",)
LONGEST_NUMBER = 18
"""Characters of a number that surely fits into 64 bits."""


def has_nul() -> bool:
    """Whether the request brings the one character that no column keeps."""
    return any("\x00" in value for values in request.form.listvalues() for value in values)


class Form(FlaskForm):  # type: ignore[misc]  # WTForms ships no types
    """A form that takes what it declares and nothing else."""

    class Meta:
        """Every unsafe request is asked for its token before any form is read."""

        csrf = False

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether everything fits; what does not is said beside its field."""
        fits = bool(super().validate(extra_validators))
        if has_nul():
            self.form_errors.append(_("There is a character in it that cannot be kept."))
            return False
        if unknown := set(request.form) - set(_names(self)) - set(ALWAYS):
            self.form_errors.append(_("This form has no field %(name)s.", name=min(unknown)[:40]))
            return False
        return fits

    def problems(self) -> list[tuple[str | None, str]]:
        """Everything that is wrong, in order, each with the id of its field; parts inside parts included."""
        return [*_problems(self), *((None, str(error)) for error in self.form_errors)]

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Inside, a verb's Invalid or Conflict undoes the transaction and is shown in the form."""
        try:
            yield
        except (Invalid, Conflict) as refusal:
            db.session.rollback()
            name = refusal.field if isinstance(refusal, Invalid) else None
            if name is not None and name in self:
                self[name].errors = [*self[name].errors, str(refusal)]
            else:
                self.form_errors.append(str(refusal))


class WholeField(IntegerField):  # type: ignore[misc]
    """A whole number that a column can hold; the library's own takes a million digits and trips over them later."""

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; raises ValueError for what is no such number."""
        if valuelist and len(valuelist[0]) > LONGEST_NUMBER:
            raise ValueError(self.gettext("Not a valid integer value."))
        super().process_formdata(valuelist)


class EmptyForm(Form):
    """A button."""


class BoxesField(SelectMultipleField):  # type: ignore[misc]
    """Any number of choices, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def offered(pairs: Iterable[tuple[object, str]]) -> list[SelectChoice]:
    """What a field lets one choose from: pairs of a value and its words."""
    return [SelectChoice(value, words) for value, words in pairs]


def plain(value: str | None) -> str:
    """A filter for short fields: no space around or doubled inside."""
    return " ".join((value or "").split())


def _names(fields: Any) -> Iterator[str]:
    """The names under which a form's fields arrive, those of inner forms and lists included."""
    field: Field
    for field in fields:
        yield field.name
        if isinstance(field, FormField):
            yield from _names(field.form)
        elif isinstance(field, FieldList):
            yield from _names(field)


def _problems(fields: Any) -> Iterator[tuple[str | None, str]]:
    field: Field
    for field in fields:
        if isinstance(field, FormField):
            yield from _problems(field.form)
        elif isinstance(field, FieldList):
            yield from _problems(field)
        else:
            yield from ((field.id, str(error)) for error in field.errors)
