"""Which policy would a ticket get, and why none before it?"""

from flask import request
from werkzeug.exceptions import BadRequest

from ticketdesk.core.errors import NotFound
from ticketdesk.sla import loading
from ticketdesk.sla.policies import Fact
from ticketdesk.tickets.queue import Queue
from ticketdesk.web import labels
from ticketdesk.web.admin import choices, door, policy_names, policy_order, policy_words
from ticketdesk.web.admin.policy_names import CHANNELS, PRIORITIES, Called
from ticketdesk.web.texts import _


def question() -> dict[str, object]:
    """What the tester lets one choose, and what was chosen."""
    offered = {
        "queue": choices.queues(),
        "brand": choices.brands(),
        "channel": list(labels.channels().items()),
        "priority": [(name, policy_names.priority(name)) for name in PRIORITIES],
    }
    chosen = {"priority": "normal", **{name: request.args[name] for name in offered if name in request.args}}
    return {"offered": offered, "chosen": chosen}


def answer() -> dict[str, object]:
    """The policies as they are tried on such a ticket, and what the first that fits promises it."""
    facts = _facts()
    called = policy_names.load()
    tries = policy_order.tried(loading.policies_in_force(), facts)
    winner = tries[-1].policy if tries and tries[-1].fits else None
    return {
        "tries": [
            (one, [_against(name, one.policy.conditions[name], called) for name in one.against]) for one in tries
        ],
        "winner": winner,
        "promised": [] if winner is None else policy_words.promised(winner, facts, called),
    }


def _facts() -> dict[str, Fact]:
    """The ticket that is asked about; raises NotFound and BadRequest for what nobody is offered."""
    facts: dict[str, Fact] = {}
    queue = door.find(Queue, _number("queue"))
    facts["queue_id"] = queue.id
    facts["brand_id"] = _number("brand") if request.args.get("brand") else queue.brand_id
    facts["channel"], facts["priority"] = request.args.get("channel", "email"), request.args.get("priority", "normal")
    if facts["channel"] not in CHANNELS or facts["priority"] not in PRIORITIES:
        raise BadRequest
    return facts


def _number(name: str) -> int:
    number = request.args.get(name, type=int)
    if number is None:
        raise BadRequest
    if not 0 < number < 2**63:
        raise NotFound
    return number


def _against(name: str, allowed: frozenset[int | str], called: Called) -> str:
    """Why a policy does not fit: what it asks for."""
    words = policy_words.any_of(name, sorted(allowed, key=str), called)
    leads = {
        "queue_id": _("only for tickets in %(words)s", words=words),
        "brand_id": _("only for the brand %(words)s", words=words),
        "channel": _("only for what comes by %(words)s", words=words),
        "priority": _("only for priority %(words)s", words=words),
    }
    return leads[name]
