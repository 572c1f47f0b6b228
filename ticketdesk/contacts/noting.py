"""Notes about a contact: writing, changing and removing them."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select

from ticketdesk.contacts.contact import Contact
from ticketdesk.contacts.note import ContactNote
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, NotAllowed, NotFound

LONGEST = 10_000
MOST = 100
"""So many of the newest are shown."""


def of(contact_ids: Collection[int]) -> list[ContactNote]:
    """The notes of a contact and of those that were joined with it, the newest first."""
    found = select(ContactNote).where(ContactNote.contact_id.in_(contact_ids)).order_by(ContactNote.id.desc())
    return list(db.session.scalars(found.limit(MOST)))


def write(contact: Contact, text: str, agent_id: int, at: datetime) -> ContactNote:
    """Add a note of an agent's; raises Invalid for one without words."""
    note = ContactNote(contact_id=contact.id, agent_id=agent_id, text=_checked(text), written_at=at, edited_at=None)
    db.session.add(note)
    db.session.flush()
    return note


def write_many(texts: Iterable[tuple[int, str]], agent_id: int, at: datetime) -> None:
    """Add notes of an agent's about many contacts, each with the contact's id; raises Invalid for one without words."""
    db.session.add_all(
        ContactNote(contact_id=contact_id, agent_id=agent_id, text=_checked(text), written_at=at, edited_at=None)
        for contact_id, text in texts
    )


def change(contact_ids: Collection[int], note_id: int, text: str, by: Actor, at: datetime) -> ContactNote:
    """Let one's own note say something else; raises NotFound, NotAllowed or Invalid."""
    note = _own(contact_ids, note_id, by)
    note.text, note.edited_at = _checked(text), at
    return note


def remove(contact_ids: Collection[int], note_id: int, by: Actor, at: datetime) -> None:
    """Let one's own note go; raises NotFound or NotAllowed."""
    note = _own(contact_ids, note_id, by)
    audit.note("contact_note_removed", "contact", note.contact_id, by, at, {"note_id": note.id})
    db.session.delete(note)


def _own(contact_ids: Collection[int], note_id: int, by: Actor) -> ContactNote:
    note = db.session.scalar(
        select(ContactNote).where(ContactNote.id == note_id, ContactNote.contact_id.in_(contact_ids)).with_for_update()
    )
    if note is None:
        raise NotFound("There is no such note.")
    if note.agent_id != by.id:
        raise NotAllowed("Only who wrote a note changes or removes it.")
    return note


def _checked(text: str) -> str:
    words = text.strip()
    if not words:
        raise Invalid("Write a few words first.", "text")
    if len(words) > LONGEST:
        raise Invalid("This is too long for a note.", "text")
    return words
