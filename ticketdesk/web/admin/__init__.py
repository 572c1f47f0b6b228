"""Settings, for administrators."""

from ticketdesk.web.admin import agents, aside, hours, mailboxes, policies, queues, start, teams
from ticketdesk.web.admin.door import blueprint

__all__ = ["agents", "aside", "blueprint", "hours", "mailboxes", "policies", "queues", "start", "teams"]
