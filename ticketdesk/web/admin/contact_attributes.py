"""Attributes of contacts: which there are, what they are called, and what can be chosen."""

from collections.abc import Callable
from datetime import datetime

from flask import flash, redirect, render_template, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from ticketdesk.contacts import attributes as verbs
from ticketdesk.contacts.attribute import ContactAttribute, ContactValue
from ticketdesk.contacts.attributes import Definition
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.web.admin import door
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.forms import EmptyForm, Form, offered, plain
from ticketdesk.web.texts import _

KINDS = (
    ("text", "Text"),
    ("number", "Number"),
    ("date", "Date"),
    ("choice", "Choice"),
    ("checkbox", "Yes or no"),
)


class AttributeForm(Form):
    """What can be changed of one."""

    label = StringField(
        "Label",
        validators=[DataRequired("How shall it be called?"), Length(max=verbs.LONGEST_NAME)],
        filters=[plain],
    )
    choices = TextAreaField(
        "Choices", validators=[Length(max=10_000)], description="One a line; only for the kind Choice."
    )


class NewAttributeForm(AttributeForm):
    """What is said of a new one; key and kind stay for good."""

    key = StringField(
        "Key",
        validators=[DataRequired("Imports need a key."), Length(max=verbs.LONGEST_KEY)],
        filters=[plain],
        description="Small letters, digits and underscores, such as customer_number. It never changes.",
    )
    kind = SelectField("Kind", choices=offered(KINDS))


@blueprint.get("/contact-attributes")
def contact_attributes() -> str:
    """All of them."""
    return _list(NewAttributeForm(formdata=None))


@blueprint.post("/contact-attributes")
def define_contact_attribute() -> Response | tuple[str, int]:
    """Make one."""
    form = NewAttributeForm()
    if form.validate():
        with form.refusals():
            what = Definition(form.label.data, form.key.data, form.kind.data, _lines(form))
            verbs.define(what, door.me(), door.now())
            return _saved()
    return _list(form), 422


@blueprint.get("/contact-attributes/<int:attribute_id>")
def contact_attribute(attribute_id: int) -> str:
    """One of them."""
    found = door.find(ContactAttribute, attribute_id)
    return _page(found, AttributeForm(formdata=None, label=found.label, choices="\n".join(found.choices)))


@blueprint.post("/contact-attributes/<int:attribute_id>")
def change_contact_attribute(attribute_id: int) -> Response | tuple[str, int]:
    """Call it otherwise, or offer other choices."""
    found, form = door.find(ContactAttribute, attribute_id), AttributeForm()
    if form.validate():
        with form.refusals():
            verbs.change(found, Definition(form.label.data, choices=_lines(form)), door.me(), door.now())
            return _saved()
    return _page(door.find(ContactAttribute, attribute_id), form), 422


@blueprint.post("/contact-attributes/<int:attribute_id>/archive")
def archive_contact_attribute(attribute_id: int) -> Response | tuple[str, int]:
    """Show it no more."""
    return _turned(attribute_id, verbs.archive)


@blueprint.post("/contact-attributes/<int:attribute_id>/restoration")
def restore_contact_attribute(attribute_id: int) -> Response | tuple[str, int]:
    """Show it again."""
    return _turned(attribute_id, verbs.restore)


def _turned(
    attribute_id: int, change: Callable[[ContactAttribute, Actor, datetime], None]
) -> Response | tuple[str, int]:
    found, form = door.find(ContactAttribute, attribute_id), EmptyForm()
    if form.validate():
        with form.refusals():
            change(found, door.me(), door.now())
            return _saved()
    found = door.find(ContactAttribute, attribute_id)
    shown = AttributeForm(formdata=None, label=found.label, choices="\n".join(found.choices))
    shown.form_errors = form.form_errors
    return _page(found, shown), 422


def _lines(form: AttributeForm) -> list[str]:
    return (form.choices.data or "").splitlines()


def _saved() -> Response:
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("admin.contact_attributes"), 303)


def _list(form: NewAttributeForm) -> str:
    used = select(func.count()).where(ContactValue.attribute_id == ContactAttribute.id).scalar_subquery()
    order = (ContactAttribute.archived_at.is_not(None), ContactAttribute.position, ContactAttribute.id)
    rows = db.session.execute(select(ContactAttribute, used).order_by(*order)).all()
    return render_template("admin/contact_attributes.html", rows=rows, form=form, kinds=dict(KINDS))


def _page(found: ContactAttribute, form: AttributeForm) -> str:
    return render_template("admin/contact_attribute.html", attribute=found, form=form, kinds=dict(KINDS))
