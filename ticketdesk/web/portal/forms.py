"""Forms for customers: on a page of ours, or in a frame on a page of theirs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from flask import make_response, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from ticketdesk.brands.brand import Brand
from ticketdesk.channels.form import embedding, proof, receiving, uploads
from ticketdesk.channels.form import form as forms
from ticketdesk.channels.form.form import Form, FormUpload
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import links, markdown
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.sla import expectation, promising
from ticketdesk.tickets import tracking
from ticketdesk.tickets.message import Message, Placement
from ticketdesk.tickets.placing import LARGEST_IN_ALL, NewFile
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.tracking import TicketLink
from ticketdesk.web import headers
from ticketdesk.web.desk import uploads as chosen
from ticketdesk.web.portal import asking, door, progress
from ticketdesk.web.portal.asking import Asked
from ticketdesk.web.portal.door import blueprint
from ticketdesk.web.texts import _

SENT = "form sent"
"""The purpose of links to confirmation pages."""


@blueprint.get("/forms/<slug>")
def form(slug: str) -> Response:
    """A form on a page of its own."""
    return _first(_find(slug), embedded=False)


@blueprint.get("/forms/<slug>/embed")
def embedded_form(slug: str) -> Response:
    """The same for a frame on one of the sites the form names."""
    return _first(_find(slug), embedded=True)


@blueprint.post("/forms/<slug>")
def send_form(slug: str) -> Response:
    """Take what was filled in."""
    return _take(_find(slug), embedded=False)


@blueprint.post("/forms/<slug>/embed")
def send_embedded_form(slug: str) -> Response:
    """Take what was filled in inside a frame."""
    return _take(_find(slug), embedded=True)


@blueprint.get("/forms/<slug>/sent/<token>")
def form_sent(slug: str, token: str) -> Response:
    """That it has come, under which number, and what happens next."""
    return _confirmation(_find(slug), token, embedded=False)


@blueprint.get("/forms/<slug>/embed/sent/<token>")
def embedded_form_sent(slug: str, token: str) -> Response:
    """The same inside a frame."""
    return _confirmation(_find(slug), token, embedded=True)


def _find(slug: str) -> Form:
    """The form at an address, whose brand this page speaks for; raises NotFound."""
    found = forms.find(slug)
    if found is None:
        raise NotFound
    door.speak_for(db.session.get_one(Brand, found.brand_id))
    return found


def _first(built: Form, *, embedded: bool) -> Response:
    asked = asking.shown(built, proof.begun(built.id, door.now()))
    return _shown(built, embedded, asked, [])


def _take(built: Form, *, embedded: bool) -> Response:
    asked, now = asking.form_of(built), door.now()
    shown = proof.read(asked.proof.data, built.id)
    fits = asked.validate()
    files, before = _files(asked, built, shown)
    fits = fits and not asked.errors
    reason, shown = _distrust(shown, built)
    status = 422
    if reason is not None:
        asked.form_errors.append(reason)
    elif fits:
        message, status = _received(built, asked, before, files, shown.filling)
        if message is not None:
            return redirect(_sent_address(built, message, embedded), 303)
    before += uploads.keep(built, shown.filling, files, now) if built.takes_files else []
    asked.proof.data = proof.written(shown)
    page = _shown(built, embedded, asked, before)
    db.session.commit()  # what was kept
    page.status_code = status
    return page


def _received(
    built: Form, asked: Asked, before: Sequence[FormUpload], files: Sequence[NewFile], filling: str
) -> tuple[Message | None, int]:
    """The message that was made of it, or None and with which status to say why there is none."""
    brought = (*(asked.kept.data or ()), *(f"{file.filename}/{len(file.content)}" for file in files))
    filled = replace(asked.filled(), files=(*uploads.as_files(before), *files), brought=brought)
    try:
        with asked.refusals():
            message = receiving.receive(built, filled, filling, door.now())
            promising.make(_ticket_of(message), "form", door.now())
            db.session.commit()
            return message, 303
    except receiving.TooMany as refusal:
        db.session.rollback()
        asked.form_errors.append(str(refusal))
        return None, 429
    return None, 422


def _files(asked: Asked, built: Form, shown: proof.Proof | None) -> tuple[list[NewFile], list[FormUpload]]:
    """The files that came now and those that came before; none of the new ones when they are too many."""
    if not built.takes_files:
        return [], []
    before = uploads.kept(built, shown.filling, asked.kept.data or []) if shown is not None else []
    try:
        files = chosen.files(asked["files"].data)
        uploads.check(before, files)
    except Invalid as refusal:
        asked["files"].errors = [str(refusal)]
        return [], before
    return files, before


def _distrust(shown: proof.Proof | None, built: Form) -> tuple[str | None, proof.Proof]:
    """Why the form must be sent once more though everything may fit, and the proof for that."""
    now = door.now()
    if shown is None:
        reason = _("This page could not be recognised. Please look it over and send it once more.")
        return reason, proof.renewed(proof.begun(built.id, now), now)
    if shown.too_old(now):
        reason = _("This page was open for more than a day. Please look it over and send it once more.")
        return reason, proof.renewed(shown, now)
    if shown.too_quick(now):
        return _("That was quicker than anybody types. Please look it over and send it once more."), shown
    return None, shown


def _sent_address(built: Form, message: Message, embedded: bool) -> str:
    endpoint = "portal.embedded_form_sent" if embedded else "portal.form_sent"
    return url_for(endpoint, slug=built.slug, token=links.signed(SENT, message.id))


def _confirmation(built: Form, token: str, *, embedded: bool) -> Response:
    message_id, now = links.read(SENT, token), door.now()
    message = db.session.get(Message, message_id) if message_id is not None else None
    if message is None or message.facts.get("form_id") != built.id or now - message.written_at >= proof.LASTS:
        raise NotFound
    ticket = _ticket_of(message)
    link_id = db.session.scalar(
        select(TicketLink.id).where(
            TicketLink.ticket_id == ticket.id,
            TicketLink.identity_id == message.identity_id,
            TicketLink.revoked_at.is_(None),
        )
    )
    return _page(
        "form_sent",
        built,
        embedded,
        number=ticket.number,
        address=db.session.get_one(Identity, cast(int, message.identity_id)).value,
        follow=tracking.address(links.signed(tracking.SHOWN, link_id)) if link_id is not None else None,
        confirmation=markdown.article(built.confirmation),
        promise=progress.promise(expectation.of_ticket(ticket.id, now), now),
        is_mailed=message.unanswerable is None or ticket.spam_at is not None,
    )


def _ticket_of(message: Message) -> Ticket:
    """The ticket that a form opened."""
    return db.session.scalars(
        select(Ticket)
        .join(Placement, Placement.ticket_id == Ticket.id)
        .where(Placement.message_id == message.id)
        .order_by(Placement.id)
        .limit(1)
    ).one()


def _shown(built: Form, embedded: bool, asked: Asked, kept: Sequence[FormUpload]) -> Response:
    words = markdown.article(built.introduction)
    # In a frame an article would open inside of it, where it may not be shown.
    suggest = None if embedded else url_for("portal.search")
    queue = db.session.get_one(Queue, built.queue_id)
    expected = expectation.for_new(queue, receiving.CHANNEL, door.now())
    return _page(
        "form",
        built,
        embedded,
        asked=asked,
        kept=kept,
        introduction=words,
        suggest=suggest,
        largest=LARGEST_IN_ALL,
        expected=progress.if_written_now(expected, door.now()),
    )


def _page(name: str, built: Form, embedded: bool, **words: object) -> Response:
    """A page of a form, in its own frame or in that of another site."""
    layout = "portal/_form_frame.html" if embedded else "layouts/public.html"
    brand = db.session.get_one(Brand, built.brand_id)
    page = make_response(
        render_template(
            f"portal/{name}.html", layout=layout, embedded=embedded, form=built, brand=brand, here="ask", **words
        )
    )
    if embedded:
        page.headers["Content-Security-Policy"] = headers.policy(
            headers.nonce(), ancestors=embedding.ancestors(built.origins)
        )
    return page
