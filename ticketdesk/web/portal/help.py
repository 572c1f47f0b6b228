"""The help centre: what can be read before one asks, and the ways to ask."""

from flask import make_response, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import AnyOf, InputRequired

from ticketdesk.accounts import throttling
from ticketdesk.brands.brand import Brand, default_brand
from ticketdesk.channels import mailbox as mailboxes
from ticketdesk.channels.form.form import Form as AskedForm
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import markdown, tokens
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.knowledge import reading
from ticketdesk.sla import expectation
from ticketdesk.tickets.queue import Queue
from ticketdesk.web import limits
from ticketdesk.web.forms import Form
from ticketdesk.web.portal import cookies, door, progress
from ticketdesk.web.portal.door import blueprint

SUGGESTED = 5
VOTES = 30
"""From one source in an hour."""
BROWSER = "help"
"""The cookie by which a browser that voted is known again; it says nothing of who sits before it."""


class VoteForm(Form):
    """Was it helpful?"""

    helpful = StringField(validators=[InputRequired(), AnyOf(["yes", "no"])])


@blueprint.get("/")
def home() -> str:
    """What can be read, and how to ask."""
    found = default_brand()
    if found is None:
        return render_template("portal/unfounded.html", at_desk=current_user.is_authenticated)
    door.speak_for(found)
    return render_template(
        "portal/home.html",
        topics=reading.topics(found.id),
        at_desk=current_user.is_authenticated,
        **_ways(found),
    )


@blueprint.get("/help")
def search() -> str:
    """What a few words find: a page, or the list below the search field."""
    brand, question = door.brand(), request.args.get("q", "").strip()[: reading.LONGEST_QUESTION]
    if "suggest" in request.args:
        found = reading.search(brand.id, question, limit=SUGGESTED, patience_ms=200)
        return render_template("portal/_suggestions.html", found=found, question=question)
    found = reading.search(brand.id, question)
    return render_template("portal/search.html", found=found, question=question, **_ways(brand))


@blueprint.get("/help/<slug>")
def article(slug: str) -> str:
    """One article."""
    brand = door.brand()
    found = reading.article(brand.id, slug)
    if found is None:
        raise NotFound
    return render_template(
        "portal/article.html",
        article=found,
        body=markdown.article(found.body),
        beside=reading.beside(found),
        voted=reading.voted(found, cookies.given(BROWSER)),
        **_ways(brand),
    )


@blueprint.post("/help/<slug>/vote")
def vote(slug: str) -> Response:
    """Whether it helped; once for each browser, which may change its mind."""
    found = reading.article(door.brand().id, slug)
    form = VoteForm()
    if found is None or not form.validate():
        raise NotFound
    browser = cookies.given(BROWSER) or tokens.fresh()
    if throttling.count(f"help:vote:{limits.source()}", cookies.HOUR, door.now()) <= VOTES:
        reading.vote(found, browser, form.helpful.data == "yes", door.now())
    db.session.commit()
    response = make_response(redirect(url_for("portal.article", slug=slug, _anchor="vote"), 303))
    return cookies.give(response, BROWSER, browser)


def _ways(brand: Brand) -> dict[str, object]:
    """How to ask: the brand's forms, else its address; and when somebody who writes now has an answer."""
    forms = db.session.scalars(
        select(AskedForm).where(AskedForm.brand_id == brand.id, AskedForm.disabled_at.is_(None)).order_by(AskedForm.id)
    ).all()
    mailbox = db.session.scalar(
        select(Mailbox)
        .where(Mailbox.brand_id == brand.id, Mailbox.disabled_at.is_(None))
        .order_by(Mailbox.is_default.desc(), Mailbox.id)
        .limit(1)
    )
    mailbox = mailbox or mailboxes.default_mailbox()
    queue_id = forms[0].queue_id if forms else mailbox.queue_id if mailbox is not None else None
    queue = db.session.get(Queue, queue_id) if queue_id is not None else None
    channel = "form" if forms else "email"
    expected = expectation.for_new(queue, channel, door.now()) if queue is not None else None
    return {
        "forms": forms,
        "address": mailbox.address if mailbox is not None else None,
        "expected": progress.if_written_now(expected, door.now()),
    }
