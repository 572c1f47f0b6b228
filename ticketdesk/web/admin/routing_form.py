"""What a queue is asked about how it hands out its work."""

from collections.abc import Iterable, Sequence
from typing import Any

from wtforms import BooleanField, FieldList, RadioField, SelectField
from wtforms.validators import InputRequired, NumberRange

from ticketdesk.accounts import skills
from ticketdesk.routing.setting_up import (
    LONGEST_NEXT_TEAM,
    LONGEST_RELAX,
    MISSED,
    MOST_SKILLS,
    MOST_TEAMS,
    RINGS,
    WAITS,
    Room,
)
from ticketdesk.web.admin import choices, strategies
from ticketdesk.web.forms import BoxesField, Form, WholeField, offered

MORE = 2
"""Places that stay free in a list, so that it can grow."""


class PlaceField(SelectField):  # type: ignore[misc]  # WTForms ships no types
    """One place in an order, which may stay empty."""

    def __init__(self, label: str, among: Any, **given: Any) -> None:
        super().__init__(label, coerce=_number, choices=lambda: offered([("", "–"), *among()]), default="", **given)


def _number(value: object) -> int | None:
    return int(str(value)) if value not in (None, "") else None


def _skills() -> list[tuple[int, str]]:
    return [(skill.id, skill.name) for skill in skills.everything()]


def _between(bounds: tuple[int, int]) -> list[Any]:
    least, most = bounds
    return [InputRequired("A number, please."), NumberRange(least, most, f"Between {least} and {most}.")]


class RoutingForm(Form):
    """Who gets the tickets of a queue."""

    strategy = RadioField("Handing out work", choices=offered(strategies.LONG), default="manual")
    sticky = BooleanField("Whoever had the customer's last ticket gets the next one, if they can take it")
    required = BoxesField("Skills that all its tickets ask for", coerce=int, choices=lambda: offered(_skills()))
    relax_after_minutes = WholeField(
        "Minutes of waiting for each of them",
        [InputRequired("A number, please."), NumberRange(0, LONGEST_RELAX, f"Between 0 and {LONGEST_RELAX} minutes.")],
        default=0,
        description="0: no skill ever gives way, and a ticket waits until somebody with all of them is there.",
    )
    gives_way = FieldList(PlaceField("Skill", _skills), max_entries=MOST_SKILLS)
    next_team_after_minutes = WholeField(
        "Minutes until the next team that works is asked as well",
        [
            InputRequired("A number, please."),
            NumberRange(0, LONGEST_NEXT_TEAM, f"Between 0 and {LONGEST_NEXT_TEAM} minutes."),
        ],
        default=5,
        description="0: all teams that work at that hour are asked at once.",
    )
    teams = FieldList(PlaceField("Team", choices.teams), max_entries=MOST_TEAMS)
    rings_for_s = WholeField(
        "Seconds for which a chat rings for one agent",
        _between(RINGS),
        default=30,
        description="Then it goes on to the next who can take it. Where agents choose it rings for all at once.",
    )
    chat_waits_s = WholeField(
        "Seconds until a chat that nobody accepts waits as a ticket",
        _between(WAITS),
        default=120,
        description="The visitor is told when to expect an answer; at once when nobody is there.",
    )
    missed_rings = WholeField(
        "Rings missed in a row after which an agent is set to away",
        _between(MISSED),
        default=3,
        description="For chats only; they are told so, and come back with one click. 0: never.",
    )

    @property
    def room(self) -> Room:
        """What was filled in; empty places are passed over."""
        return Room(
            sticky=self.sticky.data,
            relax_after_minutes=self.relax_after_minutes.data,
            next_team_after_minutes=self.next_team_after_minutes.data,
            required=tuple(sorted(self.required.data or [])),
            gives_way=_filled(self.gives_way.data),
            rings_for_s=self.rings_for_s.data,
            chat_waits_s=self.chat_waits_s.data,
            missed_rings=self.missed_rings.data,
            teams=_filled(self.teams.data),
        )


def of(room: Room, strategy: str) -> RoutingForm:
    """The form as a queue is set up now, with free places at the end of each order."""
    return RoutingForm(
        formdata=None,
        strategy=strategy,
        sticky=room.sticky,
        required=list(room.required),
        relax_after_minutes=room.relax_after_minutes,
        next_team_after_minutes=room.next_team_after_minutes,
        rings_for_s=room.rings_for_s,
        chat_waits_s=room.chat_waits_s,
        missed_rings=room.missed_rings,
        gives_way=_with_places(room.gives_way, MOST_SKILLS),
        teams=_with_places(room.teams, MOST_TEAMS),
    )


def _with_places(filled: Sequence[int], most: int) -> list[int | None]:
    return [*filled, *[None] * MORE][:most]


def _filled(places: Iterable[int | None]) -> tuple[int, ...]:
    return tuple(one for one in places if one is not None)
