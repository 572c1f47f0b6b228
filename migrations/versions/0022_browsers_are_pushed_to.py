"""Browsers are pushed to."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "push_subscriptions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.Text(), nullable=False),
        sa.Column("auth", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_push_subscriptions_agent_id_agents"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["agent_sessions.id"],
            name=op.f("fk_push_subscriptions_session_id_agent_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscriptions")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_push_subscriptions_endpoint")),
    )
    op.create_index(
        "ix_push_subscriptions_agent_id",
        "push_subscriptions",
        ["agent_id"],
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_index("ix_push_subscriptions_session_id", "push_subscriptions", ["session_id"])
    # What somebody chose to hear of by mail is pushed as well once they allow it in a browser.
    op.execute(
        "UPDATE notice_settings SET choices = (SELECT jsonb_object_agg(key, CASE WHEN value @> '[\"mail\"]' "
        "THEN value || '[\"push\"]' ELSE value END) FROM jsonb_each(choices)) WHERE choices <> '{}'"
    )


def downgrade() -> None:
    """Take back; what waits to be pushed goes, for the version before knows no such work."""
    op.execute("DELETE FROM outbox WHERE task = 'push.notice'")
    op.execute(
        "UPDATE notice_settings SET choices = (SELECT jsonb_object_agg(key, value - 'push') "
        "FROM jsonb_each(choices)) WHERE choices <> '{}'"
    )
    op.drop_table("push_subscriptions")
