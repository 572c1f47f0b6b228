"""Macros: prepared answers that agents choose from a menu."""

from flask import flash, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from ticketdesk.accounts.team import Team
from ticketdesk.automation import macros as verbs
from ticketdesk.automation.macro import Macro
from ticketdesk.core import counters
from ticketdesk.core.db import db
from ticketdesk.tickets import placeholders
from ticketdesk.web.admin import choices, door
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.desk import macros as desk
from ticketdesk.web.forms import Form, offered, plain
from ticketdesk.web.texts import _

STATUSES = [("", "leave it"), ("open", "Open"), ("pending", "Pending"), ("on_hold", "On hold"), ("solved", "Solved")]
PRIORITIES = [("", "leave it"), ("low", "Low"), ("normal", "Normal"), ("high", "High"), ("urgent", "Urgent")]
SAMPLE = {
    "customer.first_name": "Dana",
    "customer.name": "Dana Whitlock",
    "ticket.number": "4821",
    "ticket.subject": "The armrest came off",
    "agent.first_name": "Ines",
    "agent.name": "Ines Calder",
}


class MacroForm(Form):
    """What a macro says, does, and who is offered it."""

    name = StringField("Name", [InputRequired("A name, please."), Length(max=verbs.LONGEST_NAME)], filters=[plain])
    team = SelectField(
        "For",
        choices=lambda: offered([("", "everybody"), *((str(team_id), name) for team_id, name in choices.teams())]),
        description="Agents of other teams are not offered it.",
    )
    text = TextAreaField(
        "Words",
        [Length(max=verbs.LONGEST_TEXT, message="This is too long: at most 20,000 letters fit.")],
        description="Markdown. Empty for a macro that only changes the ticket.",
    )
    category = SelectField("Status", choices=offered(STATUSES))
    priority = SelectField("Priority", choices=offered(PRIORITIES))
    tags = StringField(
        "Add tags", [Length(max=500)], filters=[plain], description="Separated by commas; others stay as they are."
    )
    assigns = BooleanField("Assign the ticket to whoever uses it")

    @property
    def setup(self) -> verbs.Setup:
        """What was filled in."""
        return verbs.Setup(
            name=self.name.data,
            text=self.text.data or "",
            category=self.category.data or None,
            priority=self.priority.data or None,
            tags=(self.tags.data or "").split(","),
            assigns=self.assigns.data,
            team_id=int(self.team.data) if self.team.data else None,
        )


@blueprint.get("/macros")
def macros() -> str:
    """All macros by name, those kept away last."""
    rows = db.session.execute(
        select(Macro, Team.name)
        .outerjoin(Team, Team.id == Macro.team_id)
        .order_by(Macro.archived_at.is_not(None), Macro.name, Macro.id)
    ).all()
    used = counters.read(verbs.counter(macro.id) for macro, _team in rows)
    shown = [(macro, team, desk.deeds(macro), used[verbs.counter(macro.id)]) for macro, team in rows]
    return render_template("admin/macros.html", rows=shown)


@blueprint.get("/macros/new")
def new_macro() -> str:
    """A form for another macro."""
    return _page(None, MacroForm(formdata=None))


@blueprint.post("/macros")
def create_macro() -> Response | tuple[str, int]:
    """Write a macro."""
    form = MacroForm()
    if form.validate():
        with form.refusals():
            macro = verbs.create(form.setup, door.me(), door.now())
            return _saved(macro)
    return _page(None, form), 422


@blueprint.get("/macros/<int:macro_id>")
def macro(macro_id: int) -> str:
    """One macro."""
    found = door.find(Macro, macro_id)
    form = MacroForm(
        formdata=None,
        name=found.name,
        text=found.text,
        assigns=found.assigns,
        tags=", ".join(found.tags),
        team=str(found.team_id) if found.team_id is not None else "",
        category=found.category or "",
        priority=found.priority or "",
    )
    return _page(found, form)


@blueprint.post("/macros/<int:macro_id>")
def change_macro(macro_id: int) -> Response | tuple[str, int]:
    """Let it say or do something else."""
    found, form = door.find(Macro, macro_id), MacroForm()
    if form.validate():
        with form.refusals():
            return _saved(verbs.change(found, form.setup, door.me(), door.now()))
    return _page(found, form), 422


@blueprint.post("/macros/<int:macro_id>/archiving")
def archive_macro(macro_id: int) -> Response:
    """Offer it no longer."""
    found = door.find(Macro, macro_id)
    verbs.archive(found, door.me(), door.now())
    return _saved(found)


@blueprint.post("/macros/<int:macro_id>/restoring")
def restore_macro(macro_id: int) -> Response:
    """Offer it again."""
    found = door.find(Macro, macro_id)
    verbs.restore(found, door.me(), door.now())
    return _saved(found)


def _saved(found: Macro) -> Response:
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("admin.macro", macro_id=found.id))


def _page(found: Macro | None, form: MacroForm) -> str:
    return render_template(
        "admin/macro.html",
        macro=found,
        form=form,
        placeholders=[(f"{{{{ {name} }}}}", SAMPLE.get(name, _("the brand's name"))) for name in placeholders.NAMES],
        used=counters.read([verbs.counter(found.id)])[verbs.counter(found.id)] if found is not None else 0,
    )
