"""Telling agents through their browsers: what a mail about the same would say, and a way to the ticket."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import current_app

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels import sending_pace
from ticketdesk.channels.email import letters
from ticketdesk.core import outgoing, secrets, tokens, webpush
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.core.errors import DeliveryFailed, Invalid
from ticketdesk.core.outbox import LEASE, Claim, NotYet
from ticketdesk.core.outgoing import Answer, Unreachable
from ticketdesk.notifications import browsers, preferences, sending, when
from ticketdesk.notifications.notification import Notification
from ticketdesk.notifications.push_subscription import PushSubscription
from ticketdesk.notifications.rules import CLOCKS
from ticketdesk.notifications.sending import Settled
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event
from ticketdesk.tickets.visibility import level

KEPT = timedelta(hours=12)
"""So long its service keeps a push for a browser that is off."""
WAITS = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800))
MOST_A_MINUTE = 3000
"""To one service, for all browsers of its maker."""
GONE = (401, 403, 404, 410)
"""It knows the browser no longer, or our key, which was another when that was allowed: it must be allowed anew."""
LONGEST_TITLE, LONGEST_BODY = 200, 600
Deliver = Callable[[str, bytes, Mapping[str, str]], Answer]


def send(claim: Claim, now: datetime, *, settled: Settled, deliver: Deliver = outgoing.send) -> tuple[str, str | None]:
    """The background task: push one notice to one browser; raises DeliveryFailed, or NotYet in quiet hours."""
    notice = db.session.get_one(Notification, claim.payload["notification_id"])
    browser = db.session.get(PushSubscription, claim.payload["subscription_id"])
    ticket = db.session.get_one(Ticket, notice.ticket_id)
    agent = db.session.get_one(Agent, notice.agent_id)
    if browser is None or browser.agent_id != agent.id or not browsers.holds(browser, now):
        return "cancelled", "That browser is signed out, or was taken off."
    event = db.session.get_one(Event, notice.event_id)
    if reason := _needless(notice, event, ticket, agent, settled):
        return "cancelled", reason
    if (begins := _may_begin(event, agent, now)) > now:
        raise NotYet(begins)
    endpoint, browser_id = browser.endpoint, browser.id
    content = webpush.sealed(
        _words(notice, event, ticket, agent, now), *webpush.browser_keys(browser.p256dh, browser.auth)
    )
    headers = _headers(browser, ticket, event, now)
    # A service that answers slowly holds up no others, as with servers for mail.
    server = f"push:{outgoing.place(endpoint).host}"
    if not sending_pace.begin(claim, server, MOST_A_MINUTE, now, now + LEASE):
        return "queued", None  # another worker has the row by now, and its result will count
    db.session.commit()  # nothing waits for the service's answer
    code = _delivered(deliver, endpoint, content, headers)
    if code in GONE:
        browsers.is_gone(browser_id, now)
        return (
            "cancelled",
            f"The browser's service answered with code {code}: it knows this browser or our key no longer.",
        )
    if not 200 <= code < 300:
        said = f"The browser's service answered with code {code}."
        raise DeliveryFailed(said, permanent=400 <= code < 500 and code != 429)
    browsers.took(browser_id, now)
    return "sent", f"code {code}"


def _needless(notice: Notification, event: Event, ticket: Ticket, agent: Agent, settled: Settled) -> str | None:
    """Why it need not be pushed, or must not, as it stands now."""
    if notice.read_at is not None:
        return "It was read in the desk."
    if level(agent, ticket) is None:
        return "The agent may no longer see the ticket."
    is_away = ticket.spam_at is not None or ticket.trashed_at is not None
    if is_away and event.kind != "reply_handed_back":
        return "The ticket was put away."
    if event.kind in CLOCKS:
        return settled(ticket, event.data["timer_id"]) or sending.outdated(notice, event)
    return None


def _may_begin(event: Event, agent: Agent, now: datetime) -> datetime:
    """When it may be pushed: outside quiet hours, of a clock while its reader works; at once if urgent."""
    if event.kind in CLOCKS:
        return sending.may_begin(event, agent, now)
    return when.awake(now, preferences.of(agent.id).quiet, ZoneInfo(agent.timezone))


def _words(notice: Notification, event: Event, ticket: Ticket, agent: Agent, now: datetime) -> bytes:
    said = letters.words_of("push", agent.locale, sending.words(notice, event, ticket, agent, now))
    title, _line, body = said.partition("\n")
    told = {
        "title": title[:LONGEST_TITLE],
        "body": body[:LONGEST_BODY],
        "tag": f"ticket-{ticket.number}",
        "address": f"/desk/tickets/{ticket.number}",
    }
    return json.dumps(told, ensure_ascii=False).encode()


def _headers(browser: PushSubscription, ticket: Ticket, event: Event, now: datetime) -> dict[str, str]:
    """How long it is kept and how soon it matters (RFC 8030, 5), and who sends it."""
    config: Config = current_app.extensions["ticketdesk.config"]
    return {
        "Authorization": webpush.authorization(browser.endpoint, config.public_url, secrets.push_key(), now),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(KEPT.total_seconds())),
        # Of several about one ticket a browser that was off shows the last; its service learns no number.
        "Topic": tokens.digest(f"{browser.auth}:{ticket.reference}")[:32],
        "Urgency": "high" if event.kind in CLOCKS or event.kind.startswith("chat_") else "normal",
    }


def _delivered(deliver: Deliver, endpoint: str, content: bytes, headers: Mapping[str, str]) -> int:
    try:
        return deliver(endpoint, content, headers).code
    except Invalid as error:
        raise DeliveryFailed(str(error), permanent=True) from error
    except Unreachable as error:
        raise DeliveryFailed(f"The browser's service was not reached. {error}") from error
