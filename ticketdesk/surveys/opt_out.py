"""Who does not want to be asked."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Model


class SurveyOptOut(Model):
    """One address at which no survey is welcome; it holds for every address of the same contact."""

    __tablename__ = "survey_opt_outs"

    identity_id: Mapped[int] = mapped_column(ForeignKey("identities.id", ondelete="CASCADE"), primary_key=True)
    since: Mapped[datetime]
