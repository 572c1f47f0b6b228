"""Chats that ring, replies that can be taken back, and visitors who are known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "dkim_keys",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("selector", sa.Text(), nullable=False),
        sa.Column("private_key", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dkim_keys")),
        sa.UniqueConstraint("domain", name=op.f("uq_dkim_keys_domain")),
    )
    op.create_table(
        "oauth_clients",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("client_secret", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_oauth_clients")),
    )
    op.create_table(
        "sending_paces",
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("server", name=op.f("pk_sending_paces")),
    )
    op.create_table(
        "remote_pictures",
        sa.Column("url_sha256", sa.Text(), nullable=False),
        sa.Column("blob_sha256", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("forget_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["blob_sha256"], ["blobs.sha256"], name=op.f("fk_remote_pictures_blob_sha256_blobs")),
        sa.PrimaryKeyConstraint("url_sha256", name=op.f("pk_remote_pictures")),
    )
    with op.batch_alter_table("remote_pictures", schema=None) as batch_op:
        batch_op.create_index("ix_remote_pictures_blob", ["blob_sha256"], unique=False)
        batch_op.create_index("ix_remote_pictures_forget_at", ["forget_at"], unique=False)

    op.create_table(
        "oauth_attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailboxes.id"], name=op.f("fk_oauth_attempts_mailbox_id_mailboxes"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["agent_sessions.id"],
            name=op.f("fk_oauth_attempts_session_id_agent_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_attempts")),
        sa.UniqueConstraint("digest", name=op.f("uq_oauth_attempts_digest")),
    )
    with op.batch_alter_table("oauth_attempts", schema=None) as batch_op:
        batch_op.create_index("ix_oauth_attempts_created_at", ["created_at"], unique=False)

    op.create_table(
        "oauth_grants",
        sa.Column("mailbox_id", sa.BigInteger(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("refresh_token", sa.Text(), nullable=False),
        sa.Column("access_token", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailboxes.id"], name=op.f("fk_oauth_grants_mailbox_id_mailboxes"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["provider"], ["oauth_clients.provider"], name=op.f("fk_oauth_grants_provider_oauth_clients")
        ),
        sa.PrimaryKeyConstraint("mailbox_id", name=op.f("pk_oauth_grants")),
    )
    op.create_table(
        "widget_secrets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("widget_id", sa.BigInteger(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["widget_id"], ["widgets.id"], name=op.f("fk_widget_secrets_widget_id_widgets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_widget_secrets")),
    )
    with op.batch_alter_table("widget_secrets", schema=None) as batch_op:
        batch_op.create_index("ix_widget_secrets_widget_id", ["widget_id"], unique=False)

    op.create_table(
        "picture_choices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("identity_id", sa.BigInteger(), nullable=True),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(message_id IS NULL) <> (identity_id IS NULL)", name=op.f("ck_picture_choices_one_thing")),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_picture_choices_agent_id_agents"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["identities.id"],
            name=op.f("fk_picture_choices_identity_id_identities"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_picture_choices_message_id_messages"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture_choices")),
    )
    with op.batch_alter_table("picture_choices", schema=None) as batch_op:
        batch_op.create_index(
            "uq_picture_choices_message",
            ["agent_id", "message_id"],
            unique=True,
            postgresql_where=sa.text("message_id IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_picture_choices_sender",
            ["agent_id", "identity_id"],
            unique=True,
            postgresql_where=sa.text("identity_id IS NOT NULL"),
        )

    op.create_table(
        "routing_offers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=True),
        sa.Column("decision_id", sa.BigInteger(), nullable=True),
        sa.Column("note_id", sa.BigInteger(), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("put_away", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('chat', 'transfer', 'invitation')", name=op.f("ck_routing_offers_purpose")),
        sa.CheckConstraint(
            "state IN ('ringing', 'accepted', 'passed', 'expired', 'withdrawn')", name=op.f("ck_routing_offers_state")
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_routing_offers_agent_id_agents")),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["routing_decisions.id"],
            name=op.f("fk_routing_offers_decision_id_routing_decisions"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["from_id"], ["agents.id"], name=op.f("fk_routing_offers_from_id_agents")),
        sa.ForeignKeyConstraint(
            ["note_id"], ["messages.id"], name=op.f("fk_routing_offers_note_id_messages"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_routing_offers_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_offers")),
    )
    with op.batch_alter_table("routing_offers", schema=None) as batch_op:
        batch_op.create_index("ix_routing_offers_decided", ["agent_id", "decided_at"], unique=False)
        batch_op.create_index(
            "ix_routing_offers_handed",
            ["from_id", "decided_at"],
            unique=False,
            postgresql_where=sa.text("purpose = 'transfer'"),
        )
        batch_op.create_index(
            "ix_routing_offers_ringing",
            ["ticket_id", "agent_id"],
            unique=True,
            postgresql_where=sa.text("state = 'ringing'"),
        )
        batch_op.create_index(
            "ix_routing_offers_rings_at", ["agent_id"], unique=False, postgresql_where=sa.text("state = 'ringing'")
        )
        batch_op.create_index("ix_routing_offers_ticket_id", ["ticket_id"], unique=False)
        batch_op.create_index(
            "ix_routing_offers_until", ["until"], unique=False, postgresql_where=sa.text("state = 'ringing'")
        )

    with op.batch_alter_table("agents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("undo_seconds", sa.BigInteger(), server_default=sa.text("10"), nullable=False))
        batch_op.alter_column("undo_seconds", server_default=None)

    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False))
        batch_op.alter_column("revision", server_default=None)
        batch_op.add_column(sa.Column("written_in", sa.Text(), nullable=True))

    with op.batch_alter_table("mailboxes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("imap_settled_uid", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("smtp_per_minute", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("after_fetch", sa.Text(), server_default=sa.text("'mark'"), nullable=False))
        batch_op.alter_column("after_fetch", server_default=None)
        batch_op.add_column(sa.Column("after_folder", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("idles", sa.Boolean(), server_default=sa.text("true"), nullable=False))
        batch_op.alter_column("idles", server_default=None)
        batch_op.add_column(sa.Column("oauth_provider", sa.Text(), nullable=True))

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("html_new", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("leaves_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_messages_cleaner_version",
            ["cleaner_version"],
            unique=False,
            postgresql_where=sa.text("cleaner_version IS NOT NULL"),
        )

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("server", sa.Text(), nullable=True))
        batch_op.create_index(
            "ix_outbox_lane",
            ["lane", "due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state IN ('queued', 'ambiguous')"),
        )
        batch_op.create_index(
            "ix_outbox_server", ["server"], unique=False, postgresql_where=sa.text("state = 'claimed'")
        )

    with op.batch_alter_table("queues", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rings_for_s", sa.BigInteger(), server_default=sa.text("30"), nullable=False))
        batch_op.alter_column("rings_for_s", server_default=None)
        batch_op.add_column(sa.Column("chat_waits_s", sa.BigInteger(), server_default=sa.text("120"), nullable=False))
        batch_op.alter_column("chat_waits_s", server_default=None)
        batch_op.add_column(sa.Column("missed_rings", sa.BigInteger(), server_default=sa.text("3"), nullable=False))
        batch_op.alter_column("missed_rings", server_default=None)

    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rings_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_tickets_rings_since", ["rings_since"], unique=False, postgresql_where=sa.text("rings_since IS NOT NULL")
        )

    with op.batch_alter_table("visitors", schema=None) as batch_op:
        batch_op.add_column(sa.Column("topic", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("external_id", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("signed_by", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("signed_email", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "attributes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
            )
        )
        batch_op.alter_column("attributes", server_default=None)
        batch_op.add_column(
            sa.Column("pages", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False)
        )
        batch_op.alter_column("pages", server_default=None)
        batch_op.add_column(sa.Column("language", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("timezone", sa.Text(), nullable=True))
        batch_op.create_index(
            "ix_visitors_external_id",
            ["widget_id", "external_id"],
            unique=False,
            postgresql_where=sa.text("external_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_visitors_signed_by", ["signed_by"], unique=False, postgresql_where=sa.text("signed_by IS NOT NULL")
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_visitors_signed_by_widget_secrets"),
            "widget_secrets",
            ["signed_by"],
            ["id"],
            ondelete="SET NULL",
        )

    with op.batch_alter_table("widgets", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("topics", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False)
        )
        batch_op.alter_column("topics", server_default=None)
        batch_op.add_column(
            sa.Column("shows_typing_words", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
        batch_op.alter_column("shows_typing_words", server_default=None)
        batch_op.add_column(sa.Column("locale", sa.Text(), server_default=sa.text("''"), nullable=False))
        batch_op.alter_column("locale", server_default=None)
        batch_op.add_column(sa.Column("signed_only", sa.Boolean(), server_default=sa.text("false"), nullable=False))
        batch_op.alter_column("signed_only", server_default=None)
        batch_op.add_column(sa.Column("trusts_email", sa.Boolean(), server_default=sa.text("false"), nullable=False))
        batch_op.alter_column("trusts_email", server_default=None)

    op.drop_constraint(op.f("ck_routing_decisions_kind"), "routing_decisions", type_="check")
    op.create_check_constraint(
        op.f("ck_routing_decisions_kind"),
        "routing_decisions",
        "kind IN ('dispatched', 'returned', 'next', 'offered', 'accepted', 'nobody', 'released', 'skipped')",
    )


def downgrade() -> None:
    """Take back."""
    op.drop_constraint(op.f("ck_routing_decisions_kind"), "routing_decisions", type_="check")
    op.execute("DELETE FROM routing_decisions WHERE kind IN ('offered', 'accepted')")
    op.create_check_constraint(
        op.f("ck_routing_decisions_kind"),
        "routing_decisions",
        "kind IN ('dispatched', 'returned', 'next', 'nobody', 'released', 'skipped')",
    )
    with op.batch_alter_table("widgets", schema=None) as batch_op:
        batch_op.drop_column("trusts_email")
        batch_op.drop_column("signed_only")
        batch_op.drop_column("locale")
        batch_op.drop_column("shows_typing_words")
        batch_op.drop_column("topics")

    with op.batch_alter_table("visitors", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_visitors_signed_by_widget_secrets"), type_="foreignkey")
        batch_op.drop_index("ix_visitors_signed_by", postgresql_where=sa.text("signed_by IS NOT NULL"))
        batch_op.drop_index("ix_visitors_external_id", postgresql_where=sa.text("external_id IS NOT NULL"))
        batch_op.drop_column("timezone")
        batch_op.drop_column("language")
        batch_op.drop_column("pages")
        batch_op.drop_column("attributes")
        batch_op.drop_column("signed_email")
        batch_op.drop_column("signed_by")
        batch_op.drop_column("external_id")
        batch_op.drop_column("topic")

    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_index("ix_tickets_rings_since", postgresql_where=sa.text("rings_since IS NOT NULL"))
        batch_op.drop_column("rings_since")

    with op.batch_alter_table("queues", schema=None) as batch_op:
        batch_op.drop_column("missed_rings")
        batch_op.drop_column("chat_waits_s")
        batch_op.drop_column("rings_for_s")

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_server", postgresql_where=sa.text("state = 'claimed'"))
        batch_op.drop_index("ix_outbox_lane", postgresql_where=sa.text("state IN ('queued', 'ambiguous')"))
        batch_op.drop_column("server")

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index("ix_messages_cleaner_version", postgresql_where=sa.text("cleaner_version IS NOT NULL"))
        batch_op.drop_column("withdrawn_at")
        batch_op.drop_column("leaves_at")
        batch_op.drop_column("html_new")

    with op.batch_alter_table("mailboxes", schema=None) as batch_op:
        batch_op.drop_column("oauth_provider")
        batch_op.drop_column("idles")
        batch_op.drop_column("after_folder")
        batch_op.drop_column("after_fetch")
        batch_op.drop_column("smtp_per_minute")
        batch_op.drop_column("imap_settled_uid")

    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.drop_column("written_in")
        batch_op.drop_column("revision")

    with op.batch_alter_table("agents", schema=None) as batch_op:
        batch_op.drop_column("undo_seconds")

    with op.batch_alter_table("routing_offers", schema=None) as batch_op:
        batch_op.drop_index("ix_routing_offers_until", postgresql_where=sa.text("state = 'ringing'"))
        batch_op.drop_index("ix_routing_offers_ticket_id")
        batch_op.drop_index("ix_routing_offers_rings_at", postgresql_where=sa.text("state = 'ringing'"))
        batch_op.drop_index("ix_routing_offers_ringing", postgresql_where=sa.text("state = 'ringing'"))
        batch_op.drop_index("ix_routing_offers_handed", postgresql_where=sa.text("purpose = 'transfer'"))
        batch_op.drop_index("ix_routing_offers_decided")

    op.drop_table("routing_offers")
    with op.batch_alter_table("picture_choices", schema=None) as batch_op:
        batch_op.drop_index("uq_picture_choices_sender", postgresql_where=sa.text("identity_id IS NOT NULL"))
        batch_op.drop_index("uq_picture_choices_message", postgresql_where=sa.text("message_id IS NOT NULL"))

    op.drop_table("picture_choices")
    with op.batch_alter_table("widget_secrets", schema=None) as batch_op:
        batch_op.drop_index("ix_widget_secrets_widget_id")

    op.drop_table("widget_secrets")
    op.drop_table("oauth_grants")
    with op.batch_alter_table("oauth_attempts", schema=None) as batch_op:
        batch_op.drop_index("ix_oauth_attempts_created_at")

    op.drop_table("oauth_attempts")
    with op.batch_alter_table("remote_pictures", schema=None) as batch_op:
        batch_op.drop_index("ix_remote_pictures_forget_at")
        batch_op.drop_index("ix_remote_pictures_blob")

    op.drop_table("remote_pictures")
    op.drop_table("sending_paces")
    op.drop_table("oauth_clients")
    op.drop_table("dkim_keys")
