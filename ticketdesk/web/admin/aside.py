"""Mail that was set aside: what could not be read, and what moves no ticket."""

from flask import Response as FileResponse
from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import func, or_, select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from ticketdesk.channels.email import intake
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import storage
from ticketdesk.core.db import db
from ticketdesk.web import files
from ticketdesk.web.admin import door
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.texts import _, ngettext

STATES = ("quarantined", "inert")
PAGE = 50
LONGEST_LOOK = 100_000
"""Bytes of a mail that a page shows."""
LONGEST_FIND = 100
MOST_AT_ONCE = 500
"""Mails tried again by one press of the button; the next press takes the next."""


@blueprint.get("/mail/<any(quarantined, inert):state>")
def aside(state: str) -> str:
    """What was set aside, the newest first."""
    rows = select(RawMail, Mailbox.address).outerjoin(Mailbox, Mailbox.id == RawMail.mailbox_id)
    rows = rows.where(RawMail.state == state).order_by(RawMail.id.desc()).limit(PAGE + 1)
    before = request.args.get("before", type=int)
    if before is not None:
        rows = rows.where(RawMail.id < min(before, 2**62))
    wanted = request.args.get("find", "").replace("\x00", "").strip()[:LONGEST_FIND]
    if wanted:
        rows = rows.where(
            or_(*(column.icontains(wanted, autoescape=True) for column in (RawMail.envelope_from, RawMail.reason)))
        )
    found = db.session.execute(rows).all()
    counts = db.session.execute(
        select(RawMail.state, func.count().label("many")).where(RawMail.state.in_(STATES)).group_by(RawMail.state)
    )
    return render_template(
        "admin/aside.html",
        state=state,
        rows=found[:PAGE],
        next=found[PAGE - 1][0].id if len(found) > PAGE else None,
        is_first=before is None,
        wanted=wanted,
        counts={row.state: row.many for row in counts},
    )


@blueprint.get("/mail/<int:raw_id>/raw")
def raw_mail(raw_id: int) -> FileResponse:
    """The mail as it came, to be saved."""
    raw = _find(raw_id)
    try:
        return files.download(storage.read(raw.blob_sha256), f"mail-{raw.id}.eml")
    except FileNotFoundError:
        raise NotFound from None


@blueprint.get("/mail/<int:raw_id>")
def look_at_mail(raw_id: int) -> str:
    """The beginning of the mail as it came, as plain text: nothing of it is decoded or obeyed."""
    raw = _find(raw_id)
    try:
        content = storage.read(raw.blob_sha256)
    except FileNotFoundError:
        raise NotFound from None
    text = content[:LONGEST_LOOK].decode("utf-8", "replace").replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return render_template("admin/raw_mail.html", raw=raw, text=text, is_cut=len(content) > LONGEST_LOOK)


@blueprint.post("/mail/<int:raw_id>/retry")
def retry_mail(raw_id: int) -> Response:
    """Try again to understand one."""
    raw = _find(raw_id)
    state = raw.state
    intake.retry(raw, door.me(), door.now())
    db.session.commit()
    flash(_("Tried again now. It is back here in a moment if it still cannot be read."))
    return redirect(url_for("admin.aside", state=state))


@blueprint.post("/mail/<any(quarantined, inert):state>/retries")
def retry_all(state: str) -> Response:
    """Try again to understand all of one kind, the oldest first."""
    waiting = select(RawMail).where(RawMail.state == state).order_by(RawMail.id).limit(MOST_AT_ONCE)
    many = [intake.retry(raw, door.me(), door.now()) for raw in db.session.scalars(waiting)]
    db.session.commit()
    flash(ngettext("One mail is tried again.", "%(num)s mails are tried again.", len(many)))
    return redirect(url_for("admin.aside", state=state))


def _find(raw_id: int) -> RawMail:
    """One of the mails that were set aside; others are the business of their tickets."""
    raw = door.find(RawMail, raw_id)
    if raw.state not in STATES:
        raise NotFound
    return raw
