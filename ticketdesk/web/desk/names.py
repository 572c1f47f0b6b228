"""Who and what is called how: names for the numbers in events and for the menus, read once a page."""

from dataclasses import dataclass

from sqlalchemy import select

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.status import Status


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id. People who left are kept, since the past names them."""

    agents: dict[int, str]
    queues: dict[int, str]
    statuses: list[Status]

    def agent(self, agent_id: int | None) -> str:
        """The name of an agent, or a dash."""
        return self.agents.get(agent_id, "–") if agent_id is not None else "–"

    def queue(self, queue_id: int | None) -> str:
        """The name of a queue, or a dash."""
        return self.queues.get(queue_id, "–") if queue_id is not None else "–"

    def status(self, status_id: int | None) -> str:
        """The name of a status, or a dash."""
        return next((status.name for status in self.statuses if status.id == status_id), "–")


def load() -> Names:
    """Everything an event of any ticket may name."""
    agents = {row.id: row.name for row in db.session.execute(select(Agent.id, Agent.name))}
    queues = {row.id: row.name for row in db.session.execute(select(Queue.id, Queue.name))}
    return Names(agents, queues, list(db.session.scalars(select(Status).order_by(Status.position))))
