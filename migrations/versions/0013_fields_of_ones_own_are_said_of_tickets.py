"""Fields of one's own are said of tickets, asked in queues and by forms."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COLUMNS = ("code", "number", "day", "words", "refers_id")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "ticket_fields",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("help", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("refers_to", sa.Text(), nullable=True),
        sa.Column("options", postgresql.JSONB(), nullable=False),
        sa.Column("is_everywhere", sa.Boolean(), nullable=False),
        sa.Column("for_customers", sa.Boolean(), nullable=False),
        sa.Column("required_in_forms", sa.Boolean(), nullable=False),
        sa.Column("required_to_solve", sa.Boolean(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('text', 'number', 'choice', 'choices', 'date', 'checkbox', 'reference')",
            name=op.f("ck_ticket_fields_kind"),
        ),
        sa.CheckConstraint(
            "refers_to IN ('ticket', 'contact', 'organization')", name=op.f("ck_ticket_fields_refers_to")
        ),
        sa.CheckConstraint("(kind = 'reference') = (refers_to IS NOT NULL)", name=op.f("ck_ticket_fields_reference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_fields")),
        sa.UniqueConstraint("key", name=op.f("uq_ticket_fields_key")),
    )
    _asked("ticket_field_queues", "queue_id", "queues")
    _asked("form_ticket_fields", "form_id", "forms")
    op.create_table(
        "ticket_values",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("field_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("number", sa.Numeric(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("refers_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("num_nonnulls(code, number, day, words, refers_id) = 1", name=op.f("ck_ticket_values_one")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_values_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["field_id"], ["ticket_fields.id"], name=op.f("fk_ticket_values_field_id_ticket_fields"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "field_id", "place", name=op.f("pk_ticket_values")),
    )
    for name in COLUMNS:
        keys = {"code": ["code", "ticket_id"], "words": [sa.text("lower(words)")]}.get(name, [name])
        op.create_index(
            f"ix_ticket_values_{name}",
            "ticket_values",
            ["field_id", *keys],
            postgresql_where=sa.text(f"{name} IS NOT NULL"),
        )


def downgrade() -> None:
    """Take back: what fields say is gone."""
    for table in ("ticket_values", "form_ticket_fields", "ticket_field_queues", "ticket_fields"):
        op.drop_table(table)


def _asked(table: str, column: str, there: str) -> None:
    """Where fields are asked."""
    op.create_table(
        table,
        sa.Column("field_id", sa.BigInteger(), nullable=False),
        sa.Column(column, sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["field_id"], ["ticket_fields.id"], name=op.f(f"fk_{table}_field_id_ticket_fields"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            [column], [f"{there}.id"], name=op.f(f"fk_{table}_{column}_{there}"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("field_id", column, name=op.f(f"pk_{table}")),
    )
    op.create_index(f"ix_{table}_{column}", table, [column])
