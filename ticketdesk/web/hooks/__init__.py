"""What other machines post to us."""

from ticketdesk.web.hooks import email
from ticketdesk.web.hooks.door import blueprint

__all__ = ["blueprint", "email"]
