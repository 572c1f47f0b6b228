"""What agents look after themselves: where they are signed in, and their password."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response
from wtforms import PasswordField, SelectChoice, SelectField
from wtforms.validators import InputRequired

from ticketdesk.accounts import passwords, people, sessions, signing_in
from ticketdesk.accounts.agent import UNDO_CHOICES
from ticketdesk.accounts.session import AgentSession
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.web import auth, limits
from ticketdesk.web.browsers import browser_name
from ticketdesk.web.forms import Form
from ticketdesk.web.texts import _

blueprint = Blueprint("account", __name__, url_prefix="/account")


class ChangePasswordForm(Form):
    """The present password and the next."""

    present = PasswordField("Present password", [InputRequired("Your present password, please.")])
    password = PasswordField(
        "New password",
        [InputRequired("A new password, please.")],
        description=f"At least {passwords.SHORTEST} characters. You stay signed in only here.",
    )


class UndoForm(Form):
    """How long what was sent by mail can be taken back."""

    undo_seconds = SelectField("Time to take a reply back", coerce=int)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.undo_seconds.choices = [
            SelectChoice(
                seconds, _("%(seconds)s seconds", seconds=seconds) if seconds else _("None: mail leaves at once")
            )
            for seconds in UNDO_CHOICES
        ]


@blueprint.get("")
def page() -> str:
    """Where I am signed in, and a form for another password."""
    return _page(ChangePasswordForm(formdata=None))


@blueprint.post("/password")
def change_password() -> Response | tuple[str, int]:
    """Choose another password; every other browser is signed out."""
    form, now, agent = ChangePasswordForm(), clock.now(), auth.signed_in()
    if form.validate():
        signing_in.count(agent.email, limits.source(), now)
        db.session.commit()
        with form.refusals():
            signing_in.confirm(agent, form.present.data)
            passwords.choose(agent, form.password.data, agent.actor, now)
            _session, secret = signing_in.enter(agent, limits.source(), auth.browser(), now)
            db.session.commit()
            flash(_("Your password is changed. Other browsers are signed out."))
            return auth.with_cookie(redirect(url_for("account.page")), secret)
    return _page(form), 422


@blueprint.post("/sending")
def choose_undo() -> Response | tuple[str, int]:
    """Choose how long replies wait before they leave."""
    form = UndoForm()
    if not form.validate():
        return _page(ChangePasswordForm(formdata=None), form), 422
    people.choose_undo(auth.signed_in(), form.undo_seconds.data)
    db.session.commit()
    flash(_("Your next replies follow this."))
    return redirect(url_for("account.page"))


@blueprint.post("/sessions/<int:session_id>/end")
def end_session(session_id: int) -> Response:
    """Sign one of my browsers out."""
    row = db.session.scalar(
        select(AgentSession).where(AgentSession.id == session_id, AgentSession.agent_id == auth.signed_in().id)
    )
    if row is None:
        raise NotFound
    sessions.end(row, clock.now())
    db.session.commit()
    flash(_("Signed out there."))
    return redirect(url_for("account.page"))


def _page(form: ChangePasswordForm, undo: UndoForm | None = None) -> str:
    now = clock.now()
    return render_template(
        "account/page.html",
        form=form,
        undo=undo or UndoForm(formdata=None, undo_seconds=auth.signed_in().undo_seconds),
        sessions=sessions.of(auth.signed_in().id, now),
        present=auth.session_row(),
        now=now,
        browser_name=browser_name,
    )
