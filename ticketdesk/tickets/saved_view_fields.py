"""What a saved view can ask of tickets: the fields, what each can be asked, and how that is checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from ticketdesk.contacts import attribute_values
from ticketdesk.contacts.attribute_values import Unfit
from ticketdesk.core.errors import Invalid

Asks = Literal["choices", "words", "text", "number", "day", "span", "nothing"]
"""What stands beside an operator: some of several choices, words apart by commas, one text, a number, a day, so many
hours, nothing."""

CATEGORIES = ("new", "open", "pending", "on_hold", "solved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")
"""As `tickets.status` has them; a test compares."""
CHANNELS = ("email", "chat", "form", "phone", "portal", "api")
ME, NOBODY, MY_TEAMS = "me", "nobody", "my_teams"
UNITS: Mapping[str, timedelta] = {"hours": timedelta(hours=1), "days": timedelta(days=1)}

JOININGS = ("all", "any")
AMONG = ("unsolved", "past", "all")
"""Among which tickets a view looks: those still worked on, solved and closed ones, or both."""
SORTS = ("due", "newest", "oldest", "updated", "untouched")
COLUMNS = ("number", "status", "priority", "queue", "organization", "tags", "opened", "updated")

MOST_CONDITIONS = 10
MOST_VALUES = 50
LONGEST_TEXT = 200
LONGEST_SPAN = 9_999
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that can be asked of a ticket."""

    name: str
    operators: Mapping[str, Asks]
    choices: tuple[str, ...] = ()
    takes_ids: bool = False  # besides the choices, the numbers of rows


@dataclass(frozen=True, slots=True)
class Condition:
    """One field asked one thing."""

    field: str
    operator: str
    values: tuple[str, ...] = ()

    @property
    def span(self) -> timedelta:
        """The time it names."""
        return int(self.values[0]) * UNITS[self.values[1]]

    @property
    def ids(self) -> list[int]:
        """The rows it names by their numbers."""
        return [int(value) for value in self.values if value.isdecimal()]


_OF_CHOICES: Mapping[str, Asks] = {"is": "choices", "is_not": "choices"}
_OF_AGES: Mapping[str, Asks] = {"older": "span", "newer": "span"}
_OF_FACTS: Mapping[str, Asks] = {"yes": "nothing", "no": "nothing"}

FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        Field("status", _OF_CHOICES, CATEGORIES),
        Field("priority", _OF_CHOICES, PRIORITIES),
        Field("queue", _OF_CHOICES, takes_ids=True),
        Field("assignee", _OF_CHOICES, (ME, NOBODY, MY_TEAMS), takes_ids=True),
        Field("requester", {"is": "text", "contains": "text", "contains_not": "text"}),
        Field("organization", {"contains": "text", "contains_not": "text", "none": "nothing"}),
        Field("channel", _OF_CHOICES, CHANNELS),
        Field("tag", {"has": "words", "has_not": "words"}),
        Field("opened", _OF_AGES),
        Field("updated", _OF_AGES),
        Field("waiting", _OF_AGES),
        Field("due", {"within": "span", "late": "nothing", "none": "nothing"}),
        Field("following", _OF_FACTS),
        Field("subject", {"contains": "text", "contains_not": "text"}),
        Field("attachment", _OF_FACTS),
    )
}


def checked(condition: Condition, fields: Mapping[str, Field] = FIELDS) -> Condition:
    """The condition as it is kept; raises Invalid for one that cannot be asked. `fields` are all that there are."""
    field = fields.get(condition.field)
    if field is None:
        raise Invalid("Choose what is asked of a ticket.")
    asks = field.operators.get(condition.operator)
    if asks is None:
        raise Invalid("Choose how it is asked.")
    return Condition(field.name, condition.operator, _VALUES[asks](field, condition.values))


def checked_all(conditions: Sequence[Condition], fields: Mapping[str, Field] = FIELDS) -> list[Condition]:
    """Several of them; raises Invalid."""
    if len(conditions) > MOST_CONDITIONS:
        raise Invalid(f"A view has at most {MOST_CONDITIONS} conditions.")
    return [checked(condition, fields) for condition in conditions]


def stored(conditions: Sequence[Condition]) -> list[Any]:
    """The conditions as a column keeps them."""
    return [{"field": one.field, "operator": one.operator, "values": list(one.values)} for one in conditions]


def read(rows: Sequence[Mapping[str, Any]]) -> list[Condition]:
    """The conditions of a column."""
    return [Condition(row["field"], row["operator"], tuple(row["values"])) for row in rows]


def named_tags(text: str) -> tuple[str, ...]:
    """Tags apart by commas, in the one way in which they are written."""
    names = ("-".join(given.lower().split()) for given in text.split(","))
    return tuple(dict.fromkeys(name for name in names if name))


def _choices(field: Field, values: Sequence[str]) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(values))
    if not chosen:
        raise Invalid("Choose at least one.")
    if len(chosen) > MOST_VALUES or not all(_is_choice(field, value) for value in chosen):
        raise Invalid("Choose among what is offered.")
    return chosen


def _is_choice(field: Field, value: str) -> bool:
    if value in field.choices:
        return True
    return field.takes_ids and value.isascii() and value.isdecimal() and len(value) < 20 and int(value) <= LARGEST_ID


def _words(field: Field, values: Sequence[str]) -> tuple[str, ...]:
    words = named_tags(",".join(values))
    if not words:
        raise Invalid("Name at least one tag.")
    if len(words) > MOST_VALUES or any(len(word) > LONGEST_TEXT for word in words):
        raise Invalid("These are too many tags.")
    return words


def _text(field: Field, values: Sequence[str]) -> tuple[str, ...]:
    text = " ".join(" ".join(values).split())
    if not text:
        raise Invalid("Say which words.")
    if len(text) > LONGEST_TEXT:
        raise Invalid(f"At most {LONGEST_TEXT} letters fit.")
    return (text,)


def _number(field: Field, values: Sequence[str]) -> tuple[str, ...]:
    return _plain("number", values)


def _day(field: Field, values: Sequence[str]) -> tuple[str, ...]:
    return _plain("date", values)


def _plain(kind: str, values: Sequence[str]) -> tuple[str, ...]:
    try:
        value = attribute_values.normal(kind, " ".join(values))
    except Unfit as error:
        raise Invalid(str(error)) from error
    if not value:
        raise Invalid("Say which day." if kind == "date" else "Say which number.")
    return (value,)


def _span(field: Field, values: Sequence[str]) -> tuple[str, ...]:
    if len(values) != 2 or values[1] not in UNITS or not (values[0].isascii() and values[0].isdecimal()):
        raise Invalid("Say how long, as a whole number.")
    if len(values[0]) > len(str(LONGEST_SPAN)) or not 0 < int(values[0]) <= LONGEST_SPAN:
        raise Invalid(f"A number from 1 to {LONGEST_SPAN:,}.")
    return str(int(values[0])), values[1]


def _nothing(field: Field, values: Sequence[str]) -> tuple[str, ...]:
    return ()


_VALUES = {
    "choices": _choices,
    "words": _words,
    "text": _text,
    "number": _number,
    "day": _day,
    "span": _span,
    "nothing": _nothing,
}
