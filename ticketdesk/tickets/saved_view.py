"""A saved view: a list that somebody put together from conditions and gave a name."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model

OWN, TEAM, EVERYBODY = "own", "team", "everybody"


class SavedView(Model):
    """One view; whoever looks at it sees of its tickets only what they may see anyway."""

    __tablename__ = "saved_views"
    __table_args__ = (
        CheckConstraint("shown_to IN ('own', 'team', 'everybody')", name="shown_to"),
        CheckConstraint("(shown_to = 'team') = (team_id IS NOT NULL)", name="team"),
        CheckConstraint("among IN ('unsolved', 'past', 'all')", name="among"),
        CheckConstraint("joining IN ('all', 'any')", name="joining"),
        CheckConstraint("sort IN ('due', 'newest', 'oldest', 'updated', 'untouched')", name="sort"),
        Index("ix_saved_views_owner_id", "owner_id"),
        Index("ix_saved_views_team_id", "team_id"),
    )

    id: Mapped[Id]
    name: Mapped[str]
    icon: Mapped[str] = mapped_column(default="filter")  # a name in the icon set
    owner_id: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    shown_to: Mapped[str]  # "own", "team" or "everybody"
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    among: Mapped[str]  # of `saved_view_fields.AMONG`
    joining: Mapped[str]  # whether all of its conditions must hold, or any
    conditions: Mapped[list[Any]]  # as `saved_view_fields.stored` writes them
    sort: Mapped[str]  # of `saved_view_fields.SORTS`
    columns: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)  # what each row shows besides
    position: Mapped[int]  # among those of its owner, or among the shared ones
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]  # counts of before are none of it

    @property
    def is_shared(self) -> bool:
        """Whether others have it, too."""
        return self.shown_to != OWN
