"""One solution of one ticket, and whether its customer was asked how it was: the decision is kept with its reason."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class SurveyInvitation(Model):
    """One solution that may be asked about.

    States: waiting (the delay runs), sent, skipped (never asked, `reason` says why), cancelled (opened again before
    anybody was asked) and answered.
    """

    __tablename__ = "survey_invitations"
    __table_args__ = (
        UniqueConstraint("survey_id", "ticket_id", "cycle"),
        CheckConstraint("state IN ('waiting', 'sent', 'skipped', 'cancelled', 'answered')", name="state"),
        Index("ix_survey_invitations_ticket_id", "ticket_id"),
        Index("ix_survey_invitations_identity_id", "identity_id"),
        Index("ix_survey_invitations_contact_id", "contact_id"),
        Index("ix_survey_invitations_sent_at", "sent_at"),
        Index("ix_survey_invitations_message_id", "message_id"),
    )

    id: Mapped[Id]
    survey_id: Mapped[int] = mapped_column(ForeignKey("surveys.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    cycle: Mapped[int]  # the first, second … solution of the ticket
    kind: Mapped[str]
    solved_at: Mapped[datetime]
    solved_by: Mapped[str]  # the kind of actor: "agent", "contact", "automation" or "system"
    due_at: Mapped[datetime]  # when it is decided
    state: Mapped[str] = mapped_column(default="waiting")
    reason: Mapped[str | None]  # a code of `surveys.rules.REASONS`, when it was not sent
    decided_at: Mapped[datetime | None]
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identities.id"))  # who was asked
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))  # from here: as it was when it was decided
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    queue_id: Mapped[int | None] = mapped_column(ForeignKey("queues.id"))
    channel: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"))
    revoked_at: Mapped[datetime | None]  # its link opens nothing any more
