"""Replies end as a brand wishes, and what fields said can be put back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KINDS = "kind IN ('assignee', 'status', 'priority', 'queue', 'tags', 'merge', 'macro'{more})"


def upgrade() -> None:
    """Apply."""
    for table in ("brands", "mailboxes"):
        op.add_column(table, sa.Column("signature", sa.Text(), nullable=False, server_default=""))
        op.alter_column(table, "signature", server_default=None)
    op.drop_constraint(op.f("ck_batches_kind"), "batches", type_="check")
    op.create_check_constraint(op.f("ck_batches_kind"), "batches", KINDS.format(more=", 'fields'"))
    op.create_table(
        "batch_values",
        sa.Column("batch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("field_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("was", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id", "ticket_id"],
            ["batch_tickets.batch_id", "batch_tickets.ticket_id"],
            name=op.f("fk_batch_values_batch_id_batch_tickets"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["field_id"], ["ticket_fields.id"], name=op.f("fk_batch_values_field_id_ticket_fields"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch_id", "ticket_id", "field_id", name=op.f("pk_batch_values")),
    )


def downgrade() -> None:
    """Take back: replies keep the signature they went out with; changes of fields can be undone no longer."""
    op.drop_table("batch_values")
    op.execute("DELETE FROM batches WHERE kind = 'fields'")
    op.drop_constraint(op.f("ck_batches_kind"), "batches", type_="check")
    op.create_check_constraint(op.f("ck_batches_kind"), "batches", KINDS.format(more=""))
    for table in ("brands", "mailboxes"):
        op.drop_column(table, "signature")
