"""Ways in for providers, and what administrators were told of."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "hook_secrets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=True),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailboxes.id"], name=op.f("fk_hook_secrets_mailbox_id_mailboxes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_secrets")),
        sa.UniqueConstraint("digest", name=op.f("uq_hook_secrets_digest")),
    )
    with op.batch_alter_table("hook_secrets", schema=None) as batch_op:
        batch_op.create_index("ix_hook_secrets_mailbox_id", ["mailbox_id"], unique=False)

    op.create_table(
        "sending_servers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=True),
        sa.Column("worked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("misses", sa.BigInteger(), nullable=False),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailboxes.id"], name=op.f("fk_sending_servers_mailbox_id_mailboxes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sending_servers")),
        sa.UniqueConstraint(
            "mailbox_id", name=op.f("uq_sending_servers_mailbox_id"), postgresql_nulls_not_distinct=True
        ),
    )
    with op.batch_alter_table("mailboxes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fetch_told_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("raw_mails", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_raw_mails_told_at", ["told_at"], unique=False, postgresql_where=sa.text("told_at IS NOT NULL")
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("raw_mails", schema=None) as batch_op:
        batch_op.drop_index("ix_raw_mails_told_at", postgresql_where=sa.text("told_at IS NOT NULL"))
        batch_op.drop_column("told_at")

    with op.batch_alter_table("mailboxes", schema=None) as batch_op:
        batch_op.drop_column("fetch_told_at")

    op.drop_table("sending_servers")
    with op.batch_alter_table("hook_secrets", schema=None) as batch_op:
        batch_op.drop_index("ix_hook_secrets_mailbox_id")

    op.drop_table("hook_secrets")
