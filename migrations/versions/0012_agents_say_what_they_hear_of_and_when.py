"""Agents say what they hear of and when, and notices wait for a mail that tells of several."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "notice_settings",
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("choices", postgresql.JSONB(), nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("morning", sa.BigInteger(), nullable=False),
        sa.Column("quiet", postgresql.JSONB(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rhythm IN ('at_once', 'hourly', 'morning')", name=op.f("ck_notice_settings_rhythm")),
        sa.CheckConstraint("morning BETWEEN 0 AND 1439", name=op.f("ck_notice_settings_morning")),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_notice_settings_agent_id_agents"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_notice_settings")),
    )
    op.add_column("notifications", sa.Column("in_app", sa.Boolean(), nullable=False, server_default=sa.text("true")))
    # Until now nothing told what was read: what was seen on its ticket is.
    op.execute(
        "UPDATE notifications n SET read_at = n.created_at FROM events e, readings r WHERE n.read_at IS NULL "
        "AND e.id = n.event_id AND r.ticket_id = n.ticket_id AND r.agent_id = n.agent_id AND r.seq >= e.seq"
    )
    op.drop_index("ix_notifications_unread", table_name="notifications")
    op.create_index(
        "ix_notifications_unread",
        "notifications",
        ["agent_id", "id"],
        postgresql_where=sa.text("read_at IS NULL AND in_app"),
    )
    op.add_column("notifications", sa.Column("mail_due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("notifications", sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("notifications", sa.Column("mail_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_notifications_mail_id_outbox"), "notifications", "outbox", ["mail_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index(
        "ix_notifications_mail_due_at",
        "notifications",
        ["mail_due_at"],
        postgresql_where=sa.text("mail_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_notifications_mailed_at",
        "notifications",
        ["agent_id", "mailed_at"],
        postgresql_where=sa.text("mailed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_notifications_mail_id", "notifications", ["mail_id"], postgresql_where=sa.text("mail_id IS NOT NULL")
    )


def downgrade() -> None:
    """Take back: what waits for a mail that tells of several is told in the desk only."""
    for name in ("mail_id", "mailed_at", "mail_due_at"):
        op.drop_index(f"ix_notifications_{name}", table_name="notifications")
    op.drop_constraint(op.f("fk_notifications_mail_id_outbox"), "notifications", type_="foreignkey")
    for name in ("mail_id", "mailed_at", "mail_due_at"):
        op.drop_column("notifications", name)
    op.drop_index("ix_notifications_unread", table_name="notifications")
    op.create_index(
        "ix_notifications_unread", "notifications", ["agent_id", "id"], postgresql_where=sa.text("read_at IS NULL")
    )
    op.drop_column("notifications", "in_app")
    op.drop_table("notice_settings")
    op.execute(
        "UPDATE outbox SET state = 'cancelled', finished_at = now() WHERE task = 'mail.notices' AND finished_at IS NULL"
    )
