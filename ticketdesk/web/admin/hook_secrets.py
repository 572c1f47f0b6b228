"""Secrets for providers that post mail: each is shown once, when it is made."""

from datetime import timedelta

from flask import current_app, flash, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from ticketdesk.channels import hook_secrets as verbs
from ticketdesk.channels.hook_secret import HookSecret
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.web.admin import door
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.forms import Form, offered, plain
from ticketdesk.web.texts import _

MOST = 200
OVERLAPS = [
    (0, "old one ends at once"),
    (1, "old one ends in an hour"),
    (24, "old one ends in a day"),
    (168, "old one ends in a week"),
]


class SecretForm(Form):
    """Who gets it, and for what."""

    name = StringField(
        "Who uses it",
        [InputRequired("A name, please."), Length(max=verbs.LONGEST_NAME)],
        filters=[plain],
        description="The provider or program that posts mail to us.",
    )
    mailbox_id = SelectField(
        "Mailbox",
        coerce=lambda given: int(given) if given else None,
        choices=lambda: offered([("", _("All: by the recipients of each mail")), *_mailboxes()]),
        description="A secret of one mailbox hands mail to that one only.",
    )


class RotationForm(Form):
    """How long the old one is good beside the new one."""

    overlap = SelectField("The old one ends", coerce=int, choices=lambda: offered(OVERLAPS), default=24)


@blueprint.get("/mail/posted")
def hook_secrets() -> str:
    """Every secret, and how to post mail."""
    return _page(SecretForm(formdata=None))


@blueprint.post("/mail/posted")
def make_hook_secret() -> tuple[str, int]:
    """Make a secret and show it, this once."""
    form = SecretForm()
    if form.validate():
        with form.refusals():
            row, secret = verbs.make(form.name.data, form.mailbox_id.data, door.me(), door.now())
            return _shown(row, secret)
    return _page(form), 422


@blueprint.post("/mail/posted/<int:secret_id>/rotation")
def rotate_hook_secret(secret_id: int) -> tuple[str, int]:
    """Make the successor of a secret and show it, this once."""
    found, form = door.find(HookSecret, secret_id), RotationForm()
    if form.validate():
        with form.refusals():
            row, secret = verbs.rotate(found, timedelta(hours=form.overlap.data), door.me(), door.now())
            return _shown(row, secret)
    return _page(SecretForm(formdata=None), rotation=form), 422


@blueprint.post("/mail/posted/<int:secret_id>/revocation")
def revoke_hook_secret(secret_id: int) -> Response:
    """Take a secret back."""
    verbs.revoke(door.find(HookSecret, secret_id), door.me(), door.now())
    db.session.commit()
    flash(_("The secret opens nothing any more."))
    return redirect(url_for("admin.hook_secrets"))


def _mailboxes() -> list[tuple[int, str]]:
    rows = select(Mailbox.id, Mailbox.address).where(Mailbox.disabled_at.is_(None)).order_by(Mailbox.address)
    return [(row.id, row.address) for row in db.session.execute(rows)]


def _address() -> str:
    config: Config = current_app.extensions["ticketdesk.config"]
    return f"{config.public_url}{url_for('hooks.email')}"


def _shown(row: HookSecret, secret: str) -> tuple[str, int]:
    db.session.commit()
    return render_template("admin/hook_secret.html", row=row, secret=secret, address=_address()), 201


def _page(form: SecretForm, rotation: RotationForm | None = None) -> str:
    rows = db.session.execute(
        select(HookSecret, Mailbox.address)
        .outerjoin(Mailbox, Mailbox.id == HookSecret.mailbox_id)
        .order_by(HookSecret.revoked_at.is_not(None), HookSecret.id.desc())
        .limit(MOST)
    ).all()
    rotation = rotation or RotationForm(formdata=None)
    return render_template("admin/hook_secrets.html", form=form, rotation=rotation, rows=rows, address=_address())
