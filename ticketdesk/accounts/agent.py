"""An agent: someone of the company who signs in."""

from datetime import datetime
from typing import Literal

from flask_login import UserMixin
from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.actor import Actor
from ticketdesk.core.db import Id, Model

Role = Literal["agent", "supervisor", "administrator"]
ROLES: tuple[Role, ...] = ("agent", "supervisor", "administrator")
UNDO_CHOICES = (0, 5, 10, 20)
"""For how many seconds what was sent by mail can be taken back (docs/decisions/0006)."""
THEMES = ("system", "light", "dark")
DENSITIES = ("comfortable", "compact")


class Agent(Model, UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """One person with a sign-in; what they may do follows from role, teams and grants."""

    __tablename__ = "agents"
    __table_args__ = (
        UniqueConstraint("email"),
        CheckConstraint("role IN ('agent', 'supervisor', 'administrator')", name="role"),
        CheckConstraint("theme IN ('system', 'light', 'dark')", name="theme"),
        CheckConstraint("density IN ('comfortable', 'compact')", name="density"),
    )

    id: Mapped[Id]
    email: Mapped[str]  # normalised like every address
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str | None]  # argon2id; None until chosen by a one-time link
    signature: Mapped[str] = mapped_column(default="")  # Markdown, under replies by mail
    locale: Mapped[str] = mapped_column(default="en")
    timezone: Mapped[str] = mapped_column(default="UTC")
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("calendars.id"))  # working hours; None: the team's
    undo_seconds: Mapped[int] = mapped_column(default=10)  # how long a sent mail can be taken back; one of UNDO_CHOICES
    theme: Mapped[str] = mapped_column(default="system")  # one of THEMES
    density: Mapped[str] = mapped_column(default="comfortable")  # of lists, one of DENSITIES
    opens: Mapped[str | None]  # the name of the view that the desk begins with; None: the first queue
    has_keys: Mapped[bool] = mapped_column(default=True)  # whether single keys do things (WCAG 2.1.4)
    measures_time: Mapped[bool] = mapped_column(default=True)  # whether the time they spend on tickets is measured
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]  # may no longer sign in; past work stays

    @property
    def is_active(self) -> bool:
        """Whether this person may use the product at all."""
        return self.disabled_at is None

    @property
    def is_administrator(self) -> bool:
        """Whether every setting and every ticket is theirs to see."""
        return self.role == "administrator"

    @property
    def is_supervisor(self) -> bool:
        """Whether they answer for teams; administrators do as well."""
        return self.role in ("supervisor", "administrator")

    @property
    def actor(self) -> Actor:
        """This person as the doer of a change."""
        return Actor("agent", self.id)

    @property
    def initials(self) -> str:
        """Up to two letters for the round picture."""
        words = self.name.split() or [self.email]
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()
