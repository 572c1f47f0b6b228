"""What an agent wants to hear of, on which ways, and when mail may come: the form and the words around it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import time
from typing import Any, NamedTuple

from wtforms import Form as Part
from wtforms import FormField, RadioField, TimeField
from wtforms.validators import InputRequired, Optional

from ticketdesk.core.errors import Invalid
from ticketdesk.notifications.preferences import Setting
from ticketdesk.notifications.topics import TOPICS, WAYS, ways
from ticketdesk.web.forms import BoxesField, Form, offered
from ticketdesk.web.texts import _

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NAMES = [topic.name for topic in TOPICS]


class QuietPart(Part):  # type: ignore[misc]  # WTForms ships no types
    """From and until when a day's quiet hours are; both empty where there are none."""

    begins = TimeField(validators=[Optional()])
    ends = TimeField(validators=[Optional()])


class NoticeForm(Form):
    """All choices."""

    app = BoxesField("In the desk", choices=lambda: offered((name, name) for name in NAMES))
    mail = BoxesField("By mail", choices=lambda: offered((name, name) for name in NAMES))
    push = BoxesField("Browser push", choices=lambda: offered((name, name) for name in NAMES))
    rhythm = RadioField("How often", [InputRequired()])
    morning = TimeField("At", [InputRequired("A time, please.")])
    monday = FormField(QuietPart)
    tuesday = FormField(QuietPart)
    wednesday = FormField(QuietPart)
    thursday = FormField(QuietPart)
    friday = FormField(QuietPart)
    saturday = FormField(QuietPart)
    sunday = FormField(QuietPart)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.rhythm.choices = offered(
            [
                ("at_once", _("At once")),
                ("hourly", _("Every hour, what happened since in one mail")),
                ("morning", _("Each morning, everything in one mail")),
            ]
        )

    @property
    def days(self) -> list[tuple[str, Any]]:
        """The seven days with their parts."""
        return [(words(), self[name].form) for name, words in zip(DAYS, _DAYS, strict=True)]

    def setting(self) -> Setting:
        """What was chosen; raises Invalid for a day with half its hours."""
        chosen = {way: set(self[way].data or []) for way in WAYS}
        choices = {name: [way for way in WAYS if name in chosen[way]] for name in NAMES}
        return Setting(choices, self.rhythm.data, _minute(self.morning.data), self._quiet())

    def _quiet(self) -> list[list[int] | None]:
        found: list[list[int] | None] = []
        for name, day in self.days:
            begins, ends = day.begins.data, day.ends.data
            if (begins is None) != (ends is None):
                raise Invalid(_("%(day)s: say both from when and until when it is quiet, or neither.", day=name))
            found.append(None if begins is None else [_minute(begins), _minute(ends)])
        return found if any(found) else []


class Line(NamedTuple):
    """One topic in the table."""

    name: str
    title: str
    remark: str
    told: frozenset[str]
    always: frozenset[str]


def filled(setting: Setting) -> dict[str, Any]:
    """The form's values for what was chosen."""
    told = {topic.name: ways(topic, setting.choices) for topic in TOPICS}
    quiet = list(setting.quiet) or [None] * len(DAYS)
    return {
        **{way: [name for name, chosen in told.items() if way in chosen] for way in WAYS},
        "rhythm": setting.rhythm,
        "morning": _time(setting.morning),
        **{
            name: {"begins": _time(hours[0]), "ends": _time(hours[1])} if hours else {}
            for name, hours in zip(DAYS, quiet, strict=True)
        },
    }


def lines(form: NoticeForm) -> Iterator[Line]:
    """The table's lines as the form has them."""
    chosen = {way: form[way].data or [] for way in WAYS}
    for topic in TOPICS:
        title, remark = _TOPICS[topic.name]
        told = frozenset(way for way in WAYS if topic.name in chosen[way]) | topic.always
        yield Line(topic.name, title(), remark(), told, topic.always)


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def _time(minute: int) -> time:
    return time(*divmod(minute, 60))


_DAYS: tuple[Callable[[], str], ...] = (
    lambda: _("Monday"),
    lambda: _("Tuesday"),
    lambda: _("Wednesday"),
    lambda: _("Thursday"),
    lambda: _("Friday"),
    lambda: _("Saturday"),
    lambda: _("Sunday"),
)

_TOPICS: Mapping[str, tuple[Callable[[], str], Callable[[], str]]] = {
    "assigned": (lambda: _("A ticket is given to me"), lambda: ""),
    "mentioned": (lambda: _("A colleague names me in a note"), lambda: ""),
    "notes": (lambda: _("A colleague writes a note"), lambda: _("on a ticket of mine, or one I follow")),
    "team": (lambda: _("A customer writes and nobody has the ticket"), lambda: _("in a queue of my team")),
    "messages": (lambda: _("A customer writes"), lambda: _("on a ticket of mine, or one I follow")),
    "beside": (
        lambda: _("Somebody outside answers a side conversation"),
        lambda: _("on a ticket of mine, one I follow, or where I asked"),
    ),
    "chats": (lambda: _("A chat is handed to me"), lambda: _("or I am asked to join one, or one comes back")),
    "deadlines": (
        lambda: _("A deadline comes near or was missed"),
        lambda: _("mailed by itself while I work, never in a digest"),
    ),
    "escalations": (
        lambda: _("A deadline is escalated to me"),
        lambda: _("always told in the desk; urgent ones do not wait for quiet hours to end"),
    ),
    "undelivered": (
        lambda: _("Something I wrote did not arrive"),
        lambda: _("or a reply for later was not sent"),
    ),
    "woken": (lambda: _("A ticket that was put away comes back"), lambda: ""),
    "discontent": (lambda: _("A customer is not content"), lambda: _("and it is mine or my team’s to come back to")),
}
