"""The portal: where customers find help, write, and follow their tickets."""

from ticketdesk.web.portal import entering, forms, help, logos, my, private, surveys, ticket
from ticketdesk.web.portal.door import blueprint

__all__ = ["blueprint", "entering", "forms", "help", "logos", "my", "private", "surveys", "ticket"]
