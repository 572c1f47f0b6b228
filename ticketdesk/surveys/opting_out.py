"""Not to be asked any more, and asking again."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.contacts.contact import Identity
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.surveys.opt_out import SurveyOptOut


def opt_out(identity_id: int, by: Actor, at: datetime) -> bool:
    """Send this person no survey any more, at none of their addresses; False when they had said so before."""
    made = db.session.scalar(
        insert(SurveyOptOut)
        .values(identity_id=identity_id, since=at)
        .on_conflict_do_nothing(index_elements=[SurveyOptOut.identity_id])
        .returning(SurveyOptOut.identity_id)
    )
    if made is not None:
        audit.note("survey_opted_out", "identity", identity_id, by, at)
    return made is not None


def opt_in(identity_id: int, by: Actor, at: datetime) -> bool:
    """Surveys may come again to this address; False when nothing stood against it."""
    gone = db.session.scalar(
        delete(SurveyOptOut).where(SurveyOptOut.identity_id == identity_id).returning(SurveyOptOut.identity_id)
    )
    if gone is not None:
        audit.note("survey_opted_in", "identity", identity_id, by, at)
    return gone is not None


def is_out(identity_id: int) -> bool:
    """Whether this address itself was taken off."""
    return db.session.get(SurveyOptOut, identity_id) is not None


def newest(limit: int) -> list[tuple[Identity, datetime]]:
    """Who said so last, the newest first."""
    rows = db.session.execute(
        select(Identity, SurveyOptOut.since)
        .join(SurveyOptOut, SurveyOptOut.identity_id == Identity.id)
        .order_by(SurveyOptOut.since.desc(), Identity.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]
