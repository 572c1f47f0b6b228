"""The form of a saved view; its inner buttons change the page and save nothing, so that it works without script."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from wtforms import FieldList, FormField, HiddenField, RadioField, SelectField, StringField
from wtforms import Form as Part
from wtforms.validators import InputRequired, Length

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import allowed
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import saved_view_fields, saved_views, view_fields
from ticketdesk.tickets.saved_view import EVERYBODY, OWN, TEAM
from ticketdesk.tickets.saved_view_conditions import Wanted
from ticketdesk.tickets.saved_view_fields import MOST_CONDITIONS, Condition
from ticketdesk.tickets.saved_views import Setup
from ticketdesk.web.desk import view_words, views
from ticketdesk.web.forms import BoxesField, Form, offered, plain
from ticketdesk.web.texts import _

BLANK: Mapping[str, Any] = {
    "field": "priority",
    "operator": "is",
    "chosen": [],
    "text": "",
    "amount": "",
    "unit": "hours",
}
CONTROL = {"choices": "chosen", "words": "text", "text": "text", "number": "text", "day": "text", "span": "amount"}
"""Which control holds what an operator asks for."""


class ConditionPart(Part):  # type: ignore[misc]  # WTForms ships no types
    """One row: a field, an operator, and the control that fits them."""

    field = SelectField("Field", choices=lambda: offered(view_words.fields().items()))
    operator = SelectField("Operator", validate_choice=False)
    chosen = BoxesField("Values", validate_choice=False)
    text = StringField("Words", filters=[plain])
    amount = StringField("How long", filters=[plain])
    unit = SelectField("Unit", choices=lambda: offered(view_words.units().items()), default="hours")

    asked = saved_view_fields.FIELDS[BLANK["field"]]  # the field that was chosen, as soon as it was fitted

    def fit(self, rows: Mapping[str, Mapping[str, str]]) -> None:
        """Offer what the chosen field can be asked; what another field was asked before is forgotten."""
        fields = view_fields.fields()
        if self["field"].data not in fields:
            self["field"].data = BLANK["field"]
        field = self.asked = fields[self["field"].data]
        self["field"].choices = offered(view_words.fields().items())
        if self.operator.data not in field.operators:
            self.operator.data = next(iter(field.operators))
        words = view_words.operators(field.name)
        self.operator.choices = offered((name, words[name]) for name in field.operators)
        there = {**view_words.choices(field.name), **rows.get(field.name, {})}
        self.chosen.data = [value for value in self.chosen.data or [] if value in there]
        self.chosen.choices = offered(there.items())

    @property
    def asks(self) -> str:
        """What stands beside the operator."""
        return self.asked.operators[self.operator.data]

    @property
    def condition(self) -> Condition:
        """What was filled in; raises Invalid."""
        values = {
            "choices": self.chosen.data,
            "span": [self.amount.data or "", self.unit.data or ""],
            "nothing": [],
        }.get(self.asks, [self.text.data or ""])
        given = Condition(self["field"].data, self.operator.data, tuple(values))
        return saved_view_fields.checked(given, view_fields.fields())

    def is_whole(self) -> bool:
        """Whether it can be asked; what is missing is said beside its control."""
        try:
            return bool(self.condition)
        except Invalid as refusal:
            control = self[CONTROL[self.asks]]
            control.errors = [*control.errors, str(refusal)]
        return False


class ViewForm(Form):
    """A saved view; `add`, `remove` and `refresh` are buttons that change this page and save nothing."""

    name = StringField(
        "Name", [InputRequired("A name, please."), Length(max=saved_views.LONGEST_NAME)], filters=[plain]
    )
    icon = RadioField("Icon", choices=lambda: offered(view_words.icons().items()), default="filter")
    shown_to = SelectField("Who has it", default=OWN)
    among = RadioField("Look among", choices=lambda: offered(view_words.among().items()), default="unsolved")
    joining = RadioField("Conditions", choices=lambda: offered(view_words.joinings().items()), default="all")
    conditions = FieldList(FormField(ConditionPart), max_entries=MOST_CONDITIONS)
    sort = SelectField("Order", choices=lambda: offered(view_words.sorts().items()), default="due")
    columns = BoxesField("Each row also shows", choices=lambda: offered(view_words.columns().items()))
    add = HiddenField(validators=[Length(max=10)])
    remove = HiddenField(validators=[Length(max=20)])
    refresh = HiddenField(validators=[Length(max=10)])

    def offer(self, agent: Agent) -> "ViewForm":
        """Offer what the agent may choose from."""
        self.shown_to.choices = offered(_audiences(agent))
        self.columns.choices = offered(view_words.columns().items())  # now, while the fields are known
        rows = {"queue": _queues(agent, self._named("queue")), "assignee": _colleagues(self._named("assignee"))}
        for part in self["conditions"]:
            part.form.fit(rows)
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether everything fits; what does not is said beside its control."""
        fits = bool(super().validate(extra_validators))
        wrong = [part.form for part in self["conditions"] if not part.form.is_whole()]
        return fits and not wrong

    @property
    def setup(self) -> Setup:
        """What was filled in; raises Invalid."""
        shown_to, _dash, team = (self.shown_to.data or OWN).partition("-")
        return Setup(
            name=self.name.data or "",
            icon=self.icon.data or "filter",
            shown_to=shown_to,
            team_id=int(team) if team.isdecimal() else None,
            among=self.among.data or "unsolved",
            joining=self.joining.data or "all",
            conditions=[part.form.condition for part in self["conditions"]],
            sort=self.sort.data or "due",
            columns=self.columns.data or [],
        )

    @property
    def wanted(self) -> tuple[Wanted, int]:
        """What it would look for just now, and how many conditions are left out since they are not filled in yet."""
        whole = []
        for part in self["conditions"]:
            try:
                whole.append(part.form.condition)
            except Invalid:
                continue
        among = self.among.data if self.among.data in saved_view_fields.AMONG else "unsolved"
        joining = self.joining.data if self.joining.data in saved_view_fields.JOININGS else "all"
        return Wanted(whole, joining, among), len(self["conditions"].entries) - len(whole)

    def rearranged(self) -> bool:
        """Do what one of the buttons inside asks; False when none was pressed."""
        listed = self["conditions"]
        names = [part.name for part in listed]
        rows = [dict(part.form.data) for part in listed]
        if self.remove.data in names:
            del rows[names.index(self.remove.data)]
        elif self.add.data:
            rows = [*rows, dict(BLANK)][:MOST_CONDITIONS]
        else:
            return bool(self.remove.data or self.refresh.data)
        while listed.entries:
            listed.pop_entry()
        for row in rows:
            listed.append_entry(row)
        return True

    def _named(self, field: str) -> set[int]:
        """The numbers that its conditions name already."""
        parts = [part.form for part in self["conditions"] if part.form["field"].data == field]
        values = [value for part in parts for value in part.chosen.data or []]
        return {int(value) for value in values if value.isascii() and value.isdecimal() and len(value) < 19}


def filled(setup: Setup) -> dict[str, Any]:
    """The fields of a view as it is."""
    return {
        "name": setup.name,
        "icon": setup.icon,
        "shown_to": f"{TEAM}-{setup.team_id}" if setup.shown_to == TEAM else setup.shown_to,
        "among": setup.among,
        "joining": setup.joining,
        "conditions": [_filled(one) for one in setup.conditions],
        "sort": setup.sort,
        "columns": list(setup.columns),
    }


def _filled(one: Condition) -> dict[str, Any]:
    asks = view_fields.fields()[one.field].operators[one.operator]
    row = {**BLANK, "field": one.field, "operator": one.operator}
    if asks == "choices":
        row["chosen"] = list(one.values)
    elif asks == "span":
        row["amount"], row["unit"] = one.values
    elif asks != "nothing":
        row["text"] = ", ".join(one.values)
    return row


def _audiences(agent: Agent) -> Sequence[tuple[str, str]]:
    """Who can be given a view."""
    own = (OWN, _("Only I"))
    if not allowed(agent, "view.share"):
        return [own]
    teams = db.session.scalars(saved_views.teams_to_share_with(agent))
    named = [(f"{TEAM}-{team.id}", _("The team %(team)s", team=team.name)) for team in teams]
    return [own, *named, (EVERYBODY, _("Everybody"))]


def _queues(agent: Agent, named: set[int]) -> dict[str, str]:
    """The queues to choose from; one that is named already stays, though the agent does not see it."""
    seen = {str(queue.id): queue.name for queue in views.queues_of(agent)}
    unseen = [str(number) for number in sorted(named) if str(number) not in seen]
    return seen | dict.fromkeys(unseen, _("A queue that you do not see"))


def _colleagues(named: set[int]) -> dict[str, str]:
    """The agents to choose from; one that is named already stays after they left."""
    rows = db.session.execute(select(Agent.id, Agent.name, Agent.disabled_at).order_by(Agent.name))
    return {
        str(row.id): row.name if row.disabled_at is None else _("%(name)s (left)", name=row.name)
        for row in rows
        if row.disabled_at is None or row.id in named
    }
