"""The portal: where customers find help, write, and follow their tickets."""

from ticketdesk.web.portal import forms, surveys
from ticketdesk.web.portal.door import blueprint

__all__ = ["blueprint", "forms", "surveys"]
