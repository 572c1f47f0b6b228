"""Widgets: the chats that stand on other people's sites, how they look there, and the line that puts them there."""

from typing import Any

from flask import current_app, flash, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from ticketdesk.brands.brand import Brand, default_brand
from ticketdesk.channels.chat import topics
from ticketdesk.channels.chat import widgets as verbs
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core import catalogues
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.tickets.queue import Queue
from ticketdesk.web.admin import choices, door
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.forms import Form, offered, plain
from ticketdesk.web.texts import _

ASKING = [("no", "do not ask"), ("optional", "ask, may stay empty"), ("required", "must be filled in")]
POSITIONS = [("right", "on the right"), ("left", "on the left")]


class WidgetForm(Form):
    """How a widget looks, what it asks, and where it may stand."""

    name = StringField(
        "Name",
        [InputRequired("A name, please."), Length(max=verbs.LONGEST_NAME)],
        filters=[plain],
        description="For yourselves; visitors do not see it.",
    )
    queue_id = SelectField(
        "Queue",
        [InputRequired("Choose a queue.")],
        coerce=int,
        choices=lambda: offered(choices.queues()),
        description="A visitor's first words open a ticket here.",
    )
    brand_id = SelectField(
        "Brand",
        [InputRequired("Choose a brand.")],
        coerce=int,
        choices=lambda: offered(_brands()),
        description="Its colours and its name are the chat's.",
    )
    origins = TextAreaField(
        "Sites",
        [Length(max=20_000)],
        description="One a line, as in https://shop.example. On any other site browsers refuse to show the chat.",
    )
    title = StringField(
        "Title", [Length(max=verbs.LONGEST_TITLE)], filters=[plain], description="Empty: the name of the brand."
    )
    greeting = TextAreaField("Greeting", [Length(max=verbs.LONGEST_TEXT)], description="While you are open.")
    away_text = TextAreaField(
        "Greeting outside business hours",
        [Length(max=verbs.LONGEST_TEXT)],
        description="When the next answer can be expected is said anyway. Empty: the greeting.",
    )
    ask_name = RadioField("Name", choices=offered(ASKING), default="optional")
    ask_email = RadioField("Email", choices=offered(ASKING), default="optional")
    topics = TextAreaField(
        "Topics",
        [Length(max=5_000)],
        description="One a line; visitors choose one beside their first message. Behind a > the queue for it, "
        "as in Returns > Orders; without one it is the queue above.",
    )
    position = RadioField("Button", choices=offered(POSITIONS), default="right")
    locale = SelectField(
        "Language",
        choices=lambda: offered([("", _("the visitor's own, as their browser says")), *catalogues.OFFERED.items()]),
        default="",
        description="A site can ask for another one with data-locale.",
    )
    shows_typing_words = BooleanField(
        "Show agents the words while a visitor types",
        description="Visitors are told so beside their words.",
    )
    signed_only = BooleanField(
        "Only visitors for whom the site signs may write",
        description="Everybody else is asked to sign in on the site first.",
    )
    trusts_email = BooleanField(
        "Every address the site signs for counts as proven",
        description="Tick this only if the site confirms addresses before it accepts them. Otherwise an address "
        "counts as proven where its token says email_verified.",
    )

    @property
    def setup(self) -> verbs.Setup:
        """What was filled in."""
        return verbs.Setup(
            name=self.name.data,
            brand_id=self.brand_id.data,
            queue_id=self.queue_id.data,
            origins=tuple((self.origins.data or "").splitlines()),
            title=self.title.data or "",
            greeting=self.greeting.data or "",
            away_text=self.away_text.data or "",
            ask_name=self.ask_name.data,
            ask_email=self.ask_email.data,
            position=self.position.data,
            topics=tuple((self.topics.data or "").splitlines()),
            locale=self.locale.data or "",
            shows_typing_words=self.shows_typing_words.data,
            signed_only=self.signed_only.data,
            trusts_email=self.trusts_email.data,
        )


@blueprint.get("/widgets")
def widgets() -> str:
    """All widgets."""
    rows = db.session.execute(
        select(Widget, Queue.name).join(Queue, Queue.id == Widget.queue_id).order_by(Widget.enabled.desc(), Widget.name)
    ).all()
    return render_template("admin/widgets.html", rows=rows)


@blueprint.get("/widgets/new")
def new_widget() -> str:
    """A form for another widget."""
    brand = default_brand()
    return _new(WidgetForm(formdata=None, brand_id=brand.id if brand else None, greeting=_("What can we do for you?")))


@blueprint.post("/widgets")
def create_widget() -> Response | tuple[str, int]:
    """Make a widget."""
    form = WidgetForm()
    if form.validate():
        with form.refusals():
            widget = verbs.create(form.setup, door.me(), door.now())
            return _saved(widget, _("Widget made. Put its line into the pages of your site."))
    return _new(form), 422


@blueprint.get("/widgets/<int:widget_id>")
def widget(widget_id: int) -> str:
    """One widget."""
    found = door.find(Widget, widget_id)
    return _page(found, WidgetForm(formdata=None, **_shown(found)))


@blueprint.post("/widgets/<int:widget_id>")
def change_widget(widget_id: int) -> Response | tuple[str, int]:
    """Set a widget up in another way."""
    found, form = door.find(Widget, widget_id), WidgetForm()
    if form.validate():
        with form.refusals():
            verbs.change(found, form.setup, door.me(), door.now())
            return _saved(found, _("Saved."))
    return _page(found, form), 422


@blueprint.post("/widgets/<int:widget_id>/disabling")
def disable_widget(widget_id: int) -> Response:
    """Show it nowhere any more."""
    found = door.find(Widget, widget_id)
    verbs.disable(found, door.me(), door.now())
    return _saved(found, _("Out of use. Sites show no chat any more."))


@blueprint.post("/widgets/<int:widget_id>/enabling")
def enable_widget(widget_id: int) -> Response:
    """Show it again."""
    found = door.find(Widget, widget_id)
    verbs.enable(found, door.me(), door.now())
    return _saved(found, _("In use again."))


def _shown(found: Widget) -> dict[str, Any]:
    """What the form shows of a widget."""
    values = {name: getattr(found, name) for name in WidgetForm()._fields if hasattr(found, name)}
    return {**values, "origins": "\n".join(found.origins), "topics": "\n".join(topics.lines(found.topics))}


def _saved(found: Widget, words: str) -> Response:
    db.session.commit()
    flash(words)
    return redirect(url_for("admin.widget", widget_id=found.id))


def _new(form: WidgetForm) -> str:
    return render_template("admin/widget_new.html", form=form)


def _page(found: Widget, form: WidgetForm) -> str:
    return render_template("admin/widget.html", widget=found, form=form, snippet=_snippet(found), home=home())


def _snippet(found: Widget) -> str:
    """What goes into the pages of a site."""
    return f'<script src="{home()}/widget.js" data-key="{found.key}" async></script>'


def home() -> str:
    config: Config = current_app.extensions["ticketdesk.config"]
    return config.public_url


def _brands() -> choices.Choices:
    rows = db.session.execute(select(Brand.id, Brand.name).order_by(Brand.is_default.desc(), Brand.name))
    return [(row.id, row.name) for row in rows]
