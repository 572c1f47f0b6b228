"""Settings, for administrators."""

from ticketdesk.web.admin import (
    agents,
    aside,
    hours,
    mailboxes,
    policies,
    queues,
    start,
    teams,
    widget_preview,
    widgets,
)
from ticketdesk.web.admin.door import blueprint

__all__ = [
    "agents",
    "aside",
    "blueprint",
    "hours",
    "mailboxes",
    "policies",
    "queues",
    "start",
    "teams",
    "widget_preview",
    "widgets",
]
