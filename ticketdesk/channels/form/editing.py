"""Forms are built, changed, and taken out of use."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from ticketdesk.brands.brand import Brand
from ticketdesk.channels.chat import origins
from ticketdesk.channels.form import fields
from ticketdesk.channels.form.fields import KINDS, Field
from ticketdesk.channels.form.form import Form
from ticketdesk.core import audit, rows
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets.queue import Queue

LONGEST_TITLE = 120
LONGEST_SLUG = 60
LONGEST_WORDS = 4000
LONGEST_LABEL = 200
MOST_FIELDS = 30
MOST_CHOICES = 60
NAMES = ("required", "optional", "no")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Setup:
    """What a form asks, and where its answers go. A field without a key is a new one."""

    title: str
    slug: str
    brand_id: int
    queue_id: int
    introduction: str = ""
    confirmation: str = ""
    asks_name: str = "optional"
    subjects: tuple[str, ...] = ()
    takes_files: bool = True
    fields: tuple[Field, ...] = ()
    origins: tuple[str, ...] = ()


def create(setup: Setup, by: Actor, at: datetime) -> Form:
    """A new form, in use at once; raises Invalid."""
    form = Form(created_at=at, disabled_at=None, **_checked(setup, None))
    db.session.add(form)
    db.session.flush()
    audit.note("form_created", "form", form.id, by, at, {"queue_id": form.queue_id})
    return form


def lock(form_id: int) -> Form:
    """The form, held until the end of the transaction; raises NoResultFound."""
    return rows.held(Form, form_id)


def change(form: Form, setup: Setup, by: Actor, at: datetime) -> None:
    """Let a form ask something else; raises Invalid."""
    form = lock(form.id)
    changed = rows.apply(form, _checked(setup, form))
    if changed:
        audit.note("form_changed", "form", form.id, by, at, {"changed": changed})


def disable(form: Form, by: Actor, at: datetime) -> None:
    """Show the form to nobody any more; what came in by it stays."""
    form = lock(form.id)
    if form.disabled_at is None:
        form.disabled_at = at
        audit.note("form_disabled", "form", form.id, by, at)


def enable(form: Form, by: Actor, at: datetime) -> None:
    """Use a form again; raises Invalid when its queue is archived."""
    form = lock(form.id)
    if form.disabled_at is not None:
        _queue(form.queue_id)
        form.disabled_at = None
        audit.note("form_enabled", "form", form.id, by, at)


def feeding(queue_id: int) -> list[str]:
    """The titles of the forms in use whose answers open tickets in a queue."""
    return list(
        db.session.scalars(
            select(Form.title).where(Form.queue_id == queue_id, Form.disabled_at.is_(None)).order_by(Form.title)
        )
    )


def _checked(setup: Setup, form: Form | None) -> dict[str, Any]:
    """What is to be stored; raises Invalid naming the field."""
    title, slug = " ".join(setup.title.split()), setup.slug.strip().lower()
    if not 0 < len(title) <= LONGEST_TITLE:
        raise Invalid(f"Give a title of at most {LONGEST_TITLE} letters.", "title")
    if len(slug) > LONGEST_SLUG or _SLUG.fullmatch(slug) is None:
        raise Invalid("Use small letters, digits and single dashes, as in contact-us.", "slug")
    other = db.session.scalar(select(Form.id).where(Form.slug == slug))
    if other is not None and (form is None or other != form.id):
        raise Invalid("Another form has this address.", "slug")
    if db.session.get(Brand, setup.brand_id) is None:
        raise Invalid("There is no such brand.", "brand")
    _queue(setup.queue_id)
    if setup.asks_name not in NAMES:
        raise Invalid("Choose one of the ways offered.", "asks_name")
    for name in ("introduction", "confirmation"):
        if len(getattr(setup, name)) > LONGEST_WORDS:
            raise Invalid(f"At most {LONGEST_WORDS:,} letters, please.", name)
    return {
        "title": title,
        "slug": slug,
        "brand_id": setup.brand_id,
        "queue_id": setup.queue_id,
        "introduction": setup.introduction.strip(),
        "confirmation": setup.confirmation.strip(),
        "asks_name": setup.asks_name,
        "subjects": _choices(setup.subjects, "subjects"),
        "takes_files": setup.takes_files,
        "fields": fields.stored(_numbered(setup.fields, form)),
        "origins": origins.understood(setup.origins),
    }


def _queue(queue_id: int) -> None:
    if db.session.scalar(select(Queue.id).where(Queue.id == queue_id, Queue.archived_at.is_(None))) is None:
        raise Invalid("There is no such queue in use.", "queue")


def _choices(given: tuple[str, ...], field: str) -> list[str]:
    choices = list(dict.fromkeys(plain for one in given if (plain := " ".join(one.split()))))
    if len(choices) > MOST_CHOICES or any(len(choice) > LONGEST_LABEL for choice in choices):
        raise Invalid(f"At most {MOST_CHOICES} choices of {LONGEST_LABEL} letters, please.", field)
    return choices


def _numbered(given: tuple[Field, ...], form: Form | None) -> list[Field]:
    """The fields with a key each: those that have one keep it, a new one gets a number that none of them has."""
    if len(given) > MOST_FIELDS:
        raise Invalid(f"At most {MOST_FIELDS} fields of your own, please.", "fields")
    known = {field.key for field in fields.read(form.fields)} if form is not None else set()
    newest = max((int(key[1:]) for key in known), default=0)
    made: list[Field] = []
    for field in given:
        if field.key not in known or field.key in {one.key for one in made}:
            newest += 1
            field = replace(field, key=f"f{newest}")
        made.append(_fitting(field))
    return made


def _fitting(field: Field) -> Field:
    label, hint = " ".join(field.label.split()), " ".join(field.hint.split())
    if not 0 < len(label) <= LONGEST_LABEL:
        raise Invalid(f"Every field needs a label of at most {LONGEST_LABEL} letters.", "fields")
    if len(hint) > 2 * LONGEST_LABEL:
        raise Invalid(f"A hint has at most {2 * LONGEST_LABEL} letters.", "fields")
    if field.kind not in KINDS:
        raise Invalid("There is no such kind of field.", "fields")
    choices = tuple(_choices(field.choices, "fields")) if field.kind == "choice" else ()
    if field.kind == "choice" and len(choices) < 2:
        raise Invalid(f"“{label}” needs at least two choices.", "fields")
    return replace(field, label=label, hint=hint, choices=choices)
