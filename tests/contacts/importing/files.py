"""Files of contacts, and imports that tests let run to their end."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from tests.people import World
from ticketdesk.contacts import linking
from ticketdesk.contacts.contact import Contact, Identity, IdentityLink
from ticketdesk.contacts.importing import asking
from ticketdesk.contacts.importing.asking import Wishes
from ticketdesk.contacts.importing.contact_import import ContactImport, ContactImportLine
from ticketdesk.core import jobs
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow

HEAD = ("Name", "Email", "Company")


def written(rows: Iterable[Sequence[object]], head: Sequence[str] = HEAD) -> bytes:
    """A file as spreadsheets write it."""
    file = io.StringIO()
    csv.writer(file).writerows([head, *rows])
    return file.getvalue().encode()


def brought(world: World, now: datetime, content: bytes) -> ContactImport:
    """A file of ada's, committed."""
    one = asking.bring(content, "people.csv", world.ada.actor, now)
    db.session.commit()
    return one


def tried(world: World, now: datetime, one: ContactImport, **wishes: Any) -> ContactImport:
    """What would come of it, with the columns as they were guessed unless said otherwise."""
    asking.choose(one, Wishes(**{"targets": list(one.targets), **wishes}), one.revision, world.ada.actor, now)
    db.session.commit()
    return worked(one, now)


def carried(world: World, now: datetime, one: ContactImport) -> ContactImport:
    """Carried out to its end."""
    asking.start(one, one.revision, world.ada.actor, now)
    db.session.commit()
    return worked(one, now)


def imported(world: World, now: datetime, content: bytes, **wishes: Any) -> ContactImport:
    """All of it; what was tried must have been true."""
    one = tried(world, now, brought(world, now, content), **wishes)
    foretold = counts(one)
    carried(world, now, one)
    assert counts(one) == foretold
    assert one.state == "done"
    return one


def worked(one: ContactImport, now: datetime) -> ContactImport:
    """Let the background work until nothing of it waits."""
    at = now
    while waiting := db.session.scalars(
        select(OutboxRow.id).where(OutboxRow.task == asking.TASK, OutboxRow.state == "queued").order_by(OutboxRow.id)
    ).all():
        for row_id in waiting:
            jobs.run(row_id, at)
        at += timedelta(minutes=1)
    db.session.refresh(one)
    return one


def counts(one: ContactImport) -> tuple[int, int, int, int]:
    """Made, changed, left alone, refused."""
    return one.made, one.changed, one.unchanged, one.refused


def reasons(one: ContactImport) -> dict[int, str]:
    """Why lines of the file were refused."""
    rows = select(ContactImportLine).where(
        ContactImportLine.import_id == one.id, ContactImportLine.verdict == "refused"
    )
    return {row.at: row.reason for row in db.session.scalars(rows.order_by(ContactImportLine.at))}


def contact(address: str) -> Contact:
    """Whose address it is."""
    identity = db.session.scalars(select(Identity).where(Identity.value == address)).one()
    return db.session.get_one(Contact, linking.contact_of(identity), populate_existing=True)


def everything() -> dict[str, list[tuple[object, ...]]]:
    """All contacts and addresses."""
    db.session.expire_all()
    return {
        "contacts": [(one.id, one.name, one.organization_id) for one in db.session.query(Contact).order_by(Contact.id)],
        "identities": [(one.id, one.value) for one in db.session.query(Identity).order_by(Identity.id)],
        "links": [(one.id, one.contact_id) for one in db.session.query(IdentityLink).order_by(IdentityLink.id)],
    }
