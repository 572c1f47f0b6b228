"""Drafts: what an agent has begun, kept on the server."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, case, delete, func, or_, select, union_all, update
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.accounts.agent import Agent
from ticketdesk.core import storage, tokens
from ticketdesk.core.db import Json, db
from ticketdesk.core.errors import Conflict, Invalid, NotFound
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.later_reply import LaterReply
from ticketdesk.tickets.locking import lock_one
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.placing import LARGEST_IN_ALL, MOST_FILES, NewFile
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.visibility import Reader


def draft_of(ticket: Ticket, agent: Agent, kind: str) -> Draft | None:
    """An agent's own draft of one kind on a ticket."""
    return db.session.scalar(_OF, {"ticket_id": ticket.id, "agent_id": agent.id, "kind": kind})


_OF = select(Draft).where(
    Draft.ticket_id == bindparam("ticket_id"),
    Draft.agent_id == bindparam("agent_id"),
    Draft.kind == bindparam("kind"),
)


_SENT = union_all(
    select(Message.id).where(Message.client_key == bindparam("client_key")),
    select(LaterReply.id).where(LaterReply.client_key == bindparam("client_key")),
)
"""What was sent under a key, or is to be sent later."""


def is_begun(agent: Reader) -> ColumnElement[bool]:
    """Whether an agent has begun to write in a ticket, as a column beside it."""
    own = select(Draft.id).where(Draft.ticket_id == Ticket.id, Draft.agent_id == agent.id, Draft.text != "")
    return own.exists()


class Newer(Conflict):
    """The same person has saved something else in another window since; neither is lost."""

    def __init__(self, draft: Draft) -> None:
        super().__init__("You have written something else here in another window.")
        self.draft = draft


class Sent(Conflict):
    """What comes to be kept was sent meanwhile: as a draft it would come back from the dead."""

    def __init__(self) -> None:
        super().__init__("This was sent already.")


def save(
    ticket: Ticket,
    agent: Agent,
    kind: str,
    text: str,
    recipients: Json,
    based_on_seq: int,
    at: datetime,
    *,
    known: int | None = None,
    client_key: str | None = None,
    begun_in: Ticket | None = None,
) -> Draft:
    """Keep what was typed so far; `begun_in` is a merged ticket in whose place it is written.

    `known` is the revision that the window has seen, 0 for none: raises Newer when another window saved other words
    since; without it the last writer wins. `client_key` is that under which the window will send it: raises Sent when
    it has.
    """
    lock_one(ticket.id)
    if client_key and db.session.scalar(_SENT, {"client_key": client_key}) is not None:
        raise Sent
    statement = insert(Draft).values(
        ticket_id=ticket.id,
        agent_id=agent.id,
        kind=kind,
        text=text,
        recipients=recipients,
        based_on_seq=based_on_seq,
        saved_at=at,
        revision=int(at.timestamp() * 1000),
        written_in=client_key,
        from_ticket_id=None if begun_in is None else begun_in.id,
    )
    newest = statement.excluded
    is_same = Draft.text == newest.text
    is_wordless = ~Draft.text.regexp_match(r"\S")
    # What has no words, as a draft that began with a file, hides none.
    is_known = or_(Draft.revision == known, Draft.written_in == newest.written_in, is_same, is_wordless)
    kept = db.session.scalars(
        statement.on_conflict_do_update(
            index_elements=[Draft.ticket_id, Draft.agent_id, Draft.kind],
            set_={
                **{name: newest[name] for name in ("text", "recipients", "based_on_seq", "saved_at")},
                # The same words again are no news for any window.
                "revision": case((is_same, Draft.revision), else_=func.greatest(Draft.revision + 1, newest.revision)),
                "written_in": case((is_same, Draft.written_in), else_=newest.written_in),
                # Words that are there belong where they were begun, wherever they are written on.
                "from_ticket_id": case((is_wordless, newest.from_ticket_id), else_=Draft.from_ticket_id),
            },
            where=None if known is None else is_known,
        ).returning(Draft),
        execution_options={"populate_existing": True},
    ).one_or_none()
    if kept is not None:
        return kept
    standing = draft_of(ticket, agent, kind)
    if standing is None:
        raise Conflict("What you wrote was thrown away in another window just now. Save it again.")
    raise Newer(standing)


def restore(ticket: Ticket, agent: Agent, message: Message, recipients: Json, based_on_seq: int, at: datetime) -> Draft:
    """Make a draft again of what was sent and taken back, with its files; what was begun since stands below it."""
    draft = put_above(ticket, agent, message.text, recipients, based_on_seq, at)
    db.session.execute(
        update(Attachment).where(Attachment.message_id == message.id).values(draft_id=draft.id, message_id=None)
    )
    return draft


def put_above(ticket: Ticket, agent: Agent, words: str, recipients: Json, based_on_seq: int, at: datetime) -> Draft:
    """Make words a draft for the customer; what was begun there already stands below them."""
    begun = draft_of(ticket, agent, "reply")
    text = words if begun is None or not begun.text.strip() else f"{words}\n\n{begun.text}"
    return save(ticket, agent, "reply", text, recipients, based_on_seq, at)


def attach(draft: Draft, files: Sequence[NewFile], at: datetime) -> list[Attachment]:
    """Add files to a draft; raises Invalid when there would be too many or too much for one message."""
    db.session.execute(select(Draft.id).where(Draft.id == draft.id).with_for_update())
    sizes = db.session.scalars(select(Attachment.size).where(Attachment.draft_id == draft.id)).all()
    check_fits([*sizes, *(len(file.content) for file in files)])
    made = [
        Attachment(
            reference=tokens.reference(),
            draft_id=draft.id,
            blob_sha256=storage.keep(file.content, at),
            filename=file.filename,
            content_type=file.content_type,
            size=len(file.content),
        )
        for file in files
    ]
    db.session.add_all(made)
    db.session.flush()
    return made


def check_fits(sizes: Collection[int]) -> None:
    """Raise Invalid for files of these sizes that are too many or too much for one message."""
    if len(sizes) > MOST_FILES or sum(sizes) > LARGEST_IN_ALL:
        raise Invalid(f"At most {MOST_FILES} files and 25 MB go into one message.", "files")


def detach(draft: Draft, reference: str) -> None:
    """Take a file off a draft again; raises NotFound for one that is not on it."""
    gone = delete(Attachment).where(Attachment.draft_id == draft.id, Attachment.reference == reference)
    if db.session.scalar(gone.returning(Attachment.id)) is None:
        raise NotFound("There is no such file.")


def hand_over(draft: Draft, message: Message, known: int | None = None) -> None:
    """Its files become the message's, and the draft ends.

    Other words, saved in another window since the revision that is `known` here or handed back meanwhile, stay, and
    the files with them: they were not sent, and nobody here has seen what would go along. Raises Invalid where the
    files are too many for one message.
    """
    is_from_elsewhere = known is not None and draft.revision != known and draft.written_in != message.client_key
    if is_from_elsewhere and draft.text.strip() not in ("", message.text):
        return
    own = update(Attachment).where(Attachment.draft_id == draft.id).values(draft_id=None, message_id=message.id)
    sizes = db.session.scalars(own.returning(Attachment.size), execution_options={"synchronize_session": False})
    check_fits(sizes.all())
    db.session.delete(draft)


def discard(draft: Draft) -> None:
    """Throw the draft and its files away."""
    db.session.delete(draft)
