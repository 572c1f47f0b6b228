"""Agents choose how the desk is; macros that fit are suggested, and many tickets merged at once or answered by one."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


WISHES = (
    ("theme", "'system', 'light', 'dark'", "system"),
    ("density", "'comfortable', 'compact'", "comfortable"),
)
KINDS = "kind IN ('assignee', 'status', 'priority', 'queue', 'tags'{more})"


def upgrade() -> None:
    """Apply."""
    op.drop_constraint(op.f("ck_batches_kind"), "batches", type_="check")
    op.create_check_constraint(op.f("ck_batches_kind"), "batches", KINDS.format(more=", 'merge', 'macro'"))
    op.add_column("batches", sa.Column("part_of_id", sa.BigInteger(), nullable=True))
    op.add_column("batches", sa.Column("key", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f("fk_batches_part_of_id_batches"), "batches", "batches", ["part_of_id"], ["id"], ondelete="CASCADE"
    )
    op.create_index(
        "ix_batches_part_of_id", "batches", ["part_of_id"], postgresql_where=sa.text("part_of_id IS NOT NULL")
    )
    op.create_index(
        "uq_batches_key", "batches", ["agent_id", "key"], unique=True, postgresql_where=sa.text("key IS NOT NULL")
    )
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
    for name, words, default in WISHES:
        op.add_column("agents", sa.Column(name, sa.Text(), nullable=False, server_default=default))
        op.alter_column("agents", name, server_default=None)
        op.create_check_constraint(op.f(f"ck_agents_{name}"), "agents", f"{name} IN ({words})")
    op.add_column("agents", sa.Column("opens", sa.Text(), nullable=True))
    op.add_column("agents", sa.Column("has_keys", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.alter_column("agents", "has_keys", server_default=None)


def downgrade() -> None:
    """Take back: what was merged stays so, and can be separated one by one."""
    for name in ("theme", "density", "opens", "has_keys"):
        op.drop_column("agents", name)
    op.drop_table("macro_uses")
    op.execute("DELETE FROM batches WHERE kind IN ('merge', 'macro')")
    op.drop_index("uq_batches_key", table_name="batches")
    op.drop_index("ix_batches_part_of_id", table_name="batches")
    op.drop_constraint(op.f("fk_batches_part_of_id_batches"), "batches", type_="foreignkey")
    op.drop_column("batches", "key")
    op.drop_column("batches", "part_of_id")
    op.drop_constraint(op.f("ck_batches_kind"), "batches", type_="check")
    op.create_check_constraint(op.f("ck_batches_kind"), "batches", KINDS.format(more=""))
