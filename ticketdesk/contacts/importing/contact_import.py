"""An import: a file that an administrator brought, what its columns say, how far it is, and what came of its lines."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model

GOING = ("checking", "running")


class ContactImport(Model):
    """One file of contacts."""

    __tablename__ = "contact_imports"
    __table_args__ = (
        Index("ix_contact_imports_created_at", "created_at"),
        Index("ix_contact_imports_asked_by", "asked_by"),
        Index("ix_contact_imports_blob_sha256", "blob_sha256"),
        CheckConstraint(
            "state IN ('mapping', 'checking', 'checked', 'running', 'stopped', 'done', 'failed')", name="state"
        ),
    )

    id: Mapped[Id]
    asked_by: Mapped[int] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    filename: Mapped[str]  # for showing only
    blob_sha256: Mapped[str] = mapped_column(ForeignKey("blobs.sha256"))
    encoding: Mapped[str]  # as it was recognised, for showing
    between: Mapped[str]  # the sign between cells
    headings: Mapped[list[str]] = mapped_column(ARRAY(Text))
    samples: Mapped[list[Any]]  # the beginnings of the cells of its first lines, for showing
    lines: Mapped[int]  # with something in them, below the headings
    targets: Mapped[list[str]] = mapped_column(ARRAY(Text))  # what each column says (`columns`)
    known_by_id: Mapped[int | None] = mapped_column(ForeignKey("contact_attributes.id", ondelete="SET NULL"))
    overwrites: Mapped[bool] = mapped_column(default=False)  # else only what is empty is filled
    state: Mapped[str] = mapped_column(default="mapping")
    revision: Mapped[int] = mapped_column(default=1)  # counts what was said of its columns
    reached: Mapped[int] = mapped_column(default=0)  # the number of the last line that is done
    made: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    begun_at: Mapped[datetime | None]  # when it was last set going
    finished_at: Mapped[datetime | None]

    @property
    def is_going(self) -> bool:
        """Whether the background is at it."""
        return self.state in GOING

    @property
    def has_begun(self) -> bool:
        """Whether it has changed any contact, or could have."""
        return self.state in ("running", "stopped", "done", "failed")


class ContactImportLine(Model):
    """What came of one line: all that were refused, and the first of the others."""

    __tablename__ = "contact_import_lines"
    __table_args__ = (
        PrimaryKeyConstraint("import_id", "number"),
        CheckConstraint("verdict IN ('made', 'changed', 'unchanged', 'refused')", name="verdict"),
    )

    import_id: Mapped[int] = mapped_column(ForeignKey("contact_imports.id", ondelete="CASCADE"))
    number: Mapped[int]
    at: Mapped[int]  # the line of the file
    verdict: Mapped[str]
    name: Mapped[str]  # a word for whom it speaks of
    reason: Mapped[str]  # why it was refused, else empty
