"""Attributes of contacts: which there are, and saying them of somebody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.contacts import attribute_values, linking
from ticketdesk.contacts.attribute import KINDS, ContactAttribute, ContactValue
from ticketdesk.contacts.attribute_values import Unfit
from ticketdesk.contacts.contact import Contact
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid

MOST = 40
"""So many attributes at a time: each is a field of a contact's form."""
MOST_CHOICES = 100
LONGEST_NAME = 60
LONGEST_KEY = 40


@dataclass(frozen=True, slots=True)
class Definition:
    """What an administrator says of an attribute; key and kind count for a new one only."""

    label: str
    key: str = ""
    kind: str = "text"
    choices: Sequence[str] = ()


def shown() -> list[ContactAttribute]:
    """Those that are shown, in their order."""
    of = select(ContactAttribute).where(ContactAttribute.archived_at.is_(None))
    return list(db.session.scalars(of.order_by(ContactAttribute.position, ContactAttribute.id)))


def values_of(contact_ids: Sequence[int]) -> dict[int, str]:
    """What is said of a contact, by attribute; where it says nothing, what was said of those joined with it.

    The contact itself comes first in `contact_ids`; an empty value of its own hides what the others say.
    """
    rows = db.session.scalars(select(ContactValue).where(ContactValue.contact_id.in_(contact_ids))).all()
    nearest = sorted(rows, key=lambda row: contact_ids.index(row.contact_id), reverse=True)
    found = {row.attribute_id: row.value for row in nearest}
    return {number: value for number, value in found.items() if value}


def define(what: Definition, by: Actor, at: datetime) -> ContactAttribute:
    """Make an attribute, at the end of the list; raises Invalid or Conflict."""
    key = what.key.strip().lower()
    if not key or len(key) > LONGEST_KEY or not all(sign in "abcdefghijklmnopqrstuvwxyz0123456789_" for sign in key):
        raise Invalid("A key has small letters, digits and underscores only.", "key")
    if what.kind not in KINDS:
        raise Invalid("There is no such kind.", "kind")
    if db.session.scalar(select(ContactAttribute.id).where(ContactAttribute.key == key)) is not None:
        raise Invalid("Another attribute has this key.", "key")
    if db.session.scalar(select(func.count()).where(ContactAttribute.archived_at.is_(None))) >= MOST:  # type: ignore[operator]
        raise Conflict("There are as many attributes as can be shown. Archive one first.")
    last = db.session.scalar(select(func.max(ContactAttribute.position)))
    made = ContactAttribute(
        key=key,
        label=_label(what.label),
        kind=what.kind,
        choices=_choices(what),
        position=0 if last is None else last + 1,
        created_at=at,
        archived_at=None,
    )
    db.session.add(made)
    db.session.flush()
    audit.note("contact_attribute_defined", "contact_attribute", made.id, by, at, {"key": key, "kind": made.kind})
    return made


def change(attribute: ContactAttribute, what: Definition, by: Actor, at: datetime) -> None:
    """Let it be called otherwise, or offer other choices; raises Invalid. What was chosen before stays said."""
    attribute.label = _label(what.label)
    attribute.choices = _choices(Definition(what.label, kind=attribute.kind, choices=what.choices))
    audit.note("contact_attribute_changed", "contact_attribute", attribute.id, by, at)


def archive(attribute: ContactAttribute, by: Actor, at: datetime) -> None:
    """Show it no more; what it says is kept."""
    if attribute.archived_at is None:
        attribute.archived_at = at
        audit.note("contact_attribute_archived", "contact_attribute", attribute.id, by, at)


def restore(attribute: ContactAttribute, by: Actor, at: datetime) -> None:
    """Show it again."""
    if attribute.archived_at is not None:
        attribute.archived_at = None
        audit.note("contact_attribute_restored", "contact_attribute", attribute.id, by, at)


def say(contact: Contact, typed: Mapping[ContactAttribute, str], by: Actor, at: datetime) -> None:
    """Say several attributes of a contact, empty for nothing.

    Raises Invalid for the first that does not fit; its field is "attribute-" and the attribute's number. A choice that
    is offered no more may stay as it was.
    """
    parts = linking.parts_of(contact.id)
    present, below = values_of(parts), values_of(parts[1:])  # what is shown, and what of it others say
    wanted = {}
    for attribute, words in typed.items():
        if " ".join(words.split()) == present.get(attribute.id):
            continue
        try:
            wanted[attribute.id] = attribute_values.normal(attribute.kind, words, attribute.choices)
        except Unfit as error:
            raise Invalid(str(error), f"attribute-{attribute.id}") from error
    changed = sorted(number for number, value in wanted.items() if value != present.get(number, ""))
    if not changed:
        return
    gone = [number for number in changed if not wanted[number] and number not in below]
    said: list[dict[str, object]] = [
        {"contact_id": contact.id, "attribute_id": number, "value": wanted[number]}
        for number in changed
        if number not in gone
    ]
    if gone:
        db.session.execute(
            delete(ContactValue).where(ContactValue.contact_id == contact.id, ContactValue.attribute_id.in_(gone)),
            execution_options={"synchronize_session": False},
        )
    if said:
        _keep(said)
    audit.note("contact_changed", "contact", contact.id, by, at, {"attributes": changed})


def say_of_many(
    made: Mapping[int, Mapping[int, str]], changed: Mapping[int, Mapping[int, str]], by: Actor, at: datetime
) -> None:
    """Say values of many contacts at once, by contact and attribute: of some just made, and of others.

    The values have their form (`attribute_values.normal`) and none is empty. Of contacts just made, that they were
    made is noted, and no more.
    """
    rows = [
        {"contact_id": contact_id, "attribute_id": number, "value": value}
        for values in (made, changed)
        for contact_id, said in sorted(values.items())
        for number, value in sorted(said.items())
    ]
    if rows:
        _keep(rows)
    for contact_id, said in changed.items():
        if said:
            audit.note("contact_changed", "contact", contact_id, by, at, {"attributes": sorted(said)})


def _keep(rows: list[dict[str, object]]) -> None:
    row = insert(ContactValue)
    db.session.execute(
        row.on_conflict_do_update(
            index_elements=[ContactValue.contact_id, ContactValue.attribute_id], set_={"value": row.excluded.value}
        ),
        rows,
    )


def _label(typed: str) -> str:
    label = " ".join(typed.split())
    if not label or len(label) > LONGEST_NAME:
        raise Invalid(f"A label has 1 to {LONGEST_NAME} characters.", "label")
    return label


def _choices(what: Definition) -> list[str]:
    if what.kind != "choice":
        return []
    choices = list(dict.fromkeys(" ".join(choice.split()) for choice in what.choices if choice.strip()))
    if not choices:
        raise Invalid("Name at least one choice.", "choices")
    if len({choice.casefold() for choice in choices}) < len(choices):
        raise Invalid("Two choices differ by small and large letters only.", "choices")
    if len(choices) > MOST_CHOICES or any(len(choice) > LONGEST_NAME for choice in choices):
        raise Invalid(f"There are at most {MOST_CHOICES} choices of {LONGEST_NAME} characters.", "choices")
    return choices
