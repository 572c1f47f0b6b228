"""How often something may be tried: atomic rows in PostgreSQL, so that limits hold without Redis."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Model


class Throttle(Model):
    """Tries under one key within one window, e.g. "sign-in:account:ada@example.com"."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(primary_key=True)
    window_start: Mapped[datetime]
    tries: Mapped[int]
