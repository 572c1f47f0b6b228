"""Bringing a file of contacts: what its columns say, and letting it be tried, carried out, stopped, forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from ticketdesk.contacts import attributes
from ticketdesk.contacts.attribute import ContactAttribute
from ticketdesk.contacts.attributes import Definition
from ticketdesk.contacts.importing import columns, reading
from ticketdesk.contacts.importing.contact_import import ContactImport, ContactImportLine
from ticketdesk.core import audit, outbox, storage
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.core.rows import held

TASK = "contacts.import"
KEPT = timedelta(days=30)
SAMPLES = 5
SAMPLE = 60
"""Lines of a file that are shown while its columns are mapped, and characters of a cell."""
AT_ONCE = 20
"""Old imports that are forgotten in one round; each may have many lines."""
CHANGED = "This import was changed in between. Look again at what would happen."


@dataclass(frozen=True, slots=True)
class Wishes:
    """What somebody says of a file."""

    targets: Sequence[str]
    known_by_id: int | None = None
    overwrites: bool = False


def bring(content: bytes, filename: str, by: Actor, at: datetime) -> ContactImport:
    """Keep a file, with a guess at what its columns say; raises Invalid for what is no table."""
    try:
        table = reading.read(content, keep=columns.SAMPLE)
    except reading.Unreadable as error:
        raise Invalid(str(error), "file") from error
    own = [columns.Attribute(one.id, one.key, one.label) for one in attributes.shown()]
    made = ContactImport(
        asked_by=by.id,
        created_at=at,
        filename=filename,
        blob_sha256=storage.keep(content, at),
        encoding=table.encoding,
        between=table.between,
        headings=table.headings,
        samples=[[" ".join(cell.split())[:SAMPLE] for cell in line.cells] for line in table.lines[:SAMPLES]],
        lines=table.many,
        targets=columns.guess(table.headings, table.lines, own),
        known_by_id=None,
        begun_at=None,
        finished_at=None,
    )
    db.session.add(made)
    db.session.flush()
    audit.note("contact_import_brought", "contact_import", made.id, by, at, {"lines": made.lines})
    return made


def choose(one: ContactImport, wishes: Wishes, revision: int, by: Actor, at: datetime) -> ContactImport:
    """Say what the columns say, and let it be tried; raises Invalid or Conflict.

    Columns that are to be attributes become some, called as their headings are.
    """
    one = held(ContactImport, one.id)
    if one.has_begun or one.state == "checking" or one.revision != revision:
        raise Conflict(CHANGED)
    targets, shown = list(wishes.targets), attributes.shown()
    _check(one, targets, {attribute.id for attribute in shown})
    _check_known_by(wishes.known_by_id, targets, shown)
    taken = set(db.session.scalars(select(ContactAttribute.key)))
    for place, target in enumerate(targets):
        if target == columns.NEW:
            label = one.headings[place][: attributes.LONGEST_NAME].strip()
            made = attributes.define(Definition(label, columns.key_of(label, taken)), by, at)
            taken.add(made.key)
            targets[place] = columns.of_attribute(made.id)
    one.targets, one.known_by_id, one.overwrites = targets, wishes.known_by_id, wishes.overwrites
    one.revision += 1
    return _begin(one, "checking", at)


def start(one: ContactImport, revision: int, by: Actor, at: datetime) -> ContactImport:
    """Carry it out as it was tried, or go on where it was stopped; raises Conflict."""
    one = held(ContactImport, one.id)
    if one.state not in ("checked", "stopped") or one.revision != revision:
        raise Conflict(CHANGED)
    audit.note("contact_import_started", "contact_import", one.id, by, at)
    return _begin(one, "running", at, afresh=one.state == "checked")


def stop(one: ContactImport, at: datetime) -> ContactImport:
    """Let it be after the lines that are done; what was only tried is to be mapped again."""
    one = held(ContactImport, one.id)
    if one.is_going:
        one.state = "mapping" if one.state == "checking" else "stopped"
        one.finished_at = at
    return one


def forget(one: ContactImport, by: Actor, at: datetime) -> None:
    """Delete what is kept of it and its file; the contacts stay. Raises Conflict while it is going on."""
    one = held(ContactImport, one.id)
    if one.is_going:
        raise Conflict("Stop it first.")
    audit.note("contact_import_forgotten", "contact_import", one.id, by, at)
    db.session.delete(one)
    db.session.flush()


def forget_old(now: datetime) -> int:
    """Delete what was brought more than 30 days ago, with its lines; returns how many."""
    old = (
        select(ContactImport.id)
        .where(ContactImport.created_at < now - KEPT)
        .order_by(ContactImport.created_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    gone = db.session.scalars(
        delete(ContactImport).where(ContactImport.id.in_(old)).returning(ContactImport.id),
        execution_options={"synchronize_session": False},
    )
    return len(gone.all())


def _begin(one: ContactImport, state: str, at: datetime, *, afresh: bool = True) -> ContactImport:
    if afresh:
        one.reached = one.made = one.changed = one.unchanged = one.refused = 0
        db.session.execute(
            delete(ContactImportLine).where(ContactImportLine.import_id == one.id),
            execution_options={"synchronize_session": False},
        )
    one.state, one.begun_at, one.finished_at = state, at, None
    outbox.add(TASK, {"import_id": one.id}, due_at=at)
    return one


def _check(one: ContactImport, targets: Sequence[str], known: set[int]) -> None:
    plain = (columns.NOTHING, columns.NAME, columns.EMAIL, columns.ORGANIZATION, columns.DOMAIN, columns.NOTE)
    offered = {*plain, columns.NEW, *(columns.of_attribute(number) for number in known)}
    if len(targets) != len(one.headings) or not set(targets) <= offered:
        raise Conflict(CHANGED)
    for place, target in enumerate(targets):
        if target not in columns.OFTEN and target in targets[:place]:
            raise Invalid("Another column says this already.", f"column-{place}")
        if target == columns.NEW and not one.headings[place]:
            raise Invalid("A column without a heading cannot be an attribute.", f"column-{place}")
    if columns.EMAIL not in targets:
        raise Invalid("Choose a column with mail addresses: without one, nobody could be reached.")


def _check_known_by(known_by_id: int | None, targets: Sequence[str], shown: Sequence[ContactAttribute]) -> None:
    if known_by_id is None:
        return
    if not any(one.id == known_by_id and one.kind == "text" for one in shown):
        raise Invalid("Contacts are known by an attribute of the kind text.", "known_by")
    if columns.of_attribute(known_by_id) not in targets:
        raise Invalid("No column says this attribute.", "known_by")
