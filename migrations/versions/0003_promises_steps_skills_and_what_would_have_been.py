"""Promises, escalation steps, skills, and what would have been."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "channel_weights",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("weight BETWEEN 1 AND 100", name=op.f("ck_channel_weights_weight")),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_weights")),
    )
    op.create_table(
        "role_capacities",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("most BETWEEN 0 AND 500", name=op.f("ck_role_capacities_most")),
        sa.PrimaryKeyConstraint("role", "channel", name=op.f("pk_role_capacities")),
    )
    op.create_table(
        "skills",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('language', 'subject')", name=op.f("ck_skills_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skills")),
        sa.UniqueConstraint("name", name=op.f("uq_skills_name")),
    )
    op.create_table(
        "tag_skills",
        sa.Column("tag_id", sa.BigInteger(), nullable=False),
        sa.Column("skill_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["skill_id"], ["skills.id"], name=op.f("fk_tag_skills_skill_id_skills"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_tag_skills_tag_id_tags"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tag_id", "skill_id", name=op.f("pk_tag_skills")),
    )
    with op.batch_alter_table("tag_skills", schema=None) as batch_op:
        batch_op.create_index("ix_tag_skills_skill_id", ["skill_id"], unique=False)

    op.create_table(
        "agent_capacities",
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("most BETWEEN 0 AND 500", name=op.f("ck_agent_capacities_most")),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_agent_capacities_agent_id_agents"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agent_id", "channel", name=op.f("pk_agent_capacities")),
    )
    op.create_table(
        "agent_skills",
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("skill_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_agent_skills_agent_id_agents"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["skill_id"], ["skills.id"], name=op.f("fk_agent_skills_skill_id_skills"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agent_id", "skill_id", name=op.f("pk_agent_skills")),
    )
    with op.batch_alter_table("agent_skills", schema=None) as batch_op:
        batch_op.create_index("ix_agent_skills_skill_id", ["skill_id"], unique=False)

    op.create_table(
        "holiday_sources",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("calendar_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed_url", sa.Text(), nullable=True),
        sa.Column("packed", sa.LargeBinary(), nullable=True),
        sa.Column("days", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("misses", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('country', 'file', 'subscription')", name=op.f("ck_holiday_sources_kind")),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendars.id"], name=op.f("fk_holiday_sources_calendar_id_calendars"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["agents.id"], name=op.f("fk_holiday_sources_created_by_agents"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holiday_sources")),
    )
    with op.batch_alter_table("holiday_sources", schema=None) as batch_op:
        batch_op.create_index("ix_holiday_sources_calendar_id", ["calendar_id"], unique=False)
        batch_op.create_index(
            "ix_holiday_sources_next_at", ["next_at"], unique=False, postgresql_where=sa.text("next_at IS NOT NULL")
        )

    op.create_table(
        "sla_simulations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=True),
        sa.Column("calendar_id", sa.BigInteger(), nullable=True),
        sa.Column("base_version", sa.BigInteger(), nullable=False),
        sa.Column("draft", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("after_id", sa.BigInteger(), nullable=False),
        sa.Column("tallies", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("adopted_version", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'cancelled', 'failed')", name=op.f("ck_sla_simulations_state")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["agents.id"], name=op.f("fk_sla_simulations_asked_by_agents"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendars.id"], name=op.f("fk_sla_simulations_calendar_id_calendars"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["policy_id"],
            ["sla_policies.id"],
            name=op.f("fk_sla_simulations_policy_id_sla_policies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_simulations")),
    )
    with op.batch_alter_table("sla_simulations", schema=None) as batch_op:
        batch_op.create_index("ix_sla_simulations_asked_by", ["asked_by", "id"], unique=False)
        batch_op.create_index("ix_sla_simulations_created_at", ["created_at"], unique=False)
        batch_op.create_index(
            "ix_sla_simulations_going",
            ["id"],
            unique=False,
            postgresql_where=sa.text("state IN ('waiting', 'running')"),
        )

    op.create_table(
        "queue_skills",
        sa.Column("queue_id", sa.BigInteger(), nullable=False),
        sa.Column("skill_id", sa.BigInteger(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("gives_way", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["queue_id"], ["queues.id"], name=op.f("fk_queue_skills_queue_id_queues"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["skill_id"], ["skills.id"], name=op.f("fk_queue_skills_skill_id_skills"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("queue_id", "skill_id", name=op.f("pk_queue_skills")),
    )
    with op.batch_alter_table("queue_skills", schema=None) as batch_op:
        batch_op.create_index("ix_queue_skills_skill_id", ["skill_id"], unique=False)

    op.create_table(
        "queue_teams",
        sa.Column("queue_id", sa.BigInteger(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["queue_id"], ["queues.id"], name=op.f("fk_queue_teams_queue_id_queues"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_queue_teams_team_id_teams"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("queue_id", "team_id", name=op.f("pk_queue_teams")),
    )
    with op.batch_alter_table("queue_teams", schema=None) as batch_op:
        batch_op.create_index("ix_queue_teams_team_id", ["team_id"], unique=False)

    op.create_table(
        "sla_answer_times",
        sa.Column("queue_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("answers", sa.BigInteger(), nullable=False),
        sa.Column("p50_s", sa.BigInteger(), nullable=False),
        sa.Column("p80_s", sa.BigInteger(), nullable=False),
        sa.Column("reckoned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("metric IN ('first_response', 'next_response')", name=op.f("ck_sla_answer_times_metric")),
        sa.ForeignKeyConstraint(
            ["queue_id"], ["queues.id"], name=op.f("fk_sla_answer_times_queue_id_queues"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("queue_id", "channel", "metric", name=op.f("pk_sla_answer_times")),
    )
    op.create_table(
        "sla_differences",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("first_found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_sla_differences_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_sla_differences")),
    )
    with op.batch_alter_table("sla_differences", schema=None) as batch_op:
        batch_op.create_index("ix_sla_differences_found_at", ["found_at"], unique=False)

    op.create_table(
        "sla_flips",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("simulation_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("cycle", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("was_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("would_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("was_target_s", sa.BigInteger(), nullable=False),
        sa.Column("would_target_s", sa.BigInteger(), nullable=False),
        sa.Column("was_used_s", sa.BigInteger(), nullable=False),
        sa.Column("would_used_s", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("direction IN ('lost', 'won')", name=op.f("ck_sla_flips_direction")),
        sa.ForeignKeyConstraint(
            ["simulation_id"],
            ["sla_simulations.id"],
            name=op.f("fk_sla_flips_simulation_id_sla_simulations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_sla_flips_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_flips")),
        sa.UniqueConstraint(
            "simulation_id",
            "ticket_id",
            "metric",
            "cycle",
            name=op.f("uq_sla_flips_simulation_id_ticket_id_metric_cycle"),
        ),
    )
    with op.batch_alter_table("sla_flips", schema=None) as batch_op:
        batch_op.create_index(
            "ix_sla_flips_simulation_id_metric", ["simulation_id", "metric", "direction", "id"], unique=False
        )
        batch_op.create_index("ix_sla_flips_ticket_id", ["ticket_id"], unique=False)

    op.create_table(
        "sla_promises",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("cycle", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_in", sa.Text(), nullable=False),
        sa.Column("first_for", sa.DateTime(timezone=True), nullable=False),
        sa.Column("promised_for", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        sa.Column("tell_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("metric IN ('first_response', 'next_response')", name=op.f("ck_sla_promises_metric")),
        sa.CheckConstraint(
            "said_in IN ('acknowledgement', 'form', 'chat', 'portal')", name=op.f("ck_sla_promises_said_in")
        ),
        sa.CheckConstraint("state IN ('made', 'moved', 'kept', 'broken', 'ended')", name=op.f("ck_sla_promises_state")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_sla_promises_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_promises")),
        sa.UniqueConstraint("ticket_id", "metric", "cycle", name=op.f("uq_sla_promises_ticket_id_metric_cycle")),
    )
    with op.batch_alter_table("sla_promises", schema=None) as batch_op:
        batch_op.create_index("ix_sla_promises_made_at", ["made_at"], unique=False)
        batch_op.create_index(
            "ix_sla_promises_open",
            ["promised_for", "id"],
            unique=False,
            postgresql_where=sa.text("state IN ('made', 'moved')"),
        )

    op.create_table(
        "ticket_skills",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("skill_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["skill_id"], ["skills.id"], name=op.f("fk_ticket_skills_skill_id_skills"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_skills_ticket_id_tickets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "skill_id", name=op.f("pk_ticket_skills")),
    )
    with op.batch_alter_table("ticket_skills", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_skills_skill_id", ["skill_id"], unique=False)

    op.create_table(
        "sla_steps_taken",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("timer_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("policy_version_id", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["policy_version_id"],
            ["sla_policy_versions.id"],
            name=op.f("fk_sla_steps_taken_policy_version_id_sla_policy_versions"),
        ),
        sa.ForeignKeyConstraint(
            ["timer_id"], ["sla_timers.id"], name=op.f("fk_sla_steps_taken_timer_id_sla_timers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_steps_taken")),
        sa.UniqueConstraint("timer_id", "step", name=op.f("uq_sla_steps_taken_timer_id_step")),
    )
    with op.batch_alter_table("agents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("calendar_id", sa.BigInteger(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_agents_calendar_id_calendars"), "calendars", ["calendar_id"], ["id"])

    with op.batch_alter_table("availabilities", schema=None) as batch_op:
        batch_op.add_column(sa.Column("keeps_work", sa.Boolean(), server_default=sa.text("false"), nullable=False))
        batch_op.alter_column("keeps_work", server_default=None)

    with op.batch_alter_table("queues", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sticky", sa.Boolean(), server_default=sa.text("false"), nullable=False))
        batch_op.alter_column("sticky", server_default=None)
        batch_op.add_column(
            sa.Column("relax_after_minutes", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
        )
        batch_op.alter_column("relax_after_minutes", server_default=None)
        batch_op.add_column(
            sa.Column("next_team_after_minutes", sa.BigInteger(), server_default=sa.text("5"), nullable=False)
        )
        batch_op.alter_column("next_team_after_minutes", server_default=None)

    with op.batch_alter_table("routing_decisions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.Text(), server_default=sa.text("'dispatched'"), nullable=False))
        batch_op.alter_column("kind", server_default=None)
        batch_op.add_column(sa.Column("from_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("queue_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "relaxed", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
            )
        )
        batch_op.alter_column("relaxed", server_default=None)
        batch_op.add_column(
            sa.Column("teams", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False)
        )
        batch_op.alter_column("teams", server_default=None)
        batch_op.add_column(sa.Column("note", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("looks", sa.BigInteger(), server_default=sa.text("1"), nullable=False))
        batch_op.alter_column("looks", server_default=None)
        batch_op.add_column(
            sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
        )
        batch_op.alter_column("since", server_default=None)
        batch_op.drop_index(batch_op.f("ix_routing_decisions_ticket_id"))
        batch_op.create_index("ix_routing_decisions_ticket_id", ["ticket_id", "id"], unique=False)
        batch_op.create_index(
            "ix_routing_decisions_skipped",
            ["from_id", "at"],
            unique=False,
            postgresql_where=sa.text("kind = 'skipped'"),
        )
        batch_op.create_foreign_key(batch_op.f("fk_routing_decisions_queue_id_queues"), "queues", ["queue_id"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_routing_decisions_from_id_agents"), "agents", ["from_id"], ["id"])

    with op.batch_alter_table("sla_policy_versions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "chat_targets", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
            )
        )
        batch_op.alter_column("chat_targets", server_default=None)
        batch_op.add_column(
            sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False)
        )
        batch_op.alter_column("steps", server_default=None)
        batch_op.add_column(sa.Column("tells_ahead", sa.Boolean(), server_default=sa.text("false"), nullable=False))
        batch_op.alter_column("tells_ahead", server_default=None)

    with op.batch_alter_table("sla_timers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("step_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_sla_timers_step", ["step_at", "id"], unique=False, postgresql_where=sa.text("step_at IS NOT NULL")
        )

    with op.batch_alter_table("teams", schema=None) as batch_op:
        batch_op.add_column(sa.Column("calendar_id", sa.BigInteger(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_teams_calendar_id_calendars"), "calendars", ["calendar_id"], ["id"])

    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("turned_to", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("needs", sa.Text(), server_default=sa.text("'email:'"), nullable=False))
        batch_op.alter_column("needs", server_default=None)
        batch_op.add_column(sa.Column("unassigned_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("load_key", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("load_points", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
        batch_op.alter_column("load_points", server_default=None)
        batch_op.create_index(
            "ix_tickets_talks",
            ["id"],
            unique=False,
            postgresql_where=sa.text(
                "category IN ('new', 'open', 'pending', 'on_hold') AND spam_at IS NULL AND trashed_at IS NULL AND merged_into_id IS NULL AND channel = 'chat' AND turned_to IS DISTINCT FROM 'mail'"
            ),
        )
        batch_op.create_index(
            "ix_tickets_to_hand_out",
            ["queue_id", "needs", "due_order", "id"],
            unique=False,
            postgresql_where=sa.text(
                "category IN ('new', 'open') AND spam_at IS NULL AND trashed_at IS NULL AND merged_into_id IS NULL AND assignee_id IS NULL"
            ),
        )

    op.drop_constraint(op.f("ck_queues_strategy"), "queues", type_="check")
    op.create_check_constraint(
        op.f("ck_queues_strategy"), "queues", "strategy IN ('manual', 'round_robin', 'fewest_open', 'most_spare')"
    )
    op.execute(
        "UPDATE routing_decisions SET since = at, kind = CASE WHEN agent_id IS NULL THEN 'nobody' ELSE kind END, "
        "reason = CASE WHEN agent_id IS NULL THEN 'nobody' ELSE 'round_robin' END"
    )
    op.create_check_constraint(
        op.f("ck_routing_decisions_kind"),
        "routing_decisions",
        "kind IN ('dispatched', 'returned', 'next', 'nobody', 'released', 'skipped')",
    )
    op.execute("UPDATE tickets SET needs = 'chat:' WHERE channel = 'chat'")
    op.execute(
        "UPDATE tickets SET unassigned_since = opened_at WHERE assignee_id IS NULL AND category IN ('new', 'open') "
        "AND spam_at IS NULL AND trashed_at IS NULL AND merged_into_id IS NULL"
    )
    op.execute(
        "UPDATE tickets SET load_key = 'load:' || assignee_id || ':' || CASE WHEN channel = 'chat' THEN 'chat' "
        "ELSE 'email' END, load_points = CASE WHEN category IN ('new', 'open') AND (answered_at IS NULL "
        "OR customer_wrote_at > answered_at) THEN 100 ELSE 20 END "
        "WHERE assignee_id IS NOT NULL AND category IN ('new', 'open', 'pending', 'on_hold') "
        "AND spam_at IS NULL AND trashed_at IS NULL AND merged_into_id IS NULL"
    )
    op.execute(
        "INSERT INTO counters (key, value) SELECT load_key, sum(load_points) FROM tickets "
        "WHERE load_key IS NOT NULL GROUP BY load_key"
    )


def downgrade() -> None:
    """Take back."""
    op.execute("DELETE FROM counters WHERE key LIKE 'load:%'")
    op.execute("DELETE FROM counter_deltas WHERE key LIKE 'load:%'")
    op.drop_constraint(op.f("ck_routing_decisions_kind"), "routing_decisions", type_="check")
    op.execute("DELETE FROM routing_decisions WHERE kind IN ('next', 'released', 'skipped')")
    op.execute("UPDATE queues SET strategy = 'round_robin' WHERE strategy IN ('fewest_open', 'most_spare')")
    op.drop_constraint(op.f("ck_queues_strategy"), "queues", type_="check")
    op.create_check_constraint(op.f("ck_queues_strategy"), "queues", "strategy IN ('manual', 'round_robin')")
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_tickets_to_hand_out",
            postgresql_where=sa.text(
                "category IN ('new', 'open') AND spam_at IS NULL AND trashed_at IS NULL AND merged_into_id IS NULL AND assignee_id IS NULL"
            ),
        )
        batch_op.drop_index(
            "ix_tickets_talks",
            postgresql_where=sa.text(
                "category IN ('new', 'open', 'pending', 'on_hold') AND spam_at IS NULL AND trashed_at IS NULL AND merged_into_id IS NULL AND channel = 'chat' AND turned_to IS DISTINCT FROM 'mail'"
            ),
        )
        batch_op.drop_column("load_points")
        batch_op.drop_column("load_key")
        batch_op.drop_column("unassigned_since")
        batch_op.drop_column("needs")
        batch_op.drop_column("turned_to")

    with op.batch_alter_table("teams", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_teams_calendar_id_calendars"), type_="foreignkey")
        batch_op.drop_column("calendar_id")

    with op.batch_alter_table("sla_timers", schema=None) as batch_op:
        batch_op.drop_index("ix_sla_timers_step", postgresql_where=sa.text("step_at IS NOT NULL"))
        batch_op.drop_column("step_at")

    with op.batch_alter_table("sla_policy_versions", schema=None) as batch_op:
        batch_op.drop_column("tells_ahead")
        batch_op.drop_column("steps")
        batch_op.drop_column("chat_targets")

    with op.batch_alter_table("routing_decisions", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_routing_decisions_from_id_agents"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_routing_decisions_queue_id_queues"), type_="foreignkey")
        batch_op.drop_index("ix_routing_decisions_skipped", postgresql_where=sa.text("kind = 'skipped'"))
        batch_op.drop_index("ix_routing_decisions_ticket_id")
        batch_op.create_index(batch_op.f("ix_routing_decisions_ticket_id"), ["ticket_id"], unique=False)
        batch_op.drop_column("since")
        batch_op.drop_column("looks")
        batch_op.drop_column("note")
        batch_op.drop_column("teams")
        batch_op.drop_column("relaxed")
        batch_op.drop_column("queue_id")
        batch_op.drop_column("from_id")
        batch_op.drop_column("kind")

    with op.batch_alter_table("queues", schema=None) as batch_op:
        batch_op.drop_column("next_team_after_minutes")
        batch_op.drop_column("relax_after_minutes")
        batch_op.drop_column("sticky")

    with op.batch_alter_table("availabilities", schema=None) as batch_op:
        batch_op.drop_column("keeps_work")

    with op.batch_alter_table("agents", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_agents_calendar_id_calendars"), type_="foreignkey")
        batch_op.drop_column("calendar_id")

    op.drop_table("sla_steps_taken")
    with op.batch_alter_table("ticket_skills", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_skills_skill_id")

    op.drop_table("ticket_skills")
    with op.batch_alter_table("sla_promises", schema=None) as batch_op:
        batch_op.drop_index("ix_sla_promises_open", postgresql_where=sa.text("state IN ('made', 'moved')"))
        batch_op.drop_index("ix_sla_promises_made_at")

    op.drop_table("sla_promises")
    with op.batch_alter_table("sla_flips", schema=None) as batch_op:
        batch_op.drop_index("ix_sla_flips_ticket_id")
        batch_op.drop_index("ix_sla_flips_simulation_id_metric")

    op.drop_table("sla_flips")
    with op.batch_alter_table("sla_differences", schema=None) as batch_op:
        batch_op.drop_index("ix_sla_differences_found_at")

    op.drop_table("sla_differences")
    op.drop_table("sla_answer_times")
    with op.batch_alter_table("queue_teams", schema=None) as batch_op:
        batch_op.drop_index("ix_queue_teams_team_id")

    op.drop_table("queue_teams")
    with op.batch_alter_table("queue_skills", schema=None) as batch_op:
        batch_op.drop_index("ix_queue_skills_skill_id")

    op.drop_table("queue_skills")
    with op.batch_alter_table("sla_simulations", schema=None) as batch_op:
        batch_op.drop_index("ix_sla_simulations_going", postgresql_where=sa.text("state IN ('waiting', 'running')"))
        batch_op.drop_index("ix_sla_simulations_created_at")
        batch_op.drop_index("ix_sla_simulations_asked_by")

    op.drop_table("sla_simulations")
    with op.batch_alter_table("holiday_sources", schema=None) as batch_op:
        batch_op.drop_index("ix_holiday_sources_next_at", postgresql_where=sa.text("next_at IS NOT NULL"))
        batch_op.drop_index("ix_holiday_sources_calendar_id")

    op.drop_table("holiday_sources")
    with op.batch_alter_table("agent_skills", schema=None) as batch_op:
        batch_op.drop_index("ix_agent_skills_skill_id")

    op.drop_table("agent_skills")
    op.drop_table("agent_capacities")
    with op.batch_alter_table("tag_skills", schema=None) as batch_op:
        batch_op.drop_index("ix_tag_skills_skill_id")

    op.drop_table("tag_skills")
    op.drop_table("skills")
    op.drop_table("role_capacities")
    op.drop_table("channel_weights")
