"""A draft remembers the ticket in whose place it was begun."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; what went along with a merge that still holds is known by its event."""
    op.add_column("drafts", sa.Column("from_ticket_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_drafts_from_ticket_id_tickets"), "drafts", "tickets", ["from_ticket_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index(
        "ix_drafts_from_ticket_id", "drafts", ["from_ticket_id"], postgresql_where=sa.text("from_ticket_id IS NOT NULL")
    )
    op.execute(
        "UPDATE drafts SET from_ticket_id = tickets.id FROM events, tickets "
        "WHERE events.ticket_id = drafts.ticket_id AND events.kind = 'merged_from' "
        "AND events.data->'drafts' @> to_jsonb(drafts.id) "
        "AND tickets.id = (events.data->>'source_id')::bigint AND tickets.merged_into_id = drafts.ticket_id"
    )


def downgrade() -> None:
    """Take back: the version before gives back what nobody has touched since the merge."""
    op.drop_column("drafts", "from_ticket_id")
