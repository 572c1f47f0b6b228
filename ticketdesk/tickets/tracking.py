"""The customer's way to one ticket: a signed link for each person who takes part, which can be revoked."""

from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import ForeignKey, Index, and_, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core import links
from ticketdesk.core.config import Config
from ticketdesk.core.db import Id, Model, db
from ticketdesk.tickets import chain, sight
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

PURPOSE = "ticket"
SHOWN = "ticket, shown"
"""The purpose of links that were shown to whoever typed an address, instead of being mailed to it."""


class TicketLink(Model):
    """One identity's link to one ticket; a revoked one stays, so that it can never be valid again."""

    __tablename__ = "ticket_links"
    __table_args__ = (
        Index(
            "uq_ticket_links_current",
            "ticket_id",
            "identity_id",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
        Index("ix_ticket_links_identity_id", "identity_id"),
    )

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    identity_id: Mapped[int] = mapped_column(ForeignKey("identities.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Followed:
    """Where a link led: the ticket as it stands now, and as whom one looks at it."""

    ticket: Ticket
    participant: Participant
    link: TicketLink
    is_shown: bool  # by a link that proves nothing of who they are


def link_for(ticket_id: int, identity_id: int, at: datetime) -> str:
    """The token of an identity's link to a ticket, made when there is none; safe under concurrency."""
    return links.signed(PURPOSE, _row_for(ticket_id, identity_id, at))


def shown_for(ticket_id: int, identity_id: int, at: datetime) -> str:
    """The same for a page that anybody sees who typed the address: it opens the ticket while it stands alone.

    What was merged with it is the address's owner's, and whoever typed that address may be somebody else (SECURITY
    R12, R16). The link in our mails opens all of it, and ending one ends both.
    """
    return links.signed(SHOWN, _row_for(ticket_id, identity_id, at))


def _row_for(ticket_id: int, identity_id: int, at: datetime) -> int:
    row_id = db.session.scalar(
        insert(TicketLink)
        .values(ticket_id=ticket_id, identity_id=identity_id, created_at=at)
        .on_conflict_do_nothing(
            index_elements=[TicketLink.ticket_id, TicketLink.identity_id], index_where=text("revoked_at IS NULL")
        )
        .returning(TicketLink.id)
    )
    if row_id is None:
        row_id = db.session.scalars(
            select(TicketLink.id).where(
                TicketLink.ticket_id == ticket_id,
                TicketLink.identity_id == identity_id,
                TicketLink.revoked_at.is_(None),
            )
        ).one()
    return row_id


def followed(token: str) -> Followed | None:
    """The ticket a token opens, or what it was merged into, if the link stands and its owner takes part there.

    A link that was mailed while another ticket stood in this one leads back to that when they were separated. None for
    a shown link as well whose ticket was merged with another.
    """
    link, is_shown = _link(token)
    if link is None or (is_shown and _is_merged(link.ticket_id)):
        return None
    for ticket_id in (link.ticket_id, *(() if is_shown else _once_merged_into(link.ticket_id))):
        ticket = survivor(ticket_id)
        participant = sight.participant_of(ticket, link.identity_id) if ticket is not None else None
        if ticket is not None and participant is not None:
            return Followed(ticket, participant, link, is_shown)
    return None


def is_outgrown(token: str) -> bool:
    """Whether a shown link opens nothing only because its ticket was merged with another."""
    link, is_shown = _link(token)
    return link is not None and is_shown and _is_merged(link.ticket_id)


def _link(token: str) -> tuple[TicketLink | None, bool]:
    """The link behind a token while it stands, and whether it was only shown."""
    row_id, is_shown = links.read(PURPOSE, token), False
    if row_id is None:
        row_id, is_shown = links.read(SHOWN, token), True
    link = db.session.get(TicketLink, row_id) if row_id is not None else None
    return (link, is_shown) if link is not None and link.revoked_at is None else (None, is_shown)


def _once_merged_into(ticket_id: int) -> list[int]:
    """What was ever merged into a ticket, the latest first."""
    merges = select(Event.data).where(Event.ticket_id == ticket_id, Event.kind == "merged_from")
    return [data["source_id"] for data in db.session.scalars(merges.order_by(Event.seq.desc()))]


def _is_merged(ticket_id: int) -> bool:
    """Whether a ticket stands in another, or another in it."""
    merged = select(Ticket.id).where(
        or_(and_(Ticket.id == ticket_id, Ticket.merged_into_id.is_not(None)), Ticket.merged_into_id == ticket_id)
    )
    return db.session.scalar(merged.limit(1)) is not None


def revoke(ticket_id: int, identity_id: int, at: datetime) -> bool:
    """End an identity's link to a ticket; the next mail brings a new one. False when there was none."""
    ended = db.session.scalars(
        update(TicketLink)
        .where(
            TicketLink.ticket_id == ticket_id,
            TicketLink.identity_id == identity_id,
            TicketLink.revoked_at.is_(None),
        )
        .values(revoked_at=at)
        .returning(TicketLink.id)
    ).all()
    return bool(ended)


def address(token: str) -> str:
    """The whole address for mails and pages; built from the configuration, never from a request (SECURITY R23)."""
    config: Config = current_app.extensions["ticketdesk.config"]
    return f"{config.public_url}/t/{token}"


def survivor(ticket_id: int) -> Ticket | None:
    """What a ticket was merged into, or itself; None for what customers no longer see."""
    found = chain.end(ticket_id)
    return None if found is None or found.trashed_at is not None or found.spam_at is not None else found
