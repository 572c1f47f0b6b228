"""The supervisor's pages: what waits now, how long it took, how content customers were."""

from ticketdesk.web.supervisor import follow_ups, live, promises, satisfaction, times, times_behind
from ticketdesk.web.supervisor.door import blueprint

__all__ = ["blueprint", "follow_ups", "live", "promises", "satisfaction", "times", "times_behind"]
