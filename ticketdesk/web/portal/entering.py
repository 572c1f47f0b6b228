"""Customers sign in: an address, then the code that was mailed to it; nobody learns which addresses we know."""

from datetime import timedelta
from typing import cast

from flask import flash, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response
from wtforms import EmailField, StringField
from wtforms.validators import InputRequired, Length

from ticketdesk.accounts import throttling
from ticketdesk.accounts.signing_in import TooManyTries
from ticketdesk.channels.email import addresses, codes
from ticketdesk.contacts import entering, sessions
from ticketdesk.contacts.contact import Identity
from ticketdesk.contacts.session import CustomerSession
from ticketdesk.core import tokens
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, NotFound
from ticketdesk.web import auth, limits
from ticketdesk.web.forms import EmptyForm, Form, plain
from ticketdesk.web.portal import cookies, door
from ticketdesk.web.portal.door import blueprint
from ticketdesk.web.texts import _

COOKIE = "customer"
ASKED = "asked"
"""Under which the browser's own signed cookie keeps the secret that its code belongs to."""
WINDOW = timedelta(hours=3)
MOST_CODES = 5
"""For one address in WINDOW: whenever it begins, no three hours see more than ten (SEMANTICS 1, automatic mail)."""
MOST_ASKED = 20
"""From one source in WINDOW; an office may share one."""
TRIES = 5
"""For one code."""
TRIES_PER_SOURCE = 40


class AddressForm(Form):
    """Who asks."""

    email = EmailField("Your email", [InputRequired("Your email, please."), Length(max=254)], filters=[plain])


class CodeForm(Form):
    """What was mailed."""

    code = StringField("Code", [InputRequired("The code from our mail, please."), Length(max=40)], filters=[plain])


@blueprint.get("/my/sign-in")
def sign_in() -> Response | str:
    """The page that asks for an address."""
    door.brand()
    if whoever() is not None:
        return redirect(url_for("portal.my"))
    return render_template("portal/sign_in.html", form=AddressForm(formdata=None))


@blueprint.post("/my/sign-in")
def ask_for_code() -> Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Have a code mailed to an address, if we know it; the answer is the same if we do not."""
    brand, form, now = door.brand(), AddressForm(), door.now()
    address = addresses.normalise(form.email.data or "")
    if form.validate() and not addresses.is_address(address):
        form.email.errors = [_("This is no mail address.")]
    if form.errors:
        return render_template("portal/sign_in.html", form=form), 422
    tries = (
        throttling.count(f"my:address:{tokens.digest(address)}", WINDOW, now),
        throttling.count(f"my:source:{limits.source()}", WINDOW, now),
    )
    if tries[0] > MOST_CODES or tries[1] > MOST_ASKED:
        db.session.commit()
        form.form_errors.append(_("Too many codes were asked for. Please try again in an hour or two, or write to us."))
        return render_template("portal/sign_in.html", form=form), 429, {"Retry-After": "3600"}
    secret = entering.asking()
    codes.ask(brand.id, address, tokens.digest(secret), now)
    db.session.commit()
    session[ASKED] = secret
    return redirect(url_for("portal.code"), 303)


@blueprint.get("/my/code")
def code() -> Response | str:
    """The page that asks for the code."""
    door.brand()
    if ASKED not in session:
        return redirect(url_for("portal.sign_in"))
    return render_template("portal/code.html", form=CodeForm(formdata=None))


@blueprint.post("/my/code")
def enter() -> Response | tuple[str, int]:
    """Sign in with the code."""
    door.brand()
    form, now, secret = CodeForm(), door.now(), session.get(ASKED)
    if secret is None:
        return redirect(url_for("portal.sign_in"), 303)
    if not form.validate():
        return render_template("portal/code.html", form=form), 422
    asked = tokens.digest(secret)
    # Counted and committed before the code is looked at, so that many tries at once are counted one by one.
    tries = (
        throttling.count(f"my:code:{asked}", entering.LIFE, now),
        throttling.count(f"my:code from:{limits.source()}", WINDOW, now),
    )
    db.session.commit()
    if tries[0] > TRIES or tries[1] > TRIES_PER_SOURCE:
        raise TooManyTries(_("Too many tries with this code. Ask for another one."))
    try:
        identity = entering.use(form.code.data, asked, now)
    except Invalid as refusal:
        form.code.errors = [str(refusal)]
        return render_template("portal/code.html", form=form), 422
    throttling.take_back(f"my:code from:{limits.source()}")
    return _entered(identity)


@blueprint.post("/my/sign-out")
def sign_out() -> Response:
    """End this session."""
    found = whoever()
    if found is not None and EmptyForm().validate():
        sessions.end(row(), door.now())
        db.session.commit()
    session.clear()
    door.brand()
    flash(_("You are signed out."))
    return cookies.take(redirect(url_for("portal.home"), 303), COOKIE)


@blueprint.post("/my/sessions/<int:session_id>/end")
def end_session(session_id: int) -> Response:
    """Sign out another browser of one's own."""
    identity = signed_in()
    if isinstance(identity, Response):
        return identity
    found = next((one for one in sessions.of(identity.id, door.now()) if one.id == session_id), None)
    if found is None or not EmptyForm().validate():
        raise NotFound
    sessions.end(found, door.now())
    db.session.commit()
    flash(_("That browser is signed out."))
    return redirect(url_for("portal.my"), 303)


def whoever() -> Identity | None:
    """The customer who asks, if one is signed in here."""
    if "customer" not in g:
        found = sessions.find(cookies.given(COOKIE), door.now())
        g.customer = found
        if found is not None and request.method == "POST":  # looking at pages changes nothing
            sessions.seen(found[0], door.now())
    return None if g.customer is None else cast(Identity, g.customer[1])


def row() -> CustomerSession:
    """The session in which the customer asks."""
    return cast(CustomerSession, g.customer[0])


def signed_in() -> Identity | Response:
    """The customer who asks, or the way to the page where one signs in."""
    return whoever() or redirect(url_for("portal.sign_in"), 303 if request.method == "POST" else 302)


def _entered(identity: Identity) -> Response:
    """Begin a session under a new secret, and leave the one before."""
    now = door.now()
    if whoever() is not None:
        sessions.end(row(), now)
    _row, secret = sessions.begin(identity, limits.source(), auth.browser(), now)
    db.session.commit()
    session.clear()  # the proof of origin begins anew as well
    return cookies.give(redirect(url_for("portal.my"), 303), COOKIE, secret, sessions.LONGEST)
