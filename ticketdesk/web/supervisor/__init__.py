"""The supervisor's pages: what waits now, how long it took, how content customers were, and what would have been."""

from ticketdesk.web.supervisor import (
    follow_ups,
    live,
    promises,
    satisfaction,
    simulation,
    simulation_adoption,
    simulation_flips,
    simulator,
    times,
    times_behind,
    worked,
)
from ticketdesk.web.supervisor.door import blueprint

__all__ = [
    "blueprint",
    "follow_ups",
    "live",
    "promises",
    "satisfaction",
    "simulation",
    "simulation_adoption",
    "simulation_flips",
    "simulator",
    "times",
    "times_behind",
    "worked",
]
