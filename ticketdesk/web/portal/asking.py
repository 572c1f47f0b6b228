"""From a form as it was built to the fields that a page shows and a request is read with."""

import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

from wtforms import (
    BooleanField,
    EmailField,
    Field,
    HiddenField,
    MultipleFileField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from ticketdesk.channels.form import fields as questions
from ticketdesk.channels.form import proof, ticket_fields
from ticketdesk.channels.form.form import Form as Built
from ticketdesk.channels.form.receiving import Filled
from ticketdesk.tickets.field import TicketField
from ticketdesk.tickets.opening import LONGEST_SUBJECT
from ticketdesk.tickets.placing import LARGEST_IN_ALL, MOST_FILES
from ticketdesk.web.forms import BoxesField, Form, offered, plain
from ticketdesk.web.texts import _

LONGEST_NAME = 120
LONGEST_ADDRESS = 254
LONGEST_WORDS = 50_000
LONGEST_ANSWER = 200
LONGEST_LONG_ANSWER = 5_000
LONGEST_NUMBER = 30
BREAKS = "\n\r\t"


class KeptField(Field):  # type: ignore[misc]  # WTForms ships no types
    """The references of files that came with an earlier try and are still wanted."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep them as they came; who reaches what is decided where they are looked up."""
        self.data = [value for value in valuelist[:MOST_FILES] if len(value) <= 64]


class Asked(Form):
    """What every form of ours has, whatever it asks."""

    proof = HiddenField()
    website = StringField()  # seen by no person: who fills it in is a machine (SECURITY R29)
    kept = KeptField()

    own: tuple[questions.Field, ...] = ()
    of_tickets: tuple[TicketField, ...] = ()

    @property
    def asked(self) -> list[Field]:
        """The fields people see, in their order."""
        hidden = ("proof", "website", "kept", "files")
        return [field for field in self if field.name.removeprefix(self._prefix) not in hidden]

    def filled(self) -> Filled:
        """What was given, without files."""
        return Filled(
            name=self["name"].data if "name" in self else "",
            address=self["address"].data,
            subject=self["subject"].data,
            words=(self["message"].data or "").replace("\r\n", "\n").strip(),
            answers=tuple((field.label, answer) for field in self.own if (answer := self._answer(field))),
            fields=tuple((field, self._said(field)) for field in self.of_tickets),
            spam=bool(self.website.data),
        )

    def _said(self, field: TicketField) -> tuple[str, ...]:
        """What was given in a field of tickets, as its verb takes it."""
        given = self[f"{ticket_fields.PREFIX}{field.id}"].data
        if field.kind == "checkbox":
            return ("yes",) if given else ()
        if field.kind == "choices":
            return tuple(given or ())
        return (given,) if given else ()

    def _answer(self, field: questions.Field) -> str:
        given = self[field.name].data
        if field.kind == "checkbox":
            return _("Yes") if given else _("No")
        return (given or "").replace("\r\n", "\n").strip()


def form_of(built: Built, *, empty: bool = False, prefix: str = "") -> Asked:
    """The form with all its fields, filled from the request unless it shall be `empty`."""
    given: dict[str, Any] = {"formdata": None} if empty else {}
    asked: Asked = _class_of(built)(prefix=prefix, **given)
    return asked


def shown(built: Built, at: proof.Proof) -> Asked:
    """The form as it is shown for the first time."""
    asked = form_of(built, empty=True)
    asked.proof.data = proof.written(at)
    return asked


def _class_of(built: Built) -> type[Asked]:
    """A class for one form; made anew each time, because its words are in the language of the page."""
    mine, besides = questions.read(built.fields), tuple(ticket_fields.asked_by(built.id))
    made: dict[str, Any] = {"own": mine, "of_tickets": besides}
    if built.asks_name != "no":
        made["name"] = _line(_("Your name"), LONGEST_NAME, required=built.asks_name == "required", autocomplete="name")
    made["address"] = EmailField(
        _("Your email"),
        [_needed(_("Give an email address, so that we can answer you.")), _short(LONGEST_ADDRESS), _one_line],
        filters=[plain, _composed],
        description=_("Our answer goes there."),
        render_kw={"autocomplete": "email", "spellcheck": "false"},
    )
    if built.subjects:
        made["subject"] = _choice(_("What is it about?"), built.subjects, required=True)
    else:
        made["subject"] = _line(
            _("What is it about?"), LONGEST_SUBJECT, required=True, missing=_("Say in a few words what it is about.")
        )
    for field in mine:
        made[field.name] = _field(field)
    made["message"] = TextAreaField(
        _("Your message"),
        [_needed(_("Write something, so that we know what you need.")), _short(LONGEST_WORDS), _lines],
        filters=[_composed],
        render_kw={"rows": 8},
    )
    made |= {f"{ticket_fields.PREFIX}{field.id}": _field_of_tickets(field) for field in besides}
    if built.takes_files:
        made["files"] = MultipleFileField(
            _("Pictures and other files"),
            description=_(
                "At most %(most)s files, %(size)s MB in all.", most=MOST_FILES, size=LARGEST_IN_ALL // 1_000_000
            ),
        )
    return type("Asked", (Asked,), made)


def _field(field: questions.Field) -> Field:
    if field.kind == "choice":
        return _choice(field.label, field.choices, required=field.required, hint=field.hint)
    if field.kind == "checkbox":
        checks = [_needed(_("Tick “%(label)s” to go on.", label=field.label))] if field.required else []
        return BooleanField(field.label, checks, description=field.hint)
    if field.kind == "long_text":
        checks = [*_wanted(field.required, _missing(field.label)), _short(LONGEST_LONG_ANSWER), _lines]
        return TextAreaField(field.label, checks, filters=[_composed], description=field.hint, render_kw={"rows": 4})
    if field.kind == "number":
        return _line(field.label, LONGEST_NUMBER, field.required, hint=field.hint, check=_number, inputmode="decimal")
    if field.kind == "date":
        return _line(field.label, LONGEST_NUMBER, field.required, hint=field.hint, check=_date, type="date")
    return _line(field.label, LONGEST_ANSWER, field.required, hint=field.hint)


def _field_of_tickets(field: TicketField) -> Field:
    """The same ways of asking, with the keys of options as values."""
    required = field.required_in_forms
    if field.kind in ("choice", "choices"):
        checks = _wanted(required, _("Choose one for “%(label)s”.", label=field.label))
        if field.kind == "choices":
            return BoxesField(field.label, checks, choices=offered(field.offered.items()), description=field.help)
        pairs = [("", _("Choose one")), *field.offered.items()]
        return SelectField(field.label, checks, choices=offered(pairs), description=field.help)
    return _field(questions.Field("", field.kind, field.label, field.help, required))


def _line(
    label: str,
    longest: int,
    required: bool,
    *,
    hint: str = "",
    missing: str | None = None,
    check: Callable[[Form, Field], None] | None = None,
    **shown: str,
) -> Field:
    checks = [*_wanted(required, missing or _missing(label)), _short(longest), _one_line, *([check] if check else [])]
    return StringField(label, checks, filters=[plain, _composed], description=hint, render_kw=shown)


def _choice(label: str, choices: list[str] | tuple[str, ...], *, required: bool, hint: str = "") -> Field:
    pairs = [("", _("Choose one")), *((choice, choice) for choice in choices)]
    return SelectField(
        label,
        _wanted(required, _("Choose one for “%(label)s”.", label=label)),
        choices=offered(pairs),
        description=hint,
    )


def _wanted(required: bool, missing: str) -> list[Any]:
    return [_needed(missing)] if required else [Optional()]


def _missing(label: str) -> str:
    return _("Fill in “%(label)s”.", label=label)


def _needed(missing: str) -> DataRequired:
    return DataRequired(missing)


def _short(longest: int) -> Length:
    return Length(max=longest, message=_("At most %(most)s letters, please.", most=longest))


def _composed(given: str | None) -> str:
    """Letters in one way of writing them (Unicode NFC), so that they are found again."""
    return unicodedata.normalize("NFC", given or "")


def _one_line(form: Form, field: Field) -> None:
    if any(unicodedata.category(letter) == "Cc" for letter in field.data or ""):
        raise ValidationError(_("There is a character in it that cannot be kept."))


def _lines(form: Form, field: Field) -> None:
    if any(unicodedata.category(letter) == "Cc" and letter not in BREAKS for letter in field.data or ""):
        raise ValidationError(_("There is a character in it that cannot be kept."))


def _number(form: Form, field: Field) -> None:
    whole, _point, rest = (field.data or "").removeprefix("-").replace(",", ".").partition(".")
    if not (whole.isascii() and whole.isdecimal()) or (_point and not (rest.isascii() and rest.isdecimal())):
        raise ValidationError(_("Write a number, as in 12 or 12.5."))


def _date(form: Form, field: Field) -> None:
    try:
        date.fromisoformat(field.data or "")
    except ValueError:
        raise ValidationError(_("Write a date as in 2026-03-14.")) from None
