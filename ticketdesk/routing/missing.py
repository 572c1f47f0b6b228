"""Offers that nobody answered in time: they go on to the next agent, and whoever misses too many takes no chats."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, func, lateral, select, true
from sqlalchemy.orm import aliased

from ticketdesk.accounts import availability
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.availability import Availability
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.routing import offering, waiting
from ticketdesk.routing.offer import RoutingOffer
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.ticket import Ticket

BATCH = 100


def expire(now: datetime, limit: int = BATCH) -> int:
    """End the rings whose time is over; returns how many. What somebody holds has its turn next time."""
    found = db.session.execute(
        select(RoutingOffer.id, RoutingOffer.ticket_id)
        .where(RoutingOffer.state == "ringing", RoutingOffer.until <= now)
        .order_by(RoutingOffer.until)
        .limit(limit)
    ).all()
    if not found:
        return 0
    held = waiting.lock_waiting({row.ticket_id for row in found}, Ticket.id.is_not(None))
    tickets = {ticket.id: ticket for ticket in held}
    offers = _lock_offers([row.id for row in found if row.ticket_id in tickets])
    offering.end(offers, "expired", now)
    for ticket_id in sorted({one.ticket_id for one in offers}):
        theirs = [one for one in offers if one.ticket_id == ticket_id]
        for purpose in ("chat", "transfer"):
            missed = [one for one in theirs if one.purpose == purpose]
            offering.went_past(tickets[ticket_id], missed, "did_not_answer", now)
    _put_away([one for one in offers if one.purpose == "chat"], {one.id: one.queue_id for one in tickets.values()}, now)
    return len(offers)


def _lock_offers(offer_ids: Collection[int]) -> list[RoutingOffer]:
    return list(
        db.session.scalars(
            select(RoutingOffer)
            .where(RoutingOffer.id.in_(offer_ids), RoutingOffer.state == "ringing")
            .order_by(RoutingOffer.ticket_id, RoutingOffer.id)
            .with_for_update(key_share=True, skip_locked=True)
            .execution_options(populate_existing=True)
        )
    )


def _put_away(missed: Sequence[RoutingOffer], queues: dict[int, int], now: datetime) -> None:
    """Whoever let one too many ring, one after the other, takes no chats until they say that they are back."""
    if not missed:
        return
    most = dict(
        db.session.execute(select(Queue.id, Queue.missed_rings).where(Queue.id.in_(set(queues.values())))).all()
    )
    in_a_row = _missed_in_a_row({one.agent_id for one in missed})
    done = set[int]()
    for one in missed:
        limit = most[queues[one.ticket_id]]
        if limit and in_a_row.get(one.agent_id, 0) >= limit and one.agent_id not in done:
            done.add(one.agent_id)
            one.put_away = True
            agent = db.session.get_one(Agent, one.agent_id)
            availability.put_away(agent, "chat", SYSTEM, now, {"missed": in_a_row[one.agent_id]})


def _missed_in_a_row(agent_ids: Collection[int]) -> dict[int, int]:
    """How many rings each of these agents has missed since they last took or refused one, or said where they are."""
    earlier = aliased(RoutingOffer)
    last = lateral(
        select(func.max(earlier.decided_at).label("at")).where(
            earlier.agent_id == Agent.id, earlier.state.in_(("accepted", "passed"))
        )
    )
    rows = db.session.execute(
        select(Agent.id, func.count(RoutingOffer.id))
        .select_from(Agent)
        .join(last, true())
        .join(Availability, and_(Availability.agent_id == Agent.id, Availability.channel == "chat"))
        .join(
            RoutingOffer,
            and_(
                RoutingOffer.agent_id == Agent.id,
                RoutingOffer.state == "expired",
                RoutingOffer.purpose == "chat",
                RoutingOffer.decided_at > func.greatest(Availability.stated_at, last.c.at),
            ),
        )
        .where(Agent.id.in_(agent_ids), Availability.state == "online")
        .group_by(Agent.id)
    )
    return {row[0]: row[1] for row in rows}
