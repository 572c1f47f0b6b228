"""Replies end as a brand wishes, or one of its mailboxes."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for table in ("brands", "mailboxes"):
        op.add_column(table, sa.Column("signature", sa.Text(), nullable=False, server_default=""))
        op.alter_column(table, "signature", server_default=None)


def downgrade() -> None:
    """Take back: replies that were sent keep the signature they went out with."""
    for table in ("brands", "mailboxes"):
        op.drop_column(table, "signature")
