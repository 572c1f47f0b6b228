"""What all routes of a contact begin with: the contact, among those that the agent may see."""

from flask import abort, redirect, url_for

from ticketdesk.contacts import linking
from ticketdesk.contacts.contact import Contact
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotAllowed, NotFound
from ticketdesk.tickets import acquaintances, visibility
from ticketdesk.web.desk import door
from ticketdesk.web.texts import _


def find(contact_id: int) -> Contact:
    """A contact that the agent may see; raises NotFound."""
    found = db.session.scalar(
        acquaintances.visible_contacts(visibility.reader(door.me())).where(Contact.id == contact_id)
    )
    if found is None:
        raise NotFound(_("There is no such contact, or none that you can see."))
    return found


def follow(contact_id: int) -> Contact:
    """The same, for a page: whoever comes to a contact that was joined with another is led there."""
    end = linking.end_of(contact_id)
    found = find(end)
    if end != contact_id:
        abort(redirect(url_for("desk.contact", contact_id=end)))
    return found


def find_for_change(contact_id: int) -> Contact:
    """One that the agent may change; raises NotFound, or NotAllowed."""
    found = find(contact_id)
    if not acquaintances.may_change(door.me(), found):
        raise NotAllowed(_("You may see this contact, but changes are for those who answer them."))
    return found
