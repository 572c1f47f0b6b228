"""The form of one escalation step: of which clock, when, whom it tells, and what it changes."""

from typing import Any

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.sla import steps
from ticketdesk.sla.policies import METRICS
from ticketdesk.sla.policy import SlaPolicyVersion
from ticketdesk.sla.steps import AGENT, Step
from ticketdesk.web.admin import policy_names, step_words
from ticketdesk.web.admin.policy_names import PRIORITIES
from ticketdesk.web.admin.step_words import Called
from ticketdesk.web.forms import BoxesField, Form, WholeField, offered, plain
from ticketdesk.web.texts import _

UNITS = {"minutes": 60, "hours": 3600}
SIDES = [("before", "Before it is due"), ("at", "When it is due"), ("after", "After it was due")]
NOBODY = "nobody"
MOST = 8784


class _Based(Form):
    """What every change begins with: `based_on` is the version that was read when the form was filled in."""

    based_on = HiddenField(validators=[InputRequired(), Length(max=18)])

    def check_version(self, version: SlaPolicyVersion) -> None:
        """Raise Conflict when the policy was changed since the form was read."""
        if self.based_on.data != str(version.number):
            self.based_on.data = str(version.number)
            raise Conflict(_("The policy was changed meanwhile. Look at its steps and save again if this still fits."))


class RemovalForm(_Based):
    """A button that takes a step out."""


class StepForm(_Based):
    """One step."""

    metric = SelectField("Clock")
    side = RadioField("When", choices=offered(SIDES), default="before")
    amount = WholeField("How long before or after", [Optional(), NumberRange(1, MOST, "From 1 to 8,784.")])
    unit = SelectField("Unit", choices=offered((unit, unit) for unit in UNITS), default="minutes")
    roles = BoxesField("Tell")
    agent = SelectField("And one agent by name", default="")
    priority = SelectField("Priority becomes", default="")
    queue = SelectField("Move to the queue", default="")
    tag = StringField("Add the tag", [Length(max=steps.LONGEST_TAG)], filters=[plain])
    assignee = SelectField("Assign to", default="")
    urgent = BooleanField("Urgent: mail at once, whoever is at work")

    def offer(self, called: Called) -> None:
        """Fill in what there is to choose from."""
        agents = [(str(number), name) for number, name in called.working.items()]
        queues = [(str(number), name) for number, name in called.in_use.items()]
        leave = ("", _("leave it as it is"))
        self.metric.choices = offered((metric, policy_names.metric(metric)) for metric in METRICS)
        self.roles.choices = offered(step_words.roles().items())
        self.agent.choices = offered([("", _("nobody else")), *agents])
        self.priority.choices = offered([leave, *((name, policy_names.priority(name)) for name in PRIORITIES)])
        self.queue.choices = offered([leave, *queues])
        self.assignee.choices = offered([leave, (NOBODY, _("nobody: back to the queue")), *agents])

    def step(self) -> Step:
        """What was filled in; raises Invalid."""
        return steps.parse(
            {
                "metric": self.metric.data,
                "offset_s": self._offset(),
                "recipients": [*self.roles.data, *([f"{AGENT}{self.agent.data}"] if self.agent.data else [])],
                "actions": self._actions(),
                "urgent": self.urgent.data,
            }
        )

    def _offset(self) -> int:
        if self.side.data == "at":
            return 0
        if self.amount.data is None:
            raise Invalid(_("Say how long."), "amount")
        return int(self.amount.data * UNITS[self.unit.data] * (-1 if self.side.data == "before" else 1))

    def _actions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        if self.priority.data:
            found.append({"do": "priority", "to": self.priority.data})
        if self.queue.data:
            found.append({"do": "queue", "to": int(self.queue.data)})
        if self.tag.data:
            found.append({"do": "tag", "to": self.tag.data})
        if self.assignee.data:
            to = None if self.assignee.data == NOBODY else int(self.assignee.data)
            found.append({"do": "assignee", "to": to})
        return found


def of_step(step: Step, version: SlaPolicyVersion) -> StepForm:
    """The form as it shows a step."""
    size = abs(step.offset_s)
    unit = "hours" if size and size % UNITS["hours"] == 0 else "minutes"
    to: dict[str, Any] = {action.do: action.to for action in step.actions}
    assignee = "" if "assignee" not in to else NOBODY if to["assignee"] is None else str(to["assignee"])
    return StepForm(
        formdata=None,
        metric=step.metric,
        side="before" if step.offset_s < 0 else "after" if step.offset_s else "at",
        amount=size // UNITS[unit] or None,
        unit=unit,
        roles=[code for code in step.recipients if not code.startswith(AGENT)],
        agent=str(step.agents[0]) if step.agents else "",
        priority=to.get("priority", ""),
        queue=str(to.get("queue", "")),
        tag=to.get("tag", ""),
        assignee=assignee,
        urgent=step.urgent,
        based_on=str(version.number),
    )
