"""What is said of a contact: the name, and where they belong."""

from datetime import datetime

from ticketdesk.contacts.contact import Contact, Organization
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.errors import Invalid

LONGEST_NAME = 120


def rename(contact: Contact, name: str, by: Actor, at: datetime) -> None:
    """Call somebody otherwise; what they called themselves stays with their addresses. Raises Invalid."""
    wanted = " ".join(name.split())
    if not wanted or len(wanted) > LONGEST_NAME:
        raise Invalid(f"A name has 1 to {LONGEST_NAME} characters.", "name")
    if wanted != contact.name:
        contact.name = wanted
        audit.note("contact_changed", "contact", contact.id, by, at, {"name": True})


def belong(contact: Contact, organization: Organization | None, by: Actor, at: datetime) -> None:
    """Let somebody belong to an organization, or to none."""
    wanted = organization.id if organization is not None else None
    if wanted != contact.organization_id:
        audit.note(
            "contact_changed", "contact", contact.id, by, at, {"organization": [contact.organization_id, wanted]}
        )
        contact.organization_id = wanted
