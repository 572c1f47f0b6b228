"""How the desk is for whoever asks: the page on which they choose."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import BooleanField, RadioField, SelectField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from ticketdesk.accounts import people, preferring
from ticketdesk.accounts.agent import UNDO_CHOICES
from ticketdesk.core.db import db
from ticketdesk.web import locales
from ticketdesk.web.desk import door, views
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.views import Rail
from ticketdesk.web.forms import Form, offered
from ticketdesk.web.texts import _

THEMES = [("system", "As this device"), ("light", "Light"), ("dark", "Dark")]
DENSITIES = [("comfortable", "Comfortable"), ("compact", "Compact: more tickets at a glance")]
TIMES = [(str(seconds), f"{seconds} seconds" if seconds else "None: mail leaves at once") for seconds in UNDO_CHOICES]


class SettingsForm(Form):
    """Everything that one chooses for oneself."""

    signature = TextAreaField(
        "Signature",
        [Length(max=preferring.LONGEST_SIGNATURE, message="This is too long: at most 2,000 letters fit.")],
        description="Markdown. It stands under your replies by mail, not in chats. A brand may say otherwise.",
    )
    undo_seconds = SelectField(
        "Time to take a reply back",
        choices=offered(TIMES),
        description="A reply by mail waits so long before it leaves.",
    )
    opens = SelectField("The desk begins with")
    density = RadioField("Lists", [InputRequired("Choose one of these.")], choices=offered(DENSITIES))
    theme = RadioField(
        "Colours",
        [InputRequired("Choose one of these.")],
        choices=offered(THEMES),
        description="The switch on top changes them for one device.",
    )
    locale = SelectField("Language", choices=locales.languages, description="How dates and numbers are written.")
    timezone = SelectField("Time zone", choices=locales.zones, description="The clock of all times that you are shown.")
    has_keys = BooleanField("Single keys do things, such as r for a reply")
    measures_time = BooleanField(
        "Measure the time I spend on tickets",
        description="Counted while a ticket's page is in front of you and you do something there at least each minute. "
        "You can correct and remove it; whoever answers for the queue can read it.",
    )

    @property
    def wishes(self) -> preferring.Wishes:
        """What was filled in."""
        return preferring.Wishes(
            signature=self.signature.data or "",
            locale=self.locale.data,
            timezone=self.timezone.data,
            theme=self.theme.data,
            density=self.density.data,
            opens=self.opens.data or None,
            has_keys=self.has_keys.data,
            measures_time=self.measures_time.data,
        )


@blueprint.get("/settings")
def settings() -> str:
    """What is chosen now."""
    me, rail = door.me(), _rail()
    names = ("signature", "density", "theme", "locale", "timezone", "has_keys", "measures_time")
    form = SettingsForm(formdata=None, **{name: getattr(me, name) for name in names})
    form.undo_seconds.data, form.opens.data = str(me.undo_seconds), me.opens or ""
    return _page(form, rail)


@blueprint.post("/settings")
def choose_settings() -> Response | tuple[str, int]:
    """Choose something else."""
    form, rail = SettingsForm(), _rail()
    form.opens.choices = _places(rail)
    if form.validate():
        with form.refusals():
            preferring.choose(door.me(), form.wishes)
            people.choose_undo(door.me(), int(form.undo_seconds.data))
            db.session.commit()
            flash(_("Saved."))
            return redirect(url_for("desk.settings"), 303)
    return _page(form, rail), 422


def _rail() -> Rail:
    return views.rail(door.me(), views.queues_of(door.me()))


def _places(rail: Rail) -> list[SelectChoice]:
    return offered([("", _("My first queue")), *((view.name, view.title) for view in rail.all)])


def _page(form: SettingsForm, rail: Rail) -> str:
    form.opens.choices = _places(rail)
    return render_template("desk/settings.html", form=form, rail=rail, view=views.nowhere())
