"""Where messages ever stood is found by an index, also where they stand no more."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_placements_ticket_seq", table_name="placements")
    op.create_index("ix_placements_ticket_seq", "placements", ["ticket_id", "seq"])
    op.create_index("ix_placements_message_id", "placements", ["message_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_placements_message_id", table_name="placements")
    op.drop_index("ix_placements_ticket_seq", table_name="placements")
    op.create_index(
        "ix_placements_ticket_seq", "placements", ["ticket_id", "seq"], postgresql_where=sa.text("ended_at IS NULL")
    )
