"""A visitor for whom their site signs: one talk in all their browsers, and nobody else's."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from ticketdesk.accounts import throttling
from ticketdesk.channels.chat import introduction, reaching, recognising, visiting, widget_secrets
from ticketdesk.channels.chat.signed_identity import Claims
from ticketdesk.channels.chat.visiting import VISITS, TooFast
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.contacts import joining, resolving
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import tokens
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import locking, participant, timeline
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.participant import Participant

KIND = "external"
EVIDENCE = "signed"
SAME_TALK = timedelta(days=1)
"""Words of this browser that are no older become the signed visitor's; what is older may be somebody else's."""
MOST_BROWSERS = 20
"""So many are known at a time for one person; beyond that, the one unseen for longest must be recognised anew."""


def value_of(widget: Widget, user_id: str) -> str:
    """The identity's value: a site's ids are its own, and a secret vouches for its own widget alone."""
    return f"w{widget.id}:{user_id}"


def widget_of(value: str) -> int:
    """Which widget's site vouches for an identity."""
    return int(value.partition(":")[0].removeprefix("w"))


def identify(
    widget: Widget,
    claims: Claims,
    secret_id: int,
    present: Visitor | None,
    at: datetime,
    *,
    name: str = "",
    email: str = "",
    page: str = "",
    referrer: str = "",
) -> tuple[Visitor, str | None]:
    """The visitor that the claims name in this browser, and a new secret, or None where the present one goes on.

    `present` is who the browser was until now. The same signed person stays; whoever was nobody yet brings along what
    they wrote just now; anybody else is left behind (SECURITY R16). The secret changes with the rights (R26). What is
    signed outranks `name` and `email`, which are only said. Raises TooFast.
    """
    value = value_of(widget, claims.user_id)
    widget_secrets.seen(secret_id, at)
    if present is not None and present.external_id == value:
        visitor = visiting.locked(present)
        visiting.moved(visitor, page, at)
        _believe(visitor, widget, claims, secret_id, name, email, at)
        return visitor, None
    most, window = VISITS
    if throttling.count(f"chat visits:{widget.id}", window, at) > most:
        raise TooFast("There are too many visitors at this moment. Please try again in a minute.")
    if present is not None:
        present = visiting.locked(present)
    secret = tokens.fresh()
    visitor = Visitor(
        widget_id=widget.id,
        token_sha256=tokens.digest(secret),
        external_id=value,
        attributes={},
        page=page[: visiting.LONGEST_PAGE] or None,
        referrer=referrer[: visiting.LONGEST_PAGE] or None,
        last_seen_at=at,
        created_at=at,
    )
    db.session.add(visitor)
    db.session.flush()
    visitor = visiting.locked(visitor)
    _go_on(visitor)
    if present is not None and present.external_id is None and present.ended_at is None:
        _bring_along(visitor, present, claims, at)
    _believe(visitor, widget, claims, secret_id, name, email, at)
    _end_oldest(visitor, at)
    return visitor, secret


def forget(visitor: Visitor, at: datetime) -> None:
    """Somebody signed out of their site: this browser is theirs no more. The talk is there when they come back."""
    visitor = visiting.locked(visitor)
    if visitor.external_id is not None and visitor.ended_at is None:
        visitor.left_at = visitor.left_at or at
        visitor.ended_at = at


def _go_on(visitor: Visitor) -> None:
    """A new browser of somebody known begins where their others are."""
    other = db.session.scalar(
        select(Visitor)
        .where(visiting.browsers(visitor), Visitor.id != visitor.id)
        .order_by(Visitor.ended_at.is_not(None), Visitor.last_seen_at.desc(), Visitor.id.desc())
        .limit(1)
    )
    visitor.identity_id = db.session.scalar(
        select(Identity.id).where(Identity.kind == KIND, Identity.value == visitor.external_id)
    )
    if other is None:
        return
    visitor.read_id = db.session.scalar(select(func.max(Visitor.read_id)).where(visiting.browsers(visitor))) or 0
    visitor.ticket_id, visitor.name = other.ticket_id, other.name
    visitor.email, visitor.email_identity_id = other.email, other.email_identity_id
    visitor.signed_email, visitor.attributes = other.signed_email, other.attributes


def _bring_along(visitor: Visitor, present: Visitor, claims: Claims, at: datetime) -> None:
    """What was said in this browser a moment before the site said who it is stays in the same talk.

    Both secrets are shown in one request, which is more than the same browser (SEMANTICS 2). An address that was
    typed before proves nothing of whoever is here now, so it loses its part unless it is the one that is signed.
    """
    visitor.attributes = {**visitor.attributes, **present.attributes}
    visitor.topic = present.topic
    if present.identity_id is None or not _wrote_just_now(present.identity_id, at):
        return
    before = db.session.get_one(Identity, present.identity_id)
    mine = resolving.resolve(KIND, visitor.external_id or "", claims.name, at, verification="signed")
    if joining.join(before, mine, EVIDENCE, at) is None:
        return
    if claims.name:
        resolving.rename(before, claims.name)
    takings = db.session.scalars(
        select(Participant).where(Participant.identity_id == before.id, Participant.state == "active")
    ).all()
    sees_since = {taking.ticket_id: taking.sees_since for taking in takings}
    for ticket in locking.lock(sees_since):
        participant.add(ticket.id, mine.id, "cc", "active", at, sees_since=sees_since[ticket.id])
        if present.email_identity_id is not None and present.email != claims.email:
            reaching.dismiss(ticket, present.email_identity_id, at)
        timeline.record(ticket, "visitor_recognised", Actor("contact", mine.id), at, {"identity_id": mine.id})
    visitor.identity_id = mine.id
    visitor.ticket_id = present.ticket_id or visitor.ticket_id
    visitor.read_id = max(visitor.read_id, present.read_id)
    present.ended_at = at


def _wrote_just_now(identity_id: int, at: datetime) -> bool:
    wrote = select(Message.id).where(Message.identity_id == identity_id, Message.written_at > at - SAME_TALK)
    return db.session.scalar(wrote.limit(1)) is not None


def _believe(
    visitor: Visitor, widget: Widget, claims: Claims, secret_id: int, name: str, email: str, at: datetime
) -> None:
    """What the claims say counts from now on; what was only said fills the gaps."""
    visitor.signed_by = secret_id
    said = introduction.name(claims.name or visitor.name or name)
    if said != visitor.name:
        visitor.name = said
        reaching.rename(visitor)
    address = _address(claims.email)
    signed = address if claims.email_verified or widget.trusts_email else None
    wanted = address if address is not None and signed is not None and signed != visitor.signed_email else None
    wanted = wanted or (None if visitor.email else address or _address(email))
    visitor.signed_email = signed
    if wanted is not None and wanted != visitor.email:
        reaching.answer_to(visitor, name="", email=wanted, at=at)
    visiting.share(visitor)
    recognising.by_signature(visitor, at)


def _address(typed: str) -> str | None:
    """An address as it is compared; none where it is no address, or one of ours."""
    try:
        return introduction.address(typed) if typed else None
    except Invalid:
        return None


def _end_oldest(visitor: Visitor, at: datetime) -> None:
    many = (
        select(Visitor.id)
        .where(visiting.browsers(visitor), Visitor.ended_at.is_(None), Visitor.id != visitor.id)
        .order_by(Visitor.last_seen_at.desc(), Visitor.id.desc())
        .offset(MOST_BROWSERS - 1)
    )
    db.session.execute(
        update(Visitor).where(Visitor.id.in_(many)).values(ended_at=at),
        execution_options={"synchronize_session": False},
    )
