"""The form of a policy: whom it is for, what it promises in letters and in chats, and how that is counted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from wtforms import BooleanField, FormField, HiddenField, SelectField, StringField
from wtforms import Form as Part
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from ticketdesk.core.errors import Conflict
from ticketdesk.sla import editing
from ticketdesk.sla.editing import Words
from ticketdesk.sla.policies import METRICS, Metric
from ticketdesk.sla.policy import SlaPolicy, SlaPolicyVersion
from ticketdesk.web import labels
from ticketdesk.web.admin import choices, policy_names
from ticketdesk.web.admin.policy_names import PRIORITIES, Called
from ticketdesk.web.forms import BoxesField, Form, WholeField, offered, plain
from ticketdesk.web.texts import _

UNITS = {"seconds": 1, "minutes": 60, "hours": 3600}
MOST = 10_000
PAUSES = [("pending", "Pending: we wait for the customer"), ("on_hold", "On hold: we wait for someone else")]
BOXES = {"queue_id": "queues", "brand_id": "brands", "channel": "channels", "priority": "priorities"}
"""The field for each condition."""


class TargetPart(Part):  # type: ignore[misc]  # WTForms ships no types
    """One promised time; empty promises nothing."""

    amount = WholeField(validators=[Optional(), NumberRange(1, MOST, "A whole number from 1 to 10,000.")])
    unit = SelectField(choices=offered((unit, unit) for unit in UNITS), default="hours")


class TargetsPart(Part):  # type: ignore[misc]
    """What one priority is promised."""

    first_response = FormField(TargetPart)
    next_response = FormField(TargetPart)
    resolution = FormField(TargetPart)


class ChatTargetPart(TargetPart):
    """The same in a chat, where minutes count."""

    unit = SelectField(choices=offered((unit, unit) for unit in UNITS), default="minutes")


class ChatTargetsPart(Part):  # type: ignore[misc]
    """What one priority is promised in a chat."""

    first_response = FormField(ChatTargetPart)
    next_response = FormField(ChatTargetPart)
    resolution = FormField(ChatTargetPart)


class PolicyForm(Form):
    """What a policy says; `based_on` is the version that was read when the form was filled in."""

    name = StringField("Name", [InputRequired("A name, please."), Length(max=editing.LONGEST_NAME)], filters=[plain])
    queues = BoxesField("Queues", coerce=int, choices=lambda: offered(choices.queues()))
    brands = BoxesField("Brands", coerce=int, choices=lambda: offered(choices.brands()))
    channels = BoxesField("Channels", choices=lambda: offered(labels.channels().items()))
    priorities = BoxesField(
        "Priorities", choices=lambda: offered((name, policy_names.priority(name)) for name in PRIORITIES)
    )
    urgent = FormField(TargetsPart)
    high = FormField(TargetsPart)
    normal = FormField(TargetsPart)
    low = FormField(TargetsPart)
    chat_urgent = FormField(ChatTargetsPart)
    chat_high = FormField(ChatTargetsPart)
    chat_normal = FormField(ChatTargetsPart)
    chat_low = FormField(ChatTargetsPart)
    pauses = BoxesField("The solution waits while the ticket is", choices=offered(PAUSES))
    calendar_id = SelectField(
        "Business hours", [InputRequired("Choose hours.")], coerce=int, choices=lambda: offered(choices.calendars())
    )
    warn_percent = WholeField(
        "Warn when this much of the time is left, in percent",
        [InputRequired("A number, please."), NumberRange(0, 99, "From 0 to 99; 0 never warns.")],
        default=25,
    )
    tells_ahead = BooleanField(
        "Tell the customer before a promised time passes unkept",
        description="They learn of it ahead, with the time to expect instead, and not by waiting in vain.",
    )
    based_on = HiddenField(validators=[Length(max=10)])

    def words(self, before: SlaPolicyVersion | None) -> Words:
        """What was filled in; what other pages change stays as it was before."""
        base = Words(0, {}) if before is None else editing.words_of(before)
        conditions = dict(base.conditions)
        conditions.update({name: self[box].data or [] for name, box in BOXES.items()})
        return replace(
            base,
            calendar_id=self.calendar_id.data or 0,
            targets={priority: _targets(self[priority].form) for priority in PRIORITIES},
            chat_targets={priority: _targets(self[f"chat_{priority}"].form) for priority in PRIORITIES},
            conditions={name: allowed for name, allowed in conditions.items() if allowed},
            pause_categories=[*(self.pauses.data or []), *_kept_pauses(base)],
            warn_percent=self.warn_percent.data or 0,
            tells_ahead=self.tells_ahead.data,
        )

    def check_base(self, version: SlaPolicyVersion) -> None:
        """Raises Conflict when somebody saved another version meanwhile; once told, whoever saves again means it."""
        if self.based_on.data and self.based_on.data != str(version.number):
            self.based_on.data = str(version.number)
            raise Conflict(
                _(
                    "Version %(number)s was saved meanwhile. Look at it in another window; saving now replaces it.",
                    number=version.number,
                )
            )

    @property
    def has_chat_targets(self) -> bool:
        """Whether a chat is promised anything of its own, or something is wrong there."""
        parts = [self[f"chat_{priority}"].form[metric].form for priority in PRIORITIES for metric in METRICS]
        return any(part.amount.data is not None or part.errors for part in parts)


def filled(policy: SlaPolicy, version: SlaPolicyVersion) -> PolicyForm:
    """The form with what a version says."""
    shown: dict[str, Any] = {}
    for prefix, targets in (("", version.targets), ("chat_", version.chat_targets)):
        for priority in PRIORITIES:
            promised = targets.get(priority, {})
            shown[prefix + priority] = {metric: _parts(seconds) for metric, seconds in promised.items() if seconds}
    return PolicyForm(
        formdata=None,
        name=policy.name,
        pauses=version.pause_categories,
        calendar_id=version.calendar_id,
        warn_percent=version.warn_percent,
        tells_ahead=version.tells_ahead,
        based_on=str(version.number),
        **{box: version.conditions.get(name, []) for name, box in BOXES.items()},
        **shown,
    )


def offer_what_is_set(form: PolicyForm, version: SlaPolicyVersion, called: Called) -> PolicyForm:
    """Let what a version asks for be kept, be it an archived queue or a channel that is no more."""
    for name, box in BOXES.items():
        field = form[box]
        known = {choice.value for choice in field.choices}
        field.choices = [*field.choices, *_missing(name, version.conditions.get(name, []), known, called)]
    return form


def _missing(name: str, values: Sequence[int | str], known: set[Any], called: Called) -> list[SelectChoice]:
    words = [(value, called.value(name, value)) for value in values if value not in known]
    return offered((value, _("%(name)s, no longer in use", name=word)) for value, word in words)


def _kept_pauses(base: Words) -> list[str]:
    """Categories that the form does not offer."""
    return [name for name in base.pause_categories if name not in dict(PAUSES)]


def _targets(part: Any) -> dict[Metric, int]:
    """The promised seconds of one priority; what is no such number yet promises nothing."""
    found: dict[Metric, int] = {}
    for metric in METRICS:
        target = part[metric].form
        if target.amount.data is not None and target.unit.data in UNITS:
            found[metric] = target.amount.data * UNITS[target.unit.data]
    return found


def _parts(seconds: int) -> Mapping[str, Any]:
    """Seconds as an amount and a unit that say the same."""
    fitting = [unit for unit, size in UNITS.items() if seconds % size == 0 and seconds // size <= MOST]
    unit = fitting[-1] if fitting else "minutes"
    return {"amount": max(seconds // UNITS[unit], 1), "unit": unit}
