"""Views are saved, and tickets of many queues are found in order."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ACTIVE = (
    "category IN ('new', 'open', 'pending', 'on_hold') "
    "AND spam_at IS NULL AND trashed_at IS NULL AND merged_into_id IS NULL"
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "saved_views",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("icon", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("shown_to", sa.Text(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("among", sa.Text(), nullable=False),
        sa.Column("joining", sa.Text(), nullable=False),
        sa.Column("conditions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sort", sa.Text(), nullable=False),
        sa.Column("columns", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("shown_to IN ('own', 'team', 'everybody')", name=op.f("ck_saved_views_shown_to")),
        sa.CheckConstraint("(shown_to = 'team') = (team_id IS NOT NULL)", name=op.f("ck_saved_views_team")),
        sa.CheckConstraint("among IN ('unsolved', 'past', 'all')", name=op.f("ck_saved_views_among")),
        sa.CheckConstraint("joining IN ('all', 'any')", name=op.f("ck_saved_views_joining")),
        sa.CheckConstraint(
            "sort IN ('due', 'newest', 'oldest', 'updated', 'untouched')", name=op.f("ck_saved_views_sort")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["agents.id"], name=op.f("fk_saved_views_owner_id_agents"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_saved_views_team_id_teams"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    op.create_index("ix_saved_views_owner_id", "saved_views", ["owner_id"])
    op.create_index("ix_saved_views_team_id", "saved_views", ["team_id"])
    op.create_index("ix_tickets_active_due", "tickets", ["due_order", "id"], postgresql_where=sa.text(ACTIVE))
    op.create_index("ix_tickets_updated_at", "tickets", ["updated_at", "id"])


def downgrade() -> None:
    """Take back; views that were saved are gone then."""
    op.drop_index("ix_tickets_updated_at", "tickets")
    op.drop_index("ix_tickets_active_due", "tickets", postgresql_where=sa.text(ACTIVE))
    op.drop_table("saved_views")
