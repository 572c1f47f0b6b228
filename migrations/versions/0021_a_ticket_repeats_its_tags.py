"""A ticket repeats its tags, and the order of a queue knows priorities, so that a view reads only what it shows."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ACTIVE = (
    "category IN ('new', 'open', 'pending', 'on_hold') AND spam_at IS NULL"
    " AND trashed_at IS NULL AND merged_into_id IS NULL"
)


AT_ONCE = 20_000
"""Tickets that are written in one transaction, so that work goes on beside them."""


def upgrade() -> None:
    """Apply; what was done before it was stopped is done again."""
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE tickets ADD COLUMN IF NOT EXISTS tag_ids bigint[] NOT NULL DEFAULT '{}'")
        last = op.get_bind().scalar(sa.text("SELECT coalesce(max(id), 0) FROM tickets"))
        for first in range(1, last + 1, AT_ONCE):
            op.execute(
                sa.text(
                    "UPDATE tickets SET tag_ids = tags.ids FROM ("
                    "SELECT ticket_id, array_agg(tag_id ORDER BY tag_id) AS ids FROM ticket_tags"
                    " WHERE ticket_id >= :first AND ticket_id < :beyond GROUP BY ticket_id"
                    ") tags WHERE tags.ticket_id = tickets.id"
                ).bindparams(first=first, beyond=first + AT_ONCE)
            )
    _order_queues_by("queue_id", "due_order", "id", "priority")


def downgrade() -> None:
    """Take back."""
    _order_queues_by("queue_id", "due_order", "id")
    op.drop_column("tickets", "tag_ids")


def _order_queues_by(*columns: str) -> None:
    op.drop_index("ix_tickets_queue_due", table_name="tickets")
    op.create_index("ix_tickets_queue_due", "tickets", list(columns), postgresql_where=sa.text(ACTIVE))
