"""Macros that fit are suggested, and many tickets are merged at once."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0012"
branch_labels = None
depends_on = None


KINDS = "kind IN ('assignee', 'status', 'priority', 'queue', 'tags'{more})"


def upgrade() -> None:
    """Apply."""
    op.drop_constraint(op.f("ck_batches_kind"), "batches", type_="check")
    op.create_check_constraint(op.f("ck_batches_kind"), "batches", KINDS.format(more=", 'merge'"))
    op.create_table(
        "macro_uses",
        sa.Column("macro_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["macro_id"], ["macros.id"], name=op.f("fk_macro_uses_macro_id_macros"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_macro_uses_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("macro_id", "ticket_id", name=op.f("pk_macro_uses")),
    )
    op.create_index("ix_macro_uses_at", "macro_uses", ["at"])
    op.create_index("ix_macro_uses_ticket_id", "macro_uses", ["ticket_id"])


def downgrade() -> None:
    """Take back: what was merged stays so, and can be separated one by one."""
    op.drop_table("macro_uses")
    op.execute("DELETE FROM batches WHERE kind = 'merge'")
    op.drop_constraint(op.f("ck_batches_kind"), "batches", type_="check")
    op.create_check_constraint(op.f("ck_batches_kind"), "batches", KINDS.format(more=""))
