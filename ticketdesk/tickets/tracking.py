"""The customer's way to one ticket: a signed link for each person who takes part, which can be revoked."""

from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import ForeignKey, Index, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core import links
from ticketdesk.core.config import Config
from ticketdesk.core.db import Id, Model, db
from ticketdesk.tickets import chain, sight
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket

PURPOSE = "ticket"


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


def link_for(ticket_id: int, identity_id: int, at: datetime) -> str:
    """The token of an identity's link to a ticket, made when there is none; safe under concurrency."""
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
    return links.signed(PURPOSE, row_id)


def followed(token: str) -> Followed | None:
    """The ticket a token opens, or what it was merged into, if the link stands and its owner takes part there."""
    row_id = links.read(PURPOSE, token)
    link = db.session.get(TicketLink, row_id) if row_id is not None else None
    if link is None or link.revoked_at is not None:
        return None
    ticket = survivor(link.ticket_id)
    participant = sight.participant_of(ticket, link.identity_id) if ticket is not None else None
    return Followed(ticket, participant, link) if ticket is not None and participant is not None else None


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
