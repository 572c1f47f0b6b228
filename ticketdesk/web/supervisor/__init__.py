"""The supervisor's pages: what waits now, how long it took, how content customers were."""

from ticketdesk.web.supervisor import live, satisfaction, times, times_behind
from ticketdesk.web.supervisor.door import blueprint

__all__ = ["blueprint", "live", "satisfaction", "times", "times_behind"]
