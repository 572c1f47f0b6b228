"""Escalation steps in words: when one comes."""

from ticketdesk.web.desk import due
from ticketdesk.web.spans import short
from ticketdesk.web.texts import _


def offset(offset_s: int) -> str:
    """How far from the due time: "30 min before it is due", "when it is due", "2 h after it was due"."""
    if offset_s < 0:
        return _("%(span)s before it is due", span=short(-offset_s))
    if offset_s == 0:
        return _("when it is due")
    return _("%(span)s after it was due", span=short(offset_s))


def moment(metric: str, offset_s: int) -> str:
    """The same with the clock's name: "First response, 30 min before it is due"."""
    return _("%(metric)s, %(offset)s", metric=due.metric(metric), offset=offset(offset_s))
