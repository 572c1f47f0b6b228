"""Who is asking: sessions of agents, the closed door for everybody else, signing in and out."""

from datetime import datetime
from urllib.parse import unquote, urlsplit, urlunsplit

from flask import Blueprint, Flask, Request, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_login import LoginManager, current_user
from werkzeug.exceptions import Forbidden, HTTPException, Unauthorized
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response
from wtforms import EmailField, HiddenField, PasswordField
from wtforms.validators import InputRequired, Length

from ticketdesk.accounts import links, passwords, permissions, sessions, signing_in
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import Level
from ticketdesk.accounts.session import AgentSession
from ticketdesk.core import clock
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.web import errors, limits
from ticketdesk.web.csrf import SAFE
from ticketdesk.web.forms import EmptyForm, Form
from ticketdesk.web.texts import _

blueprint = Blueprint("auth", __name__)
login = LoginManager()


class SignInForm(Form):
    """Address and password."""

    email = EmailField("Email", [InputRequired("Your email, please."), Length(max=254)])
    password = PasswordField("Password", [InputRequired("Your password, please."), Length(max=1000)])
    next = HiddenField()


class PasswordForm(Form):
    """A new password."""

    password = PasswordField(
        "Password",
        [InputRequired("A password, please.")],
        description=f"At least {passwords.SHORTEST} characters. A few words in a row are good.",
    )


def register(app: Flask) -> None:
    """Close every door that `limits.ANONYMOUS` does not name."""
    # Found out only when a template asks: a page that says the database is away must not ask it.
    login.init_app(app, add_context_processor=False)
    app.jinja_env.globals["current_user"] = current_user
    login.request_loader(_load)
    login.session_protection = None  # it would write into Flask's own cookie, which says nothing of who signed in
    login.user_loader(lambda _id: None)  # nobody is remembered by Flask's own cookie
    app.before_request(_close)
    app.register_blueprint(blueprint)
    app.add_template_global(allowed)


def signed_in() -> Agent:
    """The agent who asks; raises Unauthorized when nobody does."""
    agent = current_user._get_current_object()
    if not isinstance(agent, Agent):
        raise Unauthorized
    return agent


def known() -> Agent | None:
    """The agent who asks, where that was found out already; asks the database nothing, for it may be away."""
    agent: Agent | None = g.get("agent")
    return agent


def session_row() -> AgentSession:
    """The session in which the agent asks."""
    signed_in()
    row: AgentSession = g.agent_session
    return row


def allowed(permission: str, level: Level | None = None) -> bool:
    """Whether the agent who asks may; for templates and routes."""
    return permissions.allowed(signed_in(), permission, level)


def require(permission: str, level: Level | None = None) -> None:
    """Raises Forbidden unless the agent who asks may."""
    if not allowed(permission, level):
        raise Forbidden


@blueprint.get("/sign-in")
def sign_in() -> Response | str:
    """The page for signing in."""
    if current_user.is_authenticated:
        return redirect(url_for("desk.home"))
    form = SignInForm(formdata=None, next=request.args.get("next", ""))
    return render_template("auth/signin.html", form=form)


@blueprint.post("/sign-in")
def enter() -> Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Sign in with address and password."""
    form, now = SignInForm(), clock.now()
    if not form.validate():
        return render_template("auth/signin.html", form=form), 422
    try:
        counted = signing_in.count(form.email.data, limits.source(), now)
        db.session.commit()  # before the password is looked at, so that many tries at once are counted one by one
    except signing_in.TooManyTries as refusal:
        db.session.rollback()
        form.form_errors.append(str(refusal))
        wait = {"Retry-After": str(int(signing_in.WINDOW.total_seconds()))}
        return render_template("auth/signin.html", form=form), 429, wait
    with form.refusals():
        _, secret = signing_in.sign_in(counted, form.password.data, browser(), now)
        _leave_present_session(now)
        db.session.commit()
        return with_cookie(redirect(destination(form.next.data)), secret)
    return render_template("auth/signin.html", form=form), 422


@blueprint.get("/sign-in/<secret>")
def show_link(secret: str) -> str:
    """What a one-time link is for; looking does not use it up, since mail scanners look as well."""
    link, agent = links.look(secret, clock.now())
    if link.purpose == "password":
        return render_template("auth/choose_password.html", form=PasswordForm(formdata=None), person=agent)
    return render_template("auth/enter.html", form=EmptyForm(formdata=None), person=agent)


@blueprint.post("/sign-in/<secret>")
def enter_by_link(secret: str) -> Response | tuple[str, int]:
    """Use a one-time link: choose a password where that is its purpose, and be signed in."""
    now = clock.now()
    link, person = links.look(secret, now)
    chooses = link.purpose == "password"
    template = "auth/choose_password.html" if chooses else "auth/enter.html"
    form = PasswordForm() if chooses else EmptyForm()
    if form.validate():
        with form.refusals():
            agent = links.use(secret, now)
            if chooses:
                passwords.choose(agent, form.password.data, agent.actor, now)
            _, session_secret = signing_in.enter(agent, limits.source(), browser(), now)
            _leave_present_session(now)
            db.session.commit()
            return with_cookie(redirect(url_for("desk.home")), session_secret)
    return render_template(template, form=form, person=person), 422


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End this session."""
    sessions.end(session_row(), clock.now())
    db.session.commit()
    session.clear()
    flash(_("You are signed out."))
    response = redirect(url_for("auth.sign_in"))
    response.delete_cookie(cookie_name(), secure=_config().https, httponly=True, samesite="Lax")
    return response


def destination(wanted: str | None) -> str:
    """Where to go after signing in: a page of ours that can be looked at, else the desk (SECURITY R24)."""
    home = url_for("desk.home")
    if not wanted or not wanted.startswith("/") or not wanted.isprintable() or "\\" in wanted:
        return home
    try:
        parts = urlsplit(wanted)
        if parts.scheme or parts.netloc or wanted.startswith("//"):
            return home
        adapter = current_app.create_url_adapter(request)
        assert adapter is not None  # noqa: S101  # there always is one inside a request
        endpoint, _arguments = adapter.match(unquote(parts.path), method="GET")
    except (RequestRedirect, HTTPException, ValueError):
        return home
    if endpoint in limits.ANONYMOUS:
        return home
    return urlunsplit(("", "", parts.path, parts.query, ""))


def cookie_name() -> str:
    """The session cookie; a browser takes the `__Host-` name only over TLS and for this host alone."""
    return "__Host-agent" if _config().https else "agent"


def _config() -> Config:
    config: Config = current_app.extensions["ticketdesk.config"]
    return config


def with_cookie(response: Response, secret: str) -> Response:
    """The answer that signs the browser in."""
    session.clear()  # the proof of origin begins anew as well
    lasts = int(sessions.LONGEST.total_seconds())
    response.set_cookie(cookie_name(), secret, max_age=lasts, secure=_config().https, httponly=True, samesite="Lax")
    return response


def _leave_present_session(now: datetime) -> None:
    """Whoever signs in anew leaves the session they came with."""
    if current_user.is_authenticated:
        sessions.end(session_row(), now)


def browser() -> str:
    """What the browser says it is."""
    return request.headers.get("User-Agent", "")


def _load(asking: Request) -> Agent | None:
    """The agent of the request's cookie, with the rights of this very moment."""
    now = clock.now()
    found = sessions.find(asking.cookies.get(cookie_name(), ""), now)
    if found is None:
        return None
    row, agent = found
    if asking.method not in SAFE and sessions.is_stale(row, now):  # looking at pages changes nothing
        sessions.seen(row, now)
        db.session.commit()
    g.agent, g.agent_session = agent, row
    return agent


def _close() -> Response | None:
    """Let nobody through a door that is not open to all, unless they are signed in."""
    if request.endpoint is None or request.endpoint in limits.ANONYMOUS or current_user.is_authenticated:
        return None
    if request.method in ("GET", "HEAD") and "HX-Request" not in request.headers and not errors.wants_json():
        wanted = request.full_path.rstrip("?")
        return redirect(url_for("auth.sign_in", next=None if wanted == url_for("desk.home") else wanted))
    raise Unauthorized
