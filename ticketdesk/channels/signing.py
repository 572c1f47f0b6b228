"""What stands below replies by mail: the frame of the mailbox, else of the brand, else what the agent chose."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, and_, bindparam, false, func, or_, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.brands import editing as brands
from ticketdesk.brands.brand import Brand
from ticketdesk.channels import mailboxes
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import audit, rows
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import meanings, placeholders
from ticketdesk.tickets.ticket import Ticket

Frame = tuple[str, str]
"""A frame, and the name of the brand."""
OWN = "agent.signature"
"""The one name that a frame may have beside those of macros; it stands for Markdown, not for a word."""
NAMES = (*placeholders.NAMES, OWN)
LONGEST = 4_000
OF_THE_TICKET = ("customer.", "ticket.")
LAST_LINES = 8
"""Lines at the end of a mail among which a signature is looked for."""
AFTER_A_NAME = ",|·•-–—(/"
_NO_MARKS = str.maketrans("*_", "  ")


def give_brand(brand: Brand, text: str, by: Actor, at: datetime) -> None:
    """Let replies under this brand end so; empty, and agents' own signatures do. Raises Invalid."""
    brand = brands.lock(brand.id)
    if rows.apply(brand, {"signature": _checked(text)}):
        audit.note("brand_signature_changed", "brand", brand.id, by, at)


def give_mailbox(mailbox: Mailbox, text: str, by: Actor, at: datetime) -> None:
    """Let replies from this address end so; empty, and they end as its brand's do. Raises Invalid."""
    mailbox = mailboxes.lock(mailbox.id)
    if rows.apply(mailbox, {"signature": _checked(text)}):
        audit.note("mailbox_signature_changed", "mailbox", mailbox.id, by, at)


def frame() -> ScalarSelect[Any]:
    """Beside a ticket: the frame that holds in it, or nothing, and the name of its brand.

    As the mail leaves: from the ticket's mailbox while it is in use, else from the default one.
    """
    is_own = func.coalesce(Mailbox.id == Ticket.mailbox_id, false())
    text = func.coalesce(func.nullif(Mailbox.signature, ""), Brand.signature)
    return (
        select(func.json_build_array(text, Brand.name))
        .select_from(Brand)
        .outerjoin(Mailbox, and_(Mailbox.disabled_at.is_(None), or_(is_own, Mailbox.is_default)))
        .where(Brand.id == Ticket.brand_id)
        .order_by(is_own.desc())
        .limit(1)
        .correlate(Ticket)
        .scalar_subquery()
    )


def below(ticket: Ticket, agent: Agent, found: Frame | None = None) -> str:
    """What stands below a reply of this agent to the customer, as Markdown; may be nothing. `found` is its frame()."""
    return _said(ticket, agent, found, lambda line: True)


def below_outside(ticket: Ticket, agent: Agent) -> str:
    """The same below a mail to people outside, who learn nothing of the ticket: lines that speak of it are left out."""
    return _said(ticket, agent, None, lambda line: not _speaks_of_ticket(line))


def is_signed(text: str, agent: Agent) -> bool:
    """Whether what came from an agent's own mail program ends with a signature already.

    That is their own one, or some last lines that begin with a line of their whole name, alone or followed by a title.
    """
    own = "".join(agent.signature.split())
    if own and "".join(text.split()).endswith(own):
        return True
    name, *lines = (" ".join(line.translate(_NO_MARKS).casefold().split()) for line in (agent.name, *text.splitlines()))
    return any(
        line.startswith(name) and line[len(name) :].lstrip()[:1] in ("", *AFTER_A_NAME)
        for line in [line for line in lines if line][1:][-LAST_LINES:]
    )


def _said(ticket: Ticket, agent: Agent, found: Frame | None, keeps: Callable[[str], bool]) -> str:
    """The frame, those lines of it that are kept, filled; without a frame the agent's own signature."""
    text, brand_name = found or db.session.execute(_FRAME, {"ticket_id": ticket.id}).scalar_one()
    own = agent.signature.strip()
    if not text:
        return own
    kept = "\n".join(line for line in text.split("\n") if keeps(line))
    values = meanings.of(ticket, agent, placeholders.names_in(kept), brand_name=brand_name)
    return placeholders.filled(kept, values, {OWN: own}).strip()


def _speaks_of_ticket(line: str) -> bool:
    return any(name.startswith(OF_THE_TICKET) for name in placeholders.names_in(line))


def _checked(text: str) -> str:
    frame = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if len(frame) > LONGEST:
        raise Invalid(f"This is too long: at most {LONGEST:,} letters fit.", "signature")
    if strange := placeholders.unknown(frame, (OWN,)):
        raise Invalid(f"{{{{ {strange[0]} }}}} stands for nothing. Use one of the words in the list.", "signature")
    return frame


_FRAME = select(frame()).where(Ticket.id == bindparam("ticket_id"))
