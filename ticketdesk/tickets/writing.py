"""Writing a message down, whoever it is from: what is refused, what was written before, and the row with its people."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm.attributes import set_committed_value

from ticketdesk.core.db import Json, db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.tickets.message import Message, Recipient
from ticketdesk.tickets.placing import NewFile, attach
from ticketdesk.tickets.ticket import Ticket

LONGEST_TEXT = 200_000


def check_whole(ticket: Ticket) -> None:
    """Raises Conflict for a ticket that was merged into another one."""
    if ticket.merged_into_id is not None:
        raise Conflict(f"#{ticket.number} was merged into another ticket. Write there.")


def words(text: str) -> str:
    """A typed text as it is kept; raises Invalid where nothing is left of it, or too much."""
    kept = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not kept:
        raise Invalid("Write something first.", "text")
    if len(kept) > LONGEST_TEXT:
        raise Invalid(f"This is too long: at most {LONGEST_TEXT:,} letters fit. Attach the rest as a file.", "text")
    return kept


def made_before(client_key: str | None) -> Message | None:
    """The message that a browser made with this key already; raises Conflict when it was taken back since."""
    if client_key is None:
        return None
    made = db.session.scalar(_WITH_KEY, {"client_key": client_key})
    if made is not None and made.withdrawn_at is not None:
        raise Conflict("You took this reply back; it stands in the composer. Send it from there.")
    return made


def in_turn(ticket: Ticket, channel: str, at: datetime) -> datetime:
    """In a chat, who had to wait for the lock wrote after those they waited for: both sides read one order.

    A mail keeps the time at which it came in, however late it is understood.
    """
    return max(at, ticket.updated_at) if channel == "chat" else at


def keep(
    values: Json,
    to: Sequence[tuple[str, str]],
    cc: Sequence[tuple[str, str]],
    files: Sequence[NewFile],
    at: datetime,
) -> Message:
    """Write a message with these columns, its recipients and files; what else has changed is written later."""
    with db.session.no_autoflush:
        message = db.session.scalars(_ADD, [values]).one()
    found: dict[str, Recipient] = {}
    for role, people in (("to", to), ("cc", cc)):
        for address, name in people:
            if address not in found:
                found[address] = Recipient(message_id=message.id, role=role, address=address, name=name)
    db.session.add_all(found.values())
    set_committed_value(message, "recipients", list(found.values()))
    attach(message, files, at)
    return message


# Built once: for every message, building costs more than asking.
_WITH_KEY = select(Message).where(Message.client_key == bindparam("client_key"))
_ADD = insert(Message).returning(Message)
