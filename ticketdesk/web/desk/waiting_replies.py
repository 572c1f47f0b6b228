"""The replies for later that stand in a ticket, as its page shows them below the conversation."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import bindparam, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core import markdown
from ticketdesk.core.db import db
from ticketdesk.tickets import attachment
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.later_reply import LaterReply
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk.sentences.messages import not_sent
from ticketdesk.web.files import File, listed


@dataclass(frozen=True, slots=True)
class Waiting:
    """One of them."""

    id: int
    author: str
    is_own: bool
    due_at: datetime
    markdown: Markup  # its words, as its letter will show them
    to: str
    files: list[File]
    why: str | None  # why it cannot go out; None while it waits for its time


def of(ticket: Ticket, agent: Agent) -> list[Waiting]:
    """All of them, the first to go first; nothing is asked where none waits."""
    if not ticket.later_count:
        return []
    return [
        Waiting(
            id=row.id,
            author=name,
            is_own=row.agent_id == agent.id,
            due_at=row.due_at,
            markdown=markdown.render(row.text),
            to=", ".join(name or address for address, name in [*row.recipients["to"], *row.recipients["cc"]]),
            files=listed(files),
            why=not_sent(row.why) if row.state == "stranded" else None,
        )
        for row, name, files in db.session.execute(_OPEN, {"ticket_id": ticket.id})
    ]


_OPEN = (
    select(LaterReply, Agent.name, attachment.listed(Attachment.later_reply_id == LaterReply.id))
    .join(Agent, Agent.id == LaterReply.agent_id)
    .where(LaterReply.ticket_id == bindparam("ticket_id"), LaterReply.state.in_(("waiting", "stranded")))
    .order_by(LaterReply.due_at, LaterReply.id)
)
