"""A message: what somebody wrote, on any channel, or a note between agents."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ticketdesk.core.db import Id, Json, Model

SNIPPET = 140


class Message(Model):
    """One message; it reaches tickets only through placements."""

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("kind IN ('public', 'note')", name="kind"),
        CheckConstraint("direction IN ('in', 'out')", name="direction"),
        CheckConstraint("kind = 'public' OR identity_id IS NULL", name="notes_are_ours"),
        Index("ix_messages_rfc_id", "rfc_id", postgresql_where=text("rfc_id IS NOT NULL")),
        Index("ix_messages_fingerprint", "fingerprint", postgresql_where=text("fingerprint IS NOT NULL")),
        Index("ix_messages_cleaner_version", "cleaner_version", postgresql_where=text("cleaner_version IS NOT NULL")),
        Index(
            "uq_messages_client_key",
            "client_key",
            unique=True,
            postgresql_where=text("client_key IS NOT NULL"),
        ),
        Index(
            "uq_messages_raw_mail",
            "raw_mail_id",
            unique=True,
            postgresql_where=text("raw_mail_id IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    kind: Mapped[str]  # "public", or "note": never leaves the desk
    direction: Mapped[str]  # "in": from a contact; "out": from us
    channel: Mapped[str]
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identities.id"))  # the author, when a contact
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))  # the author, when an agent
    automatic: Mapped[bool] = mapped_column(default=False)  # written by a machine: ours, or an auto-reply of theirs
    subject: Mapped[str | None]
    text: Mapped[str]  # the newest words
    quoted_text: Mapped[str] = mapped_column(default="")  # what was quoted below them, never thrown away
    signature: Mapped[str] = mapped_column(default="")  # theirs, as it came; ours as Markdown, written below the mail
    html: Mapped[str | None]  # as received, cleaned
    html_new: Mapped[str | None]  # the newest words of it; None: it is shown whole
    cleaner_version: Mapped[int | None]  # of the HTML cleaner that made it
    snippet: Mapped[str] = mapped_column(default="")  # the start of the newest words, on one line
    rfc_id: Mapped[str | None]  # Message-ID without angle brackets; not unique, senders repeat them
    in_reply_to: Mapped[str | None]
    fingerprint: Mapped[str | None]  # SHA-256 over what makes a mail the same mail
    same_id_as: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))  # another mail with this Message-ID
    thread_topic: Mapped[str | None]  # Outlook's, echoed in answers
    thread_index: Mapped[str | None]
    threaded_by: Mapped[str | None]  # how it found its ticket (CONTRACTS)
    inert: Mapped[str | None]  # why it moves nothing: a bounce, an auto-reply
    unanswerable: Mapped[str | None]  # why no automatic answer may go back
    sender_proven: Mapped[bool] = mapped_column(default=False)  # by a mail-authentication result of a named relay
    raw_mail_id: Mapped[int | None] = mapped_column(ForeignKey("raw_mails.id"))
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))  # the message a reply answers
    client_key: Mapped[str | None]  # the sender's own id for it: a repeated request makes no second message
    written_at: Mapped[datetime]  # when we received it, or when the agent sent it
    dated_at: Mapped[datetime | None]  # what the mail's own Date header says; shown, never trusted
    facts: Mapped[Json] = mapped_column(default=dict)  # small channel details for display
    redacted_at: Mapped[datetime | None]  # the words are gone, the tombstone stays
    leaves_at: Mapped[datetime | None]  # it can be taken back until then, and no customer sees it; None: it has left
    withdrawn_at: Mapped[datetime | None]  # its author took it back; the words are a draft again

    recipients: Mapped[list["Recipient"]] = relationship(order_by="Recipient.id", passive_deletes=True)


class Recipient(Model):
    """One address a message went to or came with."""

    __tablename__ = "recipients"
    __table_args__ = (UniqueConstraint("message_id", "role", "address"),)

    id: Mapped[Id]
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    role: Mapped[str]  # "to" or "cc"
    address: Mapped[str]
    name: Mapped[str] = mapped_column(default="")


class Placement(Model):
    """A message stands in a ticket; moving it appends another placement and ends this one."""

    __tablename__ = "placements"
    __table_args__ = (
        Index("ix_placements_ticket_seq", "ticket_id", "seq"),  # with those that ended: some ask for what ever stood
        Index("ix_placements_message_id", "message_id"),
        Index(
            "ix_placements_ticket_written",
            "ticket_id",
            "written_at",
            "message_id",
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("uq_placements_current", "message_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Id]
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    seq: Mapped[int]  # of the event in this ticket that brought it
    written_at: Mapped[datetime]  # the message's, so that a page of a conversation is one index walk
    held: Mapped[bool] = mapped_column(default=False)  # from somebody who takes no part; moves no clock until accepted
    placed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
