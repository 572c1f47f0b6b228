"""Tags of tickets, and who may see a ticket, are found by indexes: views and searches read only what they show."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

STANDS = "trashed_at IS NULL AND merged_into_id IS NULL AND spam_at IS NULL"


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_tickets_tag_ids", "tickets", ["tag_ids"], postgresql_using="gin")
    op.create_index(
        "ix_tickets_sight",
        "tickets",
        ["id"],
        postgresql_include=["queue_id", "assignee_id"],
        postgresql_where=sa.text(STANDS),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_tickets_sight", table_name="tickets")
    op.drop_index("ix_tickets_tag_ids", table_name="tickets")
