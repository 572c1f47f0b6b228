"""Files of a form that could not be taken yet, kept so that nobody has to choose them again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from ticketdesk.channels.form.form import Form, FormUpload
from ticketdesk.core import storage, tokens
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets.placing import LARGEST_IN_ALL, MOST_FILES, NewFile

KEPT = timedelta(days=1)
"""As long as the page they were chosen in can be sent."""
MOST_A_FILLING = 3 * MOST_FILES


def kept(form: Form, filling: str, references: Sequence[str]) -> list[FormUpload]:
    """Those of a filling's files that its page still names, in their order."""
    return list(
        db.session.scalars(
            select(FormUpload)
            .where(
                FormUpload.form_id == form.id,
                FormUpload.filling == filling,
                FormUpload.reference.in_(references[:MOST_FILES]),
            )
            .order_by(FormUpload.id)
        )
    )


def check(before: Sequence[FormUpload], files: Sequence[NewFile]) -> None:
    """Raises Invalid when the files are more, or larger, than one message takes along."""
    size = sum(row.size for row in before) + sum(len(file.content) for file in files)
    if len(before) + len(files) > MOST_FILES or size > LARGEST_IN_ALL:
        raise Invalid(f"At most {MOST_FILES} files and {LARGEST_IN_ALL // 1_000_000} MB go into one message.", "files")


def keep(form: Form, filling: str, files: Sequence[NewFile], at: datetime) -> list[FormUpload]:
    """Keep more files of a filling, as far as it may have any more."""
    many = len(db.session.scalars(select(FormUpload.id).where(FormUpload.filling == filling)).all())
    made = [
        FormUpload(
            reference=tokens.reference(),
            form_id=form.id,
            filling=filling,
            blob_sha256=storage.keep(file.content, at),
            filename=file.filename,
            content_type=file.content_type,
            size=len(file.content),
            created_at=at,
        )
        for file in files[: max(MOST_A_FILLING - many, 0)]
    ]
    db.session.add_all(made)
    db.session.flush()
    return made


def as_files(rows: Sequence[FormUpload]) -> list[NewFile]:
    """The same as files on their way into a message."""
    return [NewFile(row.filename, row.content_type, storage.read(row.blob_sha256)) for row in rows]


def forget(filling: str) -> None:
    """The filling was sent: its message has the files now."""
    db.session.execute(
        delete(FormUpload).where(FormUpload.filling == filling), execution_options={"synchronize_session": False}
    )


def sweep(now: datetime) -> None:
    """Forget what was never sent."""
    db.session.execute(
        delete(FormUpload).where(FormUpload.created_at < now - KEPT), execution_options={"synchronize_session": False}
    )
