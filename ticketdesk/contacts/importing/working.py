"""An import in the background: tried or carried out, some lines at a time, each time with the place it reached."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from ticketdesk.contacts import attributes
from ticketdesk.contacts.importing import carrying, lines, reading
from ticketdesk.contacts.importing.carrying import Answer
from ticketdesk.contacts.importing.contact_import import ContactImport, ContactImportLine
from ticketdesk.contacts.importing.lines import Kind, Mapped, Refused, Said, Seen
from ticketdesk.contacts.importing.planning import Plan
from ticketdesk.contacts.importing.reading import Line
from ticketdesk.core import outbox, storage
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.failpoints import failpoint
from ticketdesk.core.outbox import Claim, NotYet

BATCH = 200
"""Lines that are read, done and committed at once."""
TURN = 2.0
"""Seconds for which an import keeps the worker before other work has its turn."""
PAUSE = timedelta(milliseconds=200)
SHOWN = 5
"""So many lines of each kind are named; of those refused, all."""
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class File:
    """The lines of an import, and what makes sense of them."""

    lines: list[Line]
    mapped: Mapped
    seen: Seen


def carry_on(claim: Claim, now: datetime) -> tuple[str, str | None]:
    """The background task: work for a short while, batch by batch, each with its own commit; raises NotYet.

    A batch is stored together with the place it reached, so a worker that is killed loses a batch at most and
    does nothing twice.
    """
    begun = time.monotonic()
    file: File | None = None
    revision = 0
    while True:
        one = _lock(claim.payload["import_id"])
        if one is None or not one.is_going:
            return "done", None if one is None else one.state
        if file is None or revision != one.revision:
            file, revision = opened(one), one.revision
        is_over = advance(one, file, now)
        failpoint("contact import batch")
        outbox.mark(claim, deaths=0)  # it gets on, so it is not what kills its workers
        db.session.commit()
        failpoint("contact import between")
        if is_over:
            return "done", None
        if time.monotonic() - begun >= TURN:
            raise NotYet(now + timedelta(seconds=time.monotonic() - begun) + PAUSE)


def failed(claim: Claim, now: datetime, reason: str) -> None:
    """Its worker failed for good."""
    one = _lock(claim.payload["import_id"])
    if one is not None and one.is_going:
        one.state, one.finished_at = "failed", now


def opened(one: ContactImport) -> File:
    """The file of an import, as its columns are to be understood."""
    mapped = Mapped(one.targets, _kinds(), one.known_by_id, one.overwrites)
    table = reading.read(storage.read(one.blob_sha256))
    return File(table.lines, mapped, Seen(table.lines, mapped))


def advance(one: ContactImport, file: File, now: datetime, limit: int = BATCH) -> bool:
    """Do the next lines of a locked import; returns whether those were the last."""
    batch = file.lines[one.reached : one.reached + limit]
    answers: dict[int, Answer] = {}
    said: dict[int, Said] = {}
    for line in batch:
        try:
            said[line.number] = lines.read(line, file.mapped, file.seen)
        except Refused as refused:
            answers[line.number] = refused
    if said and one.state == "running":
        by = Actor("agent", one.asked_by)
        answers |= zip(said, carrying.carry(list(said.values()), file.mapped, one.id, by, now), strict=True)
    elif said:
        answers |= zip(said, carrying.preview(list(said.values()), file.mapped), strict=True)
    _tell(one, file, batch, answers, said)
    one.reached += len(batch)
    is_over = one.reached >= len(file.lines)
    if is_over:
        one.state, one.finished_at = "done" if one.state == "running" else "checked", now
    return is_over


def _tell(
    one: ContactImport, file: File, batch: list[Line], answers: Mapping[int, Answer], said: Mapping[int, Said]
) -> None:
    """Count what came of some lines, and keep those that are shown."""
    counted = Counter({"made": one.made, "changed": one.changed, "unchanged": one.unchanged, "refused": one.refused})
    rows: list[dict[str, Any]] = []
    for line in batch:
        answer = answers[line.number]
        verdict = answer.verdict if isinstance(answer, Plan) else "refused"
        counted[verdict] += 1
        if verdict == "refused" or counted[verdict] <= SHOWN:
            name = said[line.number].called if line.number in said else lines.who(line, file.mapped)
            rows.append(
                {
                    "import_id": one.id,
                    "number": line.number,
                    "at": line.at,
                    "verdict": verdict,
                    "name": name[:LONGEST_NAME],
                    "reason": "" if isinstance(answer, Plan) else str(answer),
                }
            )
    if rows:
        db.session.execute(insert(ContactImportLine), rows)
    one.made, one.changed = counted["made"], counted["changed"]
    one.unchanged, one.refused = counted["unchanged"], counted["refused"]


def _kinds() -> dict[int, Kind]:
    return {one.id: Kind(one.label, one.kind, tuple(one.choices)) for one in attributes.shown()}


def _lock(import_id: int) -> ContactImport | None:
    return db.session.scalars(
        select(ContactImport)
        .where(ContactImport.id == import_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
