"""Promises, escalation steps, skills, and what would have been."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("agents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("calendar_id", sa.BigInteger(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_agents_calendar_id_calendars"), "calendars", ["calendar_id"], ["id"])

    with op.batch_alter_table("sla_policy_versions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "chat_targets", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
            )
        )
        batch_op.alter_column("calendar_id", server_default=None)
        batch_op.add_column(
            sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False)
        )
        batch_op.alter_column("steps", server_default=None)
        batch_op.add_column(sa.Column("tells_ahead", sa.Boolean(), server_default=sa.text("false"), nullable=False))
        batch_op.alter_column("tells_ahead", server_default=None)

    with op.batch_alter_table("teams", schema=None) as batch_op:
        batch_op.add_column(sa.Column("calendar_id", sa.BigInteger(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_teams_calendar_id_calendars"), "calendars", ["calendar_id"], ["id"])

    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("turned_to", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_column("turned_to")

    with op.batch_alter_table("teams", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_teams_calendar_id_calendars"), type_="foreignkey")
        batch_op.drop_column("calendar_id")

    with op.batch_alter_table("sla_policy_versions", schema=None) as batch_op:
        batch_op.drop_column("tells_ahead")
        batch_op.drop_column("steps")
        batch_op.drop_column("chat_targets")

    with op.batch_alter_table("agents", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_agents_calendar_id_calendars"), type_="foreignkey")
        batch_op.drop_column("calendar_id")
