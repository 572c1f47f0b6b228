"""Choosing when: the moments that are offered, by the reader's own clock and working hours, or one of their own."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from wtforms import StringField
from wtforms.validators import Length

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import later, on_duty
from ticketdesk.web.forms import Form
from ticketdesk.web.texts import _

OWN = "own"


@dataclass(frozen=True, slots=True)
class Offer:
    """One moment in words."""

    at: datetime
    words: str

    @property
    def value(self) -> str:
        """As the form sends it: what was shown is what is meant, however long the page stood open."""
        return self.at.isoformat()


class LaterForm(Form):
    """When."""

    when = StringField(validators=[Length(max=40)])
    own = StringField(validators=[Length(max=40)])

    def moment(self, agent: Agent) -> datetime:
        """What was chosen; raises Invalid for what is no moment."""
        if self.when.data and self.when.data != OWN:
            at = _read(self.when.data)
            if at.tzinfo is None:
                raise Invalid(_("Choose when."), "own")
            return at
        if not self.own.data:
            raise Invalid(_("Choose when."), "own")
        try:
            return later.on_the_clock(_read(self.own.data).replace(tzinfo=None), zone_of(agent))
        except OverflowError as error:  # the year 1 or 9999, in UTC one of no calendar
            raise Invalid(_("This is no date and time."), "own") from error


def offers(agent: Agent, now: datetime) -> list[Offer]:
    """What to offer an agent."""
    calendars = on_duty.hours_of([agent.id]).get(agent.id, ())
    return [Offer(one.at, _words(one.name)) for one in later.offered(now, zone_of(agent), calendars)]


def zone_of(agent: Agent) -> ZoneInfo:
    """Whose clock it is."""
    return ZoneInfo(agent.timezone)


def _words(name: later.Name) -> str:
    return {
        "today": _("Later today"),
        "tomorrow": _("Tomorrow morning"),
        "next_working_day": _("Next working day"),
        "next_week": _("Next week"),
    }[name]


def _read(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise Invalid(_("This is no date and time."), "own") from error
