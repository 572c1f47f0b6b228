"""Contacts have pages, notes and attributes, are joined and taken apart, and belong to organizations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("organizations", sa.Column("notes", sa.Text(), nullable=False, server_default=""))
    op.create_index("uq_organizations_name", "organizations", [sa.text("lower(name)")], unique=True)
    op.create_index("ix_contacts_lower_name", "contacts", [sa.text("lower(name)"), "id"])
    op.create_index(
        "ix_contacts_name", "contacts", ["name"], postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}
    )
    op.create_index(
        "ix_identities_value",
        "identities",
        ["value"],
        postgresql_using="gin",
        postgresql_ops={"value": "gin_trgm_ops"},
    )
    op.create_table(
        "organization_domains",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_organization_domains_organization_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_organization_domains")),
    )
    op.create_index("ix_organization_domains_organization_id", "organization_domains", ["organization_id"])
    _notes_and_attributes()
    _joins()


def _notes_and_attributes() -> None:
    op.create_table(
        "contact_notes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_contact_notes_contact_id_contacts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_contact_notes_agent_id_agents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_notes")),
    )
    op.create_index("ix_contact_notes_contact_id", "contact_notes", ["contact_id", "id"])
    op.create_table(
        "contact_attributes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("choices", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('text', 'number', 'date', 'choice', 'checkbox')", name=op.f("ck_contact_attributes_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_attributes")),
        sa.UniqueConstraint("key", name=op.f("uq_contact_attributes_key")),
    )
    op.create_table(
        "contact_values",
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("attribute_id", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_contact_values_contact_id_contacts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["attribute_id"],
            ["contact_attributes.id"],
            name=op.f("fk_contact_values_attribute_id_contact_attributes"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("contact_id", "attribute_id", name=op.f("pk_contact_values")),
    )
    op.create_index("ix_contact_values_attribute_id", "contact_values", ["attribute_id"])


def _joins() -> None:
    op.create_table(
        "contact_joins",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kept_id", sa.BigInteger(), nullable=False),
        sa.Column("given_up_id", sa.BigInteger(), nullable=False),
        sa.Column("identity_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("took_name", sa.Boolean(), nullable=False),
        sa.Column("took_organization", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kept_id <> given_up_id", name=op.f("ck_contact_joins_two")),
        sa.ForeignKeyConstraint(
            ["kept_id"], ["contacts.id"], name=op.f("fk_contact_joins_kept_id_contacts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["given_up_id"], ["contacts.id"], name=op.f("fk_contact_joins_given_up_id_contacts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["agents.id"], name=op.f("fk_contact_joins_by_id_agents")),
        sa.ForeignKeyConstraint(["undone_by_id"], ["agents.id"], name=op.f("fk_contact_joins_undone_by_id_agents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_joins")),
    )
    op.create_index("ix_contact_joins_kept_id", "contact_joins", ["kept_id"])
    op.create_index(
        "uq_contact_joins_given_up",
        "contact_joins",
        ["given_up_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_table(
        "identities_kept_apart",
        sa.Column("one_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_identities_kept_apart_order")),
        sa.ForeignKeyConstraint(
            ["one_id"],
            ["identities.id"],
            name=op.f("fk_identities_kept_apart_one_id_identities"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["other_id"],
            ["identities.id"],
            name=op.f("fk_identities_kept_apart_other_id_identities"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["by_id"], ["agents.id"], name=op.f("fk_identities_kept_apart_by_id_agents")),
        sa.PrimaryKeyConstraint("one_id", "other_id", name=op.f("pk_identities_kept_apart")),
    )
    op.create_index("ix_identities_kept_apart_other_id", "identities_kept_apart", ["other_id"])


def downgrade() -> None:
    """Take back; notes, attributes, domains and what was kept apart are gone then, joins cannot be undone any more."""
    for table in (
        "identities_kept_apart",
        "contact_joins",
        "contact_values",
        "contact_attributes",
        "contact_notes",
        "organization_domains",
    ):
        op.drop_table(table)
    op.drop_index("ix_identities_value", "identities")
    op.drop_index("ix_contacts_name", "contacts")
    op.drop_index("ix_contacts_lower_name", "contacts")
    op.drop_index("uq_organizations_name", "organizations")
    op.drop_column("organizations", "notes")
