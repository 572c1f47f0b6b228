"""Contacts are brought as files, and found by what an attribute says."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "contact_imports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("blob_sha256", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("between", sa.Text(), nullable=False),
        sa.Column("headings", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("samples", JSONB(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("targets", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("known_by_id", sa.BigInteger(), nullable=True),
        sa.Column("overwrites", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("reached", sa.BigInteger(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('mapping', 'checking', 'checked', 'running', 'stopped', 'done', 'failed')",
            name=op.f("ck_contact_imports_state"),
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["agents.id"], name=op.f("fk_contact_imports_asked_by_agents"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["blob_sha256"], ["blobs.sha256"], name=op.f("fk_contact_imports_blob_sha256_blobs")),
        sa.ForeignKeyConstraint(
            ["known_by_id"],
            ["contact_attributes.id"],
            name=op.f("fk_contact_imports_known_by_id_contact_attributes"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_imports")),
    )
    op.create_index("ix_contact_imports_asked_by", "contact_imports", ["asked_by"])
    op.create_index("ix_contact_imports_blob_sha256", "contact_imports", ["blob_sha256"])
    op.create_index("ix_contact_imports_created_at", "contact_imports", ["created_at"])
    op.create_table(
        "contact_import_lines",
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('made', 'changed', 'unchanged', 'refused')", name=op.f("ck_contact_import_lines_verdict")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["contact_imports.id"],
            name=op.f("fk_contact_import_lines_import_id_contact_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_contact_import_lines")),
    )
    # The beginning of a value is enough to find it, and always fits into an index.
    op.create_index("ix_contact_values_said", "contact_values", ["attribute_id", sa.text('"left"(value, 100)')])
    op.drop_index("ix_contact_values_attribute_id", table_name="contact_values")


def downgrade() -> None:
    """Take back: who was brought stays."""
    op.create_index("ix_contact_values_attribute_id", "contact_values", ["attribute_id"])
    op.drop_index("ix_contact_values_said", table_name="contact_values")
    op.drop_table("contact_import_lines")
    op.drop_table("contact_imports")
