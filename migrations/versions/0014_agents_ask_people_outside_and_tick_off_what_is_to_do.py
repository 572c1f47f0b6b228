"""Agents ask people outside beside a ticket, and tick off what is to be done for it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OWNERS = "message_id, draft_id, later_reply_id"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "side_conversations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("begun_by_id", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_side_conversations_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["begun_by_id"], ["agents.id"], name=op.f("fk_side_conversations_begun_by_id_agents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_side_conversations")),
    )
    op.create_index("ix_side_conversations_ticket_id", "side_conversations", ["ticket_id"])
    op.create_table(
        "side_people",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("side_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('held', 'active')", name=op.f("ck_side_people_state")),
        sa.ForeignKeyConstraint(
            ["side_id"],
            ["side_conversations.id"],
            name=op.f("fk_side_people_side_id_side_conversations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_side_people")),
        sa.UniqueConstraint("side_id", "address", name=op.f("uq_side_people_side_id_address")),
    )
    _messages()
    _checklist()
    op.add_column("attachments", sa.Column("side_message_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_attachments_side_message_id_side_messages"),
        "attachments",
        "side_messages",
        ["side_message_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_index(
        "ix_attachments_side_message_id",
        "attachments",
        ["side_message_id"],
        postgresql_where=sa.text("side_message_id IS NOT NULL"),
    )
    _one_owner(f"{OWNERS}, side_message_id")


def _checklist() -> None:
    op.create_table(
        "checklist_items",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("added_by_id", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_by_id", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_checklist_items_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["added_by_id"], ["agents.id"], name=op.f("fk_checklist_items_added_by_id_agents")),
        sa.ForeignKeyConstraint(["done_by_id"], ["agents.id"], name=op.f("fk_checklist_items_done_by_id_agents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_items")),
    )
    op.create_index("ix_checklist_items_ticket_id", "checklist_items", ["ticket_id", "position", "id"])


def _messages() -> None:
    op.create_table(
        "side_messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("side_id", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("recipients", postgresql.JSONB(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("quoted_text", sa.Text(), nullable=False),
        sa.Column("rfc_id", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("raw_mail_id", sa.BigInteger(), nullable=True),
        sa.Column("threaded_by", sa.Text(), nullable=True),
        sa.Column("inert", sa.Text(), nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("client_key", sa.Text(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leaves_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_side_messages_direction")),
        sa.ForeignKeyConstraint(
            ["side_id"],
            ["side_conversations.id"],
            name=op.f("fk_side_messages_side_id_side_conversations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_side_messages_agent_id_agents")),
        sa.ForeignKeyConstraint(["raw_mail_id"], ["raw_mails.id"], name=op.f("fk_side_messages_raw_mail_id_raw_mails")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_side_messages")),
    )
    op.create_index("ix_side_messages_side_id", "side_messages", ["side_id", "written_at", "id"])
    for column, name, unique in (
        ("rfc_id", "ix_side_messages_rfc_id", False),
        ("fingerprint", "ix_side_messages_fingerprint", False),
        ("client_key", "uq_side_messages_client_key", True),
        ("raw_mail_id", "uq_side_messages_raw_mail", True),
    ):
        op.create_index(
            name, "side_messages", [column], unique=unique, postgresql_where=sa.text(f"{column} IS NOT NULL")
        )


def _one_owner(columns: str) -> None:
    op.drop_constraint(op.f("ck_attachments_one_owner"), "attachments", type_="check")
    op.create_check_constraint(op.f("ck_attachments_one_owner"), "attachments", f"num_nonnulls({columns}) = 1")


def downgrade() -> None:
    """Take back: what was asked outside, and answered, is gone with its files and notices."""
    op.execute("DELETE FROM attachments WHERE side_message_id IS NOT NULL")
    _one_owner(OWNERS)
    op.drop_index("ix_attachments_side_message_id", table_name="attachments")
    op.drop_constraint(op.f("fk_attachments_side_message_id_side_messages"), "attachments", type_="foreignkey")
    op.drop_column("attachments", "side_message_id")
    op.drop_table("checklist_items")
    op.drop_table("side_messages")
    op.drop_table("side_people")
    op.drop_table("side_conversations")
    op.execute("DELETE FROM notifications WHERE kind LIKE 'side\\_%'")
    op.execute(
        "UPDATE outbox SET state = 'cancelled', finished_at = now() WHERE task = 'mail.side' AND finished_at IS NULL"
    )
