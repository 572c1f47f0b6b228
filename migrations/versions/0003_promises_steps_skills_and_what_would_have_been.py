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
    with op.batch_alter_table("sla_policy_versions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "chat_targets", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
            )
        )
        batch_op.alter_column("chat_targets", server_default=None)
        batch_op.add_column(
            sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False)
        )
        batch_op.alter_column("steps", server_default=None)
        batch_op.add_column(sa.Column("tells_ahead", sa.Boolean(), server_default=sa.text("false"), nullable=False))
        batch_op.alter_column("tells_ahead", server_default=None)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("sla_policy_versions", schema=None) as batch_op:
        batch_op.drop_column("tells_ahead")
        batch_op.drop_column("steps")
        batch_op.drop_column("chat_targets")
