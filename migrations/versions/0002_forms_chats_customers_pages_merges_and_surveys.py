"""Forms, chats, customers' pages, merges and surveys."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "widgets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("queue_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("origins", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("greeting", sa.Text(), nullable=False),
        sa.Column("away_text", sa.Text(), nullable=False),
        sa.Column("ask_name", sa.Text(), nullable=False),
        sa.Column("ask_email", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ask_email IN ('no', 'optional', 'required')", name=op.f("ck_widgets_ask_email")),
        sa.CheckConstraint("ask_name IN ('no', 'optional', 'required')", name=op.f("ck_widgets_ask_name")),
        sa.CheckConstraint("position IN ('right', 'left')", name=op.f("ck_widgets_position")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_widgets_brand_id_brands")),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], name=op.f("fk_widgets_queue_id_queues")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_widgets")),
        sa.UniqueConstraint("key", name=op.f("uq_widgets_key")),
    )
    op.create_table(
        "ticket_links",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("identity_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identities.id"], name=op.f("fk_ticket_links_identity_id_identities"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_links_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_links")),
    )
    with op.batch_alter_table("ticket_links", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_links_identity_id", ["identity_id"], unique=False)
        batch_op.create_index(
            "uq_ticket_links_current",
            ["ticket_id", "identity_id"],
            unique=True,
            postgresql_where=sa.text("revoked_at IS NULL"),
        )

    op.create_table(
        "visitors",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("widget_id", sa.BigInteger(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("identity_id", sa.BigInteger(), nullable=True),
        sa.Column("email_identity_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("read_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("page", sa.Text(), nullable=True),
        sa.Column("referrer", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["email_identity_id"], ["identities.id"], name=op.f("fk_visitors_email_identity_id_identities")
        ),
        sa.ForeignKeyConstraint(["identity_id"], ["identities.id"], name=op.f("fk_visitors_identity_id_identities")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_visitors_ticket_id_tickets")),
        sa.ForeignKeyConstraint(["widget_id"], ["widgets.id"], name=op.f("fk_visitors_widget_id_widgets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitors")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_visitors_token_sha256")),
    )
    with op.batch_alter_table("visitors", schema=None) as batch_op:
        batch_op.create_index("ix_visitors_identity_id", ["identity_id"], unique=False)
        batch_op.create_index(
            "ix_visitors_ticket_id", ["ticket_id"], unique=False, postgresql_where=sa.text("ticket_id IS NOT NULL")
        )

    with op.batch_alter_table("participants", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sees_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("participants", schema=None) as batch_op:
        batch_op.drop_column("sees_since")

    with op.batch_alter_table("visitors", schema=None) as batch_op:
        batch_op.drop_index("ix_visitors_ticket_id", postgresql_where=sa.text("ticket_id IS NOT NULL"))
        batch_op.drop_index("ix_visitors_identity_id")

    op.drop_table("visitors")
    with op.batch_alter_table("ticket_links", schema=None) as batch_op:
        batch_op.drop_index("uq_ticket_links_current", postgresql_where=sa.text("revoked_at IS NULL"))
        batch_op.drop_index("ix_ticket_links_identity_id")

    op.drop_table("ticket_links")
    op.drop_table("widgets")
