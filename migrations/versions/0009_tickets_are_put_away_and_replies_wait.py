"""Tickets are put away until their time, and replies wait for theirs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NOBODYS = (
    "category IN ('new', 'open') AND spam_at IS NULL AND trashed_at IS NULL AND merged_into_id IS NULL "
    "AND assignee_id IS NULL"
)


def upgrade() -> None:
    """Apply."""
    op.add_column("tickets", sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tickets", sa.Column("woken_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tickets", sa.Column("later_count", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index(
        "ix_tickets_snoozed",
        "tickets",
        ["snoozed_until", "id"],
        postgresql_where=sa.text("snoozed_until IS NOT NULL"),
    )
    _to_hand_out(f"{NOBODYS} AND snoozed_until IS NULL")

    op.create_table(
        "later_replies",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("recipients", postgresql.JSONB(), nullable=False),
        sa.Column("client_key", sa.Text(), nullable=False),
        sa.Column("based_on_seq", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'stranded', 'sent', 'cancelled', 'handed_back')",
            name=op.f("ck_later_replies_state"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_later_replies_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_later_replies_agent_id_agents")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_later_replies_message_id_messages"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_later_replies")),
        sa.UniqueConstraint("client_key", name=op.f("uq_later_replies_client_key")),
    )
    op.create_index(
        "ix_later_replies_open",
        "later_replies",
        ["ticket_id"],
        postgresql_where=sa.text("state IN ('waiting', 'stranded')"),
    )

    op.add_column("attachments", sa.Column("later_reply_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_attachments_later_reply_id_later_replies"),
        "attachments",
        "later_replies",
        ["later_reply_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_index(
        "ix_attachments_later_reply_id",
        "attachments",
        ["later_reply_id"],
        postgresql_where=sa.text("later_reply_id IS NOT NULL"),
    )
    op.drop_constraint(op.f("ck_attachments_one_owner"), "attachments")
    op.create_check_constraint(
        op.f("ck_attachments_one_owner"), "attachments", "num_nonnulls(message_id, draft_id, later_reply_id) = 1"
    )


def downgrade() -> None:
    """Take back: replies that wait become drafts of their authors, below what these have begun there."""
    op.execute(
        """
        INSERT INTO drafts (ticket_id, agent_id, kind, text, recipients, based_on_seq, saved_at, revision)
        SELECT ticket_id, agent_id, 'reply', string_agg(text, E'\\n\\n' ORDER BY due_at, id), '{}'::jsonb,
            min(based_on_seq), max(written_at), (extract(epoch FROM max(written_at)) * 1000)::bigint
        FROM later_replies
        WHERE state IN ('waiting', 'stranded')
        GROUP BY ticket_id, agent_id
        ON CONFLICT (ticket_id, agent_id, kind) DO UPDATE
        SET text = drafts.text || E'\\n\\n' || excluded.text, revision = drafts.revision + 1
        """
    )
    op.execute(
        """
        UPDATE attachments SET draft_id = drafts.id, later_reply_id = NULL
        FROM later_replies, drafts
        WHERE later_replies.id = attachments.later_reply_id AND drafts.ticket_id = later_replies.ticket_id
            AND drafts.agent_id = later_replies.agent_id AND drafts.kind = 'reply'
        """
    )
    op.drop_constraint(op.f("ck_attachments_one_owner"), "attachments")
    op.create_check_constraint(
        op.f("ck_attachments_one_owner"), "attachments", "(message_id IS NULL) <> (draft_id IS NULL)"
    )
    op.drop_index("ix_attachments_later_reply_id", table_name="attachments")
    op.drop_column("attachments", "later_reply_id")
    op.drop_table("later_replies")
    op.execute(
        "UPDATE outbox SET state = 'cancelled', finished_at = now() WHERE task = 'reply.later' AND finished_at IS NULL"
    )
    _to_hand_out(NOBODYS)
    op.drop_index("ix_tickets_snoozed", table_name="tickets")
    op.drop_column("tickets", "later_count")
    op.drop_column("tickets", "woken_at")
    op.drop_column("tickets", "snoozed_until")


def _to_hand_out(which: str) -> None:
    op.drop_index("ix_tickets_to_hand_out", table_name="tickets")
    op.create_index(
        "ix_tickets_to_hand_out",
        "tickets",
        ["queue_id", "needs", "due_order", "id"],
        postgresql_where=sa.text(which),
    )
