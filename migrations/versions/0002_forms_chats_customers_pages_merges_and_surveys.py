"""Forms, chats, customers' pages, merges and surveys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "customer_sessions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("identity_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["identities.id"],
            name=op.f("fk_customer_sessions_identity_id_identities"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_customer_sessions_digest")),
    )
    with op.batch_alter_table("customer_sessions", schema=None) as batch_op:
        batch_op.create_index("ix_customer_sessions_identity_id", ["identity_id"], unique=False)

    op.create_table(
        "entry_codes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("identity_id", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identities.id"], name=op.f("fk_entry_codes_identity_id_identities"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_codes")),
    )
    with op.batch_alter_table("entry_codes", schema=None) as batch_op:
        batch_op.create_index("ix_entry_codes_asked", ["asked"], unique=False)
        batch_op.create_index("ix_entry_codes_identity_id", ["identity_id"], unique=False)

    op.create_table(
        "macros",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("priority", sa.Text(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("assigns", sa.Boolean(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("category IN ('open', 'pending', 'on_hold', 'solved')", name=op.f("ck_macros_category")),
        sa.CheckConstraint("priority IN ('low', 'normal', 'high', 'urgent')", name=op.f("ck_macros_priority")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_macros_team_id_teams")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_macros")),
    )
    with op.batch_alter_table("macros", schema=None) as batch_op:
        batch_op.create_index("uq_macros_name", ["name"], unique=True, postgresql_where=sa.text("archived_at IS NULL"))

    op.create_table(
        "survey_opt_outs",
        sa.Column("identity_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["identities.id"],
            name=op.f("fk_survey_opt_outs_identity_id_identities"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("identity_id", name=op.f("pk_survey_opt_outs")),
    )
    op.create_table(
        "article_sections",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("icon", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_article_sections_brand_id_brands")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_sections")),
    )
    with op.batch_alter_table("article_sections", schema=None) as batch_op:
        batch_op.create_index("ix_article_sections_brand_position", ["brand_id", "position", "id"], unique=False)

    op.create_table(
        "surveys",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("words", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("delay_minutes", sa.BigInteger(), nullable=False),
        sa.Column("percent", sa.BigInteger(), nullable=False),
        sa.Column("days_between", sa.BigInteger(), nullable=False),
        sa.Column("low_score", sa.BigInteger(), nullable=False),
        sa.Column("follow_up_owner", sa.Text(), nullable=False),
        sa.Column("follow_up_days", sa.BigInteger(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("follow_up_owner IN ('supervisor', 'agent')", name=op.f("ck_surveys_follow_up_owner")),
        sa.CheckConstraint("kind IN ('csat', 'nps', 'ces')", name=op.f("ck_surveys_kind")),
        sa.CheckConstraint("percent BETWEEN 1 AND 100", name=op.f("ck_surveys_percent")),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_surveys_brand_id_brands"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surveys")),
        sa.UniqueConstraint("brand_id", "kind", name=op.f("uq_surveys_brand_id_kind")),
    )
    op.create_table(
        "articles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("section_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('draft', 'published')", name=op.f("ck_articles_state")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_articles_brand_id_brands")),
        sa.ForeignKeyConstraint(
            ["section_id"], ["article_sections.id"], name=op.f("fk_articles_section_id_article_sections")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("brand_id", "slug", name=op.f("uq_articles_brand_id_slug")),
    )
    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.create_index("ix_articles_section_position", ["section_id", "position", "id"], unique=False)
        batch_op.create_index(
            "ix_articles_words",
            ["words"],
            unique=False,
            postgresql_using="gin",
            postgresql_where=sa.text("state = 'published'"),
        )

    op.create_table(
        "forms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("queue_id", sa.BigInteger(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("introduction", sa.Text(), nullable=False),
        sa.Column("confirmation", sa.Text(), nullable=False),
        sa.Column("asks_name", sa.Text(), nullable=False),
        sa.Column("subjects", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("takes_files", sa.Boolean(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("origins", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("asks_name IN ('required', 'optional', 'no')", name=op.f("ck_forms_asks_name")),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_forms_brand_id_brands")),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], name=op.f("fk_forms_queue_id_queues")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forms")),
        sa.UniqueConstraint("slug", name=op.f("uq_forms_slug")),
    )
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
        "article_votes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_votes_article_id_articles"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_votes")),
        sa.UniqueConstraint("article_id", "browser", name=op.f("uq_article_votes_article_id_browser")),
    )
    op.create_table(
        "form_uploads",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("form_id", sa.BigInteger(), nullable=False),
        sa.Column("filling", sa.Text(), nullable=False),
        sa.Column("blob_sha256", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["blob_sha256"], ["blobs.sha256"], name=op.f("fk_form_uploads_blob_sha256_blobs")),
        sa.ForeignKeyConstraint(
            ["form_id"], ["forms.id"], name=op.f("fk_form_uploads_form_id_forms"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_uploads")),
        sa.UniqueConstraint("reference", name=op.f("uq_form_uploads_reference")),
    )
    with op.batch_alter_table("form_uploads", schema=None) as batch_op:
        batch_op.create_index("ix_form_uploads_blob", ["blob_sha256"], unique=False)
        batch_op.create_index("ix_form_uploads_created_at", ["created_at"], unique=False)
        batch_op.create_index("ix_form_uploads_filling", ["filling"], unique=False)

    op.create_table(
        "join_suggestions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissed_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("why IN ('subject', 'text')", name=op.f("ck_join_suggestions_why")),
        sa.ForeignKeyConstraint(
            ["dismissed_by_id"], ["agents.id"], name=op.f("fk_join_suggestions_dismissed_by_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["tickets.id"], name=op.f("fk_join_suggestions_other_id_tickets"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_join_suggestions_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_suggestions")),
        sa.UniqueConstraint("ticket_id", "other_id", name=op.f("uq_join_suggestions_ticket_id_other_id")),
    )
    with op.batch_alter_table("join_suggestions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_join_suggestions_open", ["ticket_id"], unique=False, postgresql_where=sa.text("dismissed_at IS NULL")
        )
        batch_op.create_index("ix_join_suggestions_other_id", ["other_id"], unique=False)

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
        sa.Column("read_id", sa.BigInteger(), nullable=False),
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
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_visitors_ticket_id_tickets"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["widget_id"], ["widgets.id"], name=op.f("fk_visitors_widget_id_widgets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitors")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_visitors_token_sha256")),
    )
    with op.batch_alter_table("visitors", schema=None) as batch_op:
        batch_op.create_index("ix_visitors_email_identity_id", ["email_identity_id"], unique=False)
        batch_op.create_index("ix_visitors_identity_id", ["identity_id"], unique=False)
        batch_op.create_index(
            "ix_visitors_last_seen_at", ["last_seen_at"], unique=False, postgresql_where=sa.text("ended_at IS NULL")
        )
        batch_op.create_index(
            "ix_visitors_ticket_id", ["ticket_id"], unique=False, postgresql_where=sa.text("ticket_id IS NOT NULL")
        )

    op.create_table(
        "survey_invitations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("survey_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("cycle", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("solved_by", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("identity_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("queue_id", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'skipped', 'cancelled', 'answered')", name=op.f("ck_survey_invitations_state")
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_survey_invitations_agent_id_agents")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_survey_invitations_contact_id_contacts"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identities.id"], name=op.f("fk_survey_invitations_identity_id_identities")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_survey_invitations_message_id_messages"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], name=op.f("fk_survey_invitations_queue_id_queues")),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["surveys.id"], name=op.f("fk_survey_invitations_survey_id_surveys"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_survey_invitations_team_id_teams")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_survey_invitations_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_invitations")),
        sa.UniqueConstraint(
            "survey_id", "ticket_id", "cycle", name=op.f("uq_survey_invitations_survey_id_ticket_id_cycle")
        ),
    )
    with op.batch_alter_table("survey_invitations", schema=None) as batch_op:
        batch_op.create_index("ix_survey_invitations_contact_id", ["contact_id"], unique=False)
        batch_op.create_index("ix_survey_invitations_identity_id", ["identity_id"], unique=False)
        batch_op.create_index("ix_survey_invitations_message_id", ["message_id"], unique=False)
        batch_op.create_index("ix_survey_invitations_sent_at", ["sent_at"], unique=False)
        batch_op.create_index("ix_survey_invitations_ticket_id", ["ticket_id"], unique=False)

    op.create_table(
        "survey_answers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("invitation_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("wording", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["survey_invitations.id"],
            name=op.f("fk_survey_answers_invitation_id_survey_invitations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answers")),
        sa.UniqueConstraint("invitation_id", name=op.f("uq_survey_answers_invitation_id")),
    )
    with op.batch_alter_table("survey_answers", schema=None) as batch_op:
        batch_op.create_index("ix_survey_answers_answered_at", ["answered_at"], unique=False)

    op.create_table(
        "follow_ups",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("answer_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["survey_answers.id"],
            name=op.f("fk_follow_ups_answer_id_survey_answers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["done_by_id"], ["agents.id"], name=op.f("fk_follow_ups_done_by_id_agents")),
        sa.ForeignKeyConstraint(["owner_id"], ["agents.id"], name=op.f("fk_follow_ups_owner_id_agents")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_follow_ups_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_ups")),
        sa.UniqueConstraint("answer_id", name=op.f("uq_follow_ups_answer_id")),
    )
    with op.batch_alter_table("follow_ups", schema=None) as batch_op:
        batch_op.create_index(
            "ix_follow_ups_open", ["due_at"], unique=False, postgresql_where=sa.text("done_at IS NULL")
        )
        batch_op.create_index(batch_op.f("ix_follow_ups_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "survey_answer_edits",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("answer_id", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["survey_answers.id"],
            name=op.f("fk_survey_answer_edits_answer_id_survey_answers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answer_edits")),
    )
    with op.batch_alter_table("survey_answer_edits", schema=None) as batch_op:
        batch_op.create_index("ix_survey_answer_edits_answer_id", ["answer_id"], unique=False)

    with op.batch_alter_table("brands", schema=None) as batch_op:
        batch_op.add_column(sa.Column("logo_sha256", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("logo_width", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("logo_height", sa.BigInteger(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_brands_logo_sha256_blobs"), "blobs", ["logo_sha256"], ["sha256"])

    with op.batch_alter_table("participants", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sees_since", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("placements", schema=None) as batch_op:
        batch_op.create_index(
            "ix_placements_ticket_written",
            ["ticket_id", "written_at", "message_id"],
            unique=False,
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    with op.batch_alter_table("sla_timers", schema=None) as batch_op:
        batch_op.create_index("ix_sla_timers_metric_started_at", ["metric", "started_at"], unique=False)

    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tickets_solved"), postgresql_where="(category = 'solved'::text)")
        batch_op.create_index(
            "ix_tickets_merged_into_id",
            ["merged_into_id"],
            unique=False,
            postgresql_where=sa.text("merged_into_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_tickets_to_close",
            ["closes_at"],
            unique=False,
            postgresql_where=sa.text("category = 'solved' AND merged_into_id IS NULL"),
        )
        batch_op.create_index(
            "ix_tickets_waiting",
            ["queue_id", "last_channel", "customer_wrote_at", "next_due_state", "next_due_at", "id"],
            unique=False,
            postgresql_where=sa.text(
                "category IN ('new', 'open') AND spam_at IS NULL AND trashed_at IS NULL AND merged_into_id IS NULL AND customer_wrote_at IS NOT NULL AND (answered_at IS NULL OR customer_wrote_at > answered_at)"
            ),
        )


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_tickets_waiting",
            postgresql_where=sa.text(
                "category IN ('new', 'open') AND spam_at IS NULL AND trashed_at IS NULL AND merged_into_id IS NULL AND customer_wrote_at IS NOT NULL AND (answered_at IS NULL OR customer_wrote_at > answered_at)"
            ),
        )
        batch_op.drop_index(
            "ix_tickets_to_close", postgresql_where=sa.text("category = 'solved' AND merged_into_id IS NULL")
        )
        batch_op.drop_index("ix_tickets_merged_into_id", postgresql_where=sa.text("merged_into_id IS NOT NULL"))
        batch_op.create_index(
            batch_op.f("ix_tickets_solved"), ["closes_at"], unique=False, postgresql_where="(category = 'solved'::text)"
        )

    with op.batch_alter_table("sla_timers", schema=None) as batch_op:
        batch_op.drop_index("ix_sla_timers_metric_started_at")

    with op.batch_alter_table("placements", schema=None) as batch_op:
        batch_op.drop_index("ix_placements_ticket_written", postgresql_where=sa.text("ended_at IS NULL"))

    with op.batch_alter_table("participants", schema=None) as batch_op:
        batch_op.drop_column("sees_since")

    with op.batch_alter_table("brands", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_brands_logo_sha256_blobs"), type_="foreignkey")
        batch_op.drop_column("logo_height")
        batch_op.drop_column("logo_width")
        batch_op.drop_column("logo_sha256")

    with op.batch_alter_table("survey_answer_edits", schema=None) as batch_op:
        batch_op.drop_index("ix_survey_answer_edits_answer_id")

    op.drop_table("survey_answer_edits")
    with op.batch_alter_table("follow_ups", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_follow_ups_ticket_id"))
        batch_op.drop_index("ix_follow_ups_open", postgresql_where=sa.text("done_at IS NULL"))

    op.drop_table("follow_ups")
    with op.batch_alter_table("survey_answers", schema=None) as batch_op:
        batch_op.drop_index("ix_survey_answers_answered_at")

    op.drop_table("survey_answers")
    with op.batch_alter_table("survey_invitations", schema=None) as batch_op:
        batch_op.drop_index("ix_survey_invitations_ticket_id")
        batch_op.drop_index("ix_survey_invitations_sent_at")
        batch_op.drop_index("ix_survey_invitations_message_id")
        batch_op.drop_index("ix_survey_invitations_identity_id")
        batch_op.drop_index("ix_survey_invitations_contact_id")

    op.drop_table("survey_invitations")
    with op.batch_alter_table("visitors", schema=None) as batch_op:
        batch_op.drop_index("ix_visitors_ticket_id", postgresql_where=sa.text("ticket_id IS NOT NULL"))
        batch_op.drop_index("ix_visitors_last_seen_at", postgresql_where=sa.text("ended_at IS NULL"))
        batch_op.drop_index("ix_visitors_identity_id")
        batch_op.drop_index("ix_visitors_email_identity_id")

    op.drop_table("visitors")
    with op.batch_alter_table("ticket_links", schema=None) as batch_op:
        batch_op.drop_index("uq_ticket_links_current", postgresql_where=sa.text("revoked_at IS NULL"))
        batch_op.drop_index("ix_ticket_links_identity_id")

    op.drop_table("ticket_links")
    with op.batch_alter_table("join_suggestions", schema=None) as batch_op:
        batch_op.drop_index("ix_join_suggestions_other_id")
        batch_op.drop_index("ix_join_suggestions_open", postgresql_where=sa.text("dismissed_at IS NULL"))

    op.drop_table("join_suggestions")
    with op.batch_alter_table("form_uploads", schema=None) as batch_op:
        batch_op.drop_index("ix_form_uploads_filling")
        batch_op.drop_index("ix_form_uploads_created_at")
        batch_op.drop_index("ix_form_uploads_blob")

    op.drop_table("form_uploads")
    op.drop_table("article_votes")
    op.drop_table("widgets")
    op.drop_table("forms")
    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_articles_words", postgresql_using="gin", postgresql_where=sa.text("state = 'published'")
        )
        batch_op.drop_index("ix_articles_section_position")

    op.drop_table("articles")
    op.drop_table("surveys")
    with op.batch_alter_table("article_sections", schema=None) as batch_op:
        batch_op.drop_index("ix_article_sections_brand_position")

    op.drop_table("article_sections")
    op.drop_table("survey_opt_outs")
    with op.batch_alter_table("macros", schema=None) as batch_op:
        batch_op.drop_index("uq_macros_name", postgresql_where=sa.text("archived_at IS NULL"))

    op.drop_table("macros")
    with op.batch_alter_table("entry_codes", schema=None) as batch_op:
        batch_op.drop_index("ix_entry_codes_identity_id")
        batch_op.drop_index("ix_entry_codes_asked")

    op.drop_table("entry_codes")
    with op.batch_alter_table("customer_sessions", schema=None) as batch_op:
        batch_op.drop_index("ix_customer_sessions_identity_id")

    op.drop_table("customer_sessions")
