"""Forms: what customers are asked, built without a script and looked at before anybody else sees it."""

from typing import Any

from flask import abort, current_app, flash, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import BooleanField, FieldList, FormField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms import Form as Part
from wtforms.validators import InputRequired, Length, ValidationError

from ticketdesk.brands.brand import Brand, default_brand
from ticketdesk.channels.form import editing, embedding, fields
from ticketdesk.channels.form.fields import Field
from ticketdesk.channels.form.form import Form as Built
from ticketdesk.channels.form.form import counter
from ticketdesk.core import counters, markdown
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.tickets.queue import Queue
from ticketdesk.web.admin import choices, door
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.forms import Form, has_nul, offered, plain
from ticketdesk.web.portal import asking
from ticketdesk.web.texts import _

KINDS = [
    ("text", "One line"),
    ("long_text", "Several lines"),
    ("choice", "A choice"),
    ("checkbox", "A box to tick"),
    ("number", "A number"),
    ("date", "A date"),
]
NAMES = [("required", "ask, must be filled in"), ("optional", "ask, may stay empty"), ("no", "do not ask")]
BLANK = {"key": "", "kind": "text", "label": "", "hint": "", "required": False, "choices": ""}
LONGEST_LINES = 20_000


class FieldPart(Part):  # type: ignore[misc]  # WTForms ships no types
    """One field of the form's own."""

    key = HiddenField(validators=[Length(max=20)])
    label = StringField("Label", [Length(max=editing.LONGEST_LABEL)], filters=[plain])
    kind = SelectField("Kind", choices=offered(KINDS), default="text")
    hint = StringField("Hint", [Length(max=2 * editing.LONGEST_LABEL)], filters=[plain])
    required = BooleanField("Must be filled in")
    choices = TextAreaField("Choices, one a line", [Length(max=LONGEST_LINES)])

    def validate_label(self, label: StringField) -> None:
        """A field that asks anything needs a name."""
        if not label.data and (self.hint.data or (self.choices.data or "").strip()):
            raise ValidationError(_("Every field needs a label."))

    def validate_choices(self, given: TextAreaField) -> None:
        """One choice is none."""
        if self.kind.data == "choice" and self.label.data and len(set((given.data or "").split("\n"))) < 2:
            raise ValidationError(_("Give at least two choices, each on a line of its own."))

    @property
    def field(self) -> Field:
        """What was filled in."""
        lines = tuple((self.choices.data or "").splitlines())
        return Field(
            self.key.data or "", self.kind.data, self.label.data, self.hint.data or "", self.required.data, lines
        )


class FormForm(Form):
    """A form; `add`, `remove`, `up` and `down` are buttons that change this page and save nothing."""

    title = StringField(
        "Title", [InputRequired("A title, please."), Length(max=editing.LONGEST_TITLE)], filters=[plain]
    )
    slug = StringField(
        "Address",
        [InputRequired("An address, please."), Length(max=editing.LONGEST_SLUG)],
        filters=[plain],
        description="Small letters, digits and dashes, as in contact-us.",
    )
    brand = SelectField("Brand", [InputRequired()], coerce=int, choices=lambda: offered(choices.brands()))
    queue = SelectField(
        "Queue",
        [InputRequired("Choose a queue.")],
        coerce=int,
        choices=lambda: offered(choices.queues()),
        description="What is sent opens a ticket here.",
    )
    introduction = TextAreaField(
        "Introduction",
        [Length(max=editing.LONGEST_WORDS)],
        description="Above the fields. Markdown: **bold**, [a link](https://example.com), lists.",
    )
    confirmation = TextAreaField(
        "When it was sent",
        [Length(max=editing.LONGEST_WORDS)],
        description="Shown with the number and the way to the ticket. Empty: those alone.",
    )
    asks_name = RadioField("The name", choices=offered(NAMES), default="optional")
    subjects = TextAreaField(
        "Subjects to choose from",
        [Length(max=LONGEST_LINES)],
        description="One a line. Empty: everybody writes their own, and sees fitting articles meanwhile.",
    )
    takes_files = BooleanField("Files may be added", default=True)
    fields = FieldList(FormField(FieldPart), max_entries=editing.MOST_FIELDS)
    origins = TextAreaField(
        "Sites",
        [Length(max=LONGEST_LINES)],
        description="One a line, as in https://shop.example. On any other site browsers refuse to show the form.",
    )
    add = HiddenField(validators=[Length(max=10)])
    remove = HiddenField(validators=[Length(max=20)])
    up = HiddenField(validators=[Length(max=20)])
    down = HiddenField(validators=[Length(max=20)])

    @property
    def setup(self) -> editing.Setup:
        """What was filled in; a field without a label was left empty and is left out."""
        own = [part.form.field for part in self["fields"]]
        return editing.Setup(
            title=self.title.data or "",
            slug=self.slug.data or "",
            brand_id=self.brand.data,
            queue_id=self.queue.data,
            introduction=self.introduction.data or "",
            confirmation=self.confirmation.data or "",
            asks_name=self.asks_name.data,
            subjects=tuple((self.subjects.data or "").splitlines()),
            takes_files=self.takes_files.data,
            fields=tuple(field for field in own if field.label),
            origins=tuple((self.origins.data or "").splitlines()),
        )

    def rearranged(self) -> bool:
        """Do what one of the buttons inside asks; False when none was pressed."""
        rows = [dict(part.form.data) for part in self["fields"]]
        names = [part.name for part in self["fields"]]
        for button, by in ((self.up, -1), (self.down, 1)):
            if button.data in names:
                rows = _moved(rows, names.index(button.data), by)
                return self._replace(rows)
        if self.remove.data in names:
            del rows[names.index(self.remove.data)]
            return self._replace(rows)
        if self.add.data:
            return self._replace([*rows, BLANK][: editing.MOST_FIELDS])
        return bool(self.up.data or self.down.data or self.remove.data)

    def _replace(self, rows: list[dict[str, Any]]) -> bool:
        """Number the fields anew, so that their names say their order again."""
        listed = self["fields"]
        while listed.entries:
            listed.pop_entry()
        for row in rows:
            listed.append_entry(row)
        return True


@blueprint.get("/forms")
def forms() -> str:
    """All forms."""
    rows = db.session.execute(
        select(Built, Queue.name, Brand.name)
        .join(Queue, Queue.id == Built.queue_id)
        .join(Brand, Brand.id == Built.brand_id)
        .order_by(Built.disabled_at.is_not(None), Built.title, Built.id)
    ).all()
    return render_template("admin/forms.html", rows=rows, several=len({row[2] for row in rows}) > 1, house=_house())


@blueprint.get("/forms/new")
def new_form() -> str:
    """A form for another form."""
    brand = default_brand()
    return _new(FormForm(formdata=None, brand=brand.id if brand else None, title="", slug=""))


@blueprint.post("/forms")
def create_form() -> Response | str | tuple[str, int]:
    """Make a form."""
    form = FormForm()
    if form.rearranged():
        return _new(form)
    if form.validate():
        with form.refusals():
            made = editing.create(form.setup, door.me(), door.now())
            db.session.commit()
            flash(_("Form made. Anybody who knows its address can use it."))
            return redirect(url_for("admin.form", form_id=made.id))
    return _new(form), 422


@blueprint.get("/forms/<int:form_id>")
def form(form_id: int) -> str:
    """One form."""
    found = door.find(Built, form_id)
    return _page(found, FormForm(formdata=None, **_shown(found)))


@blueprint.post("/forms/<int:form_id>")
def change_form(form_id: int) -> Response | str | tuple[str, int]:
    """Let a form ask something else."""
    found, form = door.find(Built, form_id), FormForm()
    if form.rearranged():
        return _page(found, form)
    if form.validate():
        with form.refusals():
            editing.change(found, form.setup, door.me(), door.now())
            return _saved(form_id)
    return _page(door.find(Built, form_id), form), 422


@blueprint.post("/forms/<int:form_id>/disabling")
def disable_form(form_id: int) -> Response:
    """Show it to nobody any more."""
    editing.disable(door.find(Built, form_id), door.me(), door.now())
    return _saved(form_id)


@blueprint.post("/forms/<int:form_id>/enabling")
def enable_form(form_id: int) -> Response:
    """Use it again."""
    editing.enable(door.find(Built, form_id), door.me(), door.now())
    return _saved(form_id)


@blueprint.post("/forms/preview")
def preview_form() -> str:
    """The form as it would be shown, while it is being built; saves nothing."""
    if has_nul():
        abort(422)
    return render_template("admin/_form_preview.html", **_preview(FormForm()))


def _saved(form_id: int) -> Response:
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("admin.form", form_id=form_id))


def _new(form: FormForm) -> str:
    return render_template("admin/form_new.html", form=form, **_preview(form))


def _page(found: Built, form: FormForm) -> str:
    key = counter(found.id)
    return render_template(
        "admin/form.html",
        built=found,
        form=form,
        house=_house(),
        came=counters.read([key])[key],
        snippet=embedding.snippet(found, _house()),
        height_script=embedding.height_script(found, _house()),
        **_preview(form),
    )


def _preview(form: FormForm) -> dict[str, Any]:
    """What the page of the form would show; what makes no sense yet is left out."""
    setup = form.setup
    own = [
        Field(f"f{number}", field.kind or "text", field.label or _("Label"), field.hint, field.required, field.choices)
        for number, field in enumerate(setup.fields)
    ]
    draft = Built(
        title=setup.title or _("Title"),
        asks_name=setup.asks_name or "optional",
        subjects=[line.strip() for line in setup.subjects if line.strip()],
        takes_files=setup.takes_files,
        fields=fields.stored(own[: editing.MOST_FIELDS]),
    )
    brand = db.session.get(Brand, setup.brand_id) if setup.brand_id else None
    return {
        "draft": draft,
        "asked": asking.form_of(draft, empty=True, prefix="shown-"),
        "introduction": markdown.article(setup.introduction[: editing.LONGEST_WORDS]),
        "brand": brand or default_brand(),
        "brands": db.session.scalars(select(Brand)).all(),
    }


def _shown(found: Built) -> dict[str, Any]:
    own = [
        {
            "key": field.key,
            "kind": field.kind,
            "label": field.label,
            "hint": field.hint,
            "required": field.required,
            "choices": "\n".join(field.choices),
        }
        for field in fields.read(found.fields)
    ]
    return {
        "title": found.title,
        "slug": found.slug,
        "brand": found.brand_id,
        "queue": found.queue_id,
        "introduction": found.introduction,
        "confirmation": found.confirmation,
        "asks_name": found.asks_name,
        "subjects": "\n".join(found.subjects),
        "takes_files": found.takes_files,
        "fields": own,
        "origins": "\n".join(found.origins),
    }


def _moved(rows: list[dict[str, Any]], at: int, by: int) -> list[dict[str, Any]]:
    """The rows with one of them a place further; the first and the last stay where they are."""
    to = min(max(at + by, 0), len(rows) - 1)
    rows[at], rows[to] = rows[to], rows[at]
    return rows


def _house() -> str:
    config: Config = current_app.extensions["ticketdesk.config"]
    return config.public_url
