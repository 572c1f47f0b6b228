"""Notices are pushed to browsers: sealed, once, as it was chosen, and never what its reader may not see by then."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from sqlalchemy import select

from tests.channels.mails import work_all
from tests.people import LONG_AGO, World, open_for
from tests.pushed import Recipient, Service, service
from ticketdesk.accounts import sessions
from ticketdesk.core import outgoing, webpush
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotFound
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.notifications import browsers, inbox, preferences, pushing
from ticketdesk.notifications.notification import Notification
from ticketdesk.notifications.preferences import Setting
from ticketdesk.notifications.push_subscription import PushSubscription
from ticketdesk.sla import defaults, settling
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets import assignment, batching, flags, moving, noting, priority, receiving, timeline
from ticketdesk.tickets.batch_changes import Assign
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket

ENDPOINT = "https://push.example/send/one"
EVENING, MORNING = datetime(2026, 3, 4, 21, tzinfo=UTC), datetime(2026, 3, 5, 8, tzinfo=UTC)
NIGHTS = Setting(quiet=[[1200, 480]] * 7)


@pytest.fixture
def push_service(app: Flask) -> Iterator[Service]:
    """The maker of bob's browser; what is pushed goes there."""
    with service() as there:
        tasks = app.extensions["ticketdesk.tasks"]
        was = tasks[browsers.TASK]

        def send(claim: Any, now: datetime) -> tuple[str, str | None]:
            return pushing.send(claim, now, settled=settling.settled, deliver=there.deliver)

        tasks[browsers.TASK] = replace(was, run=send)
        yield there
        tasks[browsers.TASK] = was


@pytest.fixture
def ticket(world: World, now: datetime) -> Ticket:
    world.mailbox.acknowledges = False
    made = open_for(world, world.care_queue)
    db.session.commit()
    work_all(now)
    db.session.execute(Notification.__table__.delete())
    db.session.commit()
    return made


@pytest.fixture
def keys() -> Recipient:
    """Those of bob's browser."""
    return Recipient()


@pytest.fixture
def allow(world: World, now: datetime, keys: Recipient) -> Callable[..., PushSubscription]:
    """Somebody signs in with a browser and allows it."""

    def made(name: str = "bob", endpoint: str = ENDPOINT) -> PushSubscription:
        session, _secret = sessions.begin(world.agent(name), "192.0.2.1", "Firefox/130.0 (Linux)", now)
        one = browsers.allow(world.agent(name), session, endpoint, keys.p256dh, keys.auth, now)
        db.session.commit()
        return one

    return made


@pytest.fixture
def browser(allow: Callable[..., PushSubscription]) -> PushSubscription:
    """Bob's."""
    return allow()


def give(world: World, ticket: Ticket, at: datetime) -> None:
    assignment.assign(ticket, world.bob, world.alice.actor, at)
    db.session.commit()


def pushes() -> list[OutboxRow]:
    wanted = select(OutboxRow).where(OutboxRow.task == browsers.TASK).order_by(OutboxRow.id)
    return list(db.session.scalars(wanted, execution_options={"populate_existing": True}))


def states() -> list[str]:
    return [row.state for row in pushes()]


def test_the_new_owner_is_pushed_to(
    app: Flask,
    world: World,
    ticket: Ticket,
    browser: PushSubscription,
    push_service: Service,
    keys: Recipient,
    now: datetime,
) -> None:
    give(world, ticket, now)
    work_all(now)
    (address, headers, body) = push_service.sent[0]
    assert len(push_service.sent) == 1
    assert address == ENDPOINT
    assert json.loads(keys.opened(body)) == {
        "title": f"[#{ticket.number}] Assigned to you",
        "body": f"{ticket.subject}\nYou are told because the ticket is yours.",
        "tag": f"ticket-{ticket.number}",
        "address": f"/desk/tickets/{ticket.number}",
    }
    assert (headers["content-encoding"], headers["ttl"], headers["urgency"]) == ("aes128gcm", "43200", "normal")
    assert re.fullmatch(r"[0-9a-f]{32}", headers["topic"]), "it tells the service no number"
    said = dict(part.split("=", 1) for part in headers["authorization"].removeprefix("vapid ").split(", "))
    ours = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), webpush.decoded(said["k"]))
    claims = jwt.decode(said["t"], ours, ["ES256"], audience="https://push.example", options={"verify_exp": False})
    assert claims["sub"] == app.extensions["ticketdesk.config"].public_url
    assert states() == ["sent"]
    db.session.refresh(browser)
    assert browser.last_ok_at == now


def test_once_for_each_event_and_browser(
    world: World, ticket: Ticket, allow: Callable[..., PushSubscription], push_service: Service, now: datetime
) -> None:
    allow()
    allow(endpoint="https://push.example/send/two")
    allow("alice", "https://push.example/send/hers")
    give(world, ticket, now)
    work_all(now)
    for row in db.session.scalars(select(OutboxRow).where(OutboxRow.task == "tell")):
        row.state, row.due_at, row.progress = "queued", now, {}
    db.session.commit()
    work_all(now)
    assert sorted(address for address, _headers, _body in push_service.sent) == [
        ENDPOINT,
        "https://push.example/send/two",
    ]


@pytest.mark.parametrize(
    ("ways", "pushed", "shown"),
    [(["push"], 1, 0), (["app"], 0, 1), (["mail"], 0, 0), (["app", "push"], 1, 1), ([], 0, 0)],
)
def test_each_way_by_itself(
    world: World,
    ticket: Ticket,
    browser: PushSubscription,
    push_service: Service,
    now: datetime,
    ways: list[str],
    pushed: int,
    shown: int,
) -> None:
    preferences.choose(world.bob, Setting({"assigned": ways}), now)
    give(world, ticket, now)
    work_all(now)
    assert (len(push_service.sent), inbox.unread(world.bob)) == (pushed, shown)


def test_no_words_of_the_customer_but_the_subject(
    world: World, ticket: Ticket, browser: PushSubscription, push_service: Service, keys: Recipient, now: datetime
) -> None:
    preferences.choose(world.bob, Setting({"messages": ["push"], "mentioned": ["push"], "assigned": []}), now)
    give(world, ticket, now)
    receiving.receive(ticket, world.dana, Letter("email", "My secret is 1906."), now)
    noting.note(ticket, world.alice, "@bob she owes us 12", at=now, mentioned=[world.bob.id])
    db.session.commit()
    work_all(now)
    told = [keys.opened(body).decode() for _address, _headers, body in push_service.sent]
    assert len(told) == 2
    assert not any(word in one for one in told for word in ("1906", "owes"))


def test_quiet_hours(
    world: World, ticket: Ticket, browser: PushSubscription, push_service: Service, now: datetime
) -> None:
    preferences.choose(world.bob, NIGHTS, now)
    give(world, ticket, EVENING)
    work_all(EVENING)
    assert [(row.state, row.due_at) for row in pushes()] == [("queued", MORNING)]
    work_all(MORNING)
    assert len(push_service.sent) == 1


def test_quiet_hours_that_were_chosen_meanwhile_count(
    world: World, ticket: Ticket, browser: PushSubscription, push_service: Service
) -> None:
    give(world, ticket, EVENING)
    work_all(EVENING, task="tell")
    preferences.choose(world.bob, NIGHTS, EVENING)
    db.session.commit()
    work_all(EVENING)
    assert [(row.state, row.due_at) for row in pushes()] == [("queued", MORNING)]


@pytest.mark.parametrize("urgent", [True, False])
def test_only_what_is_urgent_breaks_them(
    world: World, ticket: Ticket, browser: PushSubscription, push_service: Service, *, urgent: bool
) -> None:
    defaults.create(SYSTEM, LONG_AGO)
    preferences.choose(world.bob, NIGHTS, EVENING)
    priority.change_priority(ticket, "high", SYSTEM, EVENING)
    timer_id = db.session.scalars(select(SlaTimer.id).where(SlaTimer.metric == "first_response")).one()
    said = {"metric": "first_response", "timer_id": timer_id, "urgent": urgent}
    timeline.record(ticket, "escalated", SYSTEM, EVENING, {**said, "agents": [world.bob.id], "reasons": ["named"]})
    db.session.commit()
    work_all(EVENING)
    escalated = select(Notification.id).where(Notification.kind == "escalated")
    (notice_id,) = db.session.scalars(escalated).all()
    mine = [row for row in pushes() if row.payload["notification_id"] == notice_id]
    assert [row.state for row in mine] == ["sent" if urgent else "queued"]
    work_all(MORNING)
    assert [row.state for row in pushes() if row in mine] == ["sent"]
    assert {headers["urgency"] for _address, headers, _body in push_service.sent} == {"high"}


def test_what_is_read_by_then_is_not_pushed(
    world: World, ticket: Ticket, browser: PushSubscription, push_service: Service, now: datetime
) -> None:
    give(world, ticket, now)
    work_all(now, task="tell")
    inbox.read_ticket(world.bob, ticket, ticket.last_seq, now)
    db.session.commit()
    work_all(now)
    assert (push_service.sent, states()) == ([], ["cancelled"])


def test_nothing_of_what_its_reader_may_not_see_by_then(
    world: World, ticket: Ticket, browser: PushSubscription, push_service: Service, now: datetime
) -> None:
    give(world, ticket, now)
    work_all(now, task="tell")
    assignment.assign(ticket, None, SYSTEM, now)
    moving.move(ticket, world.orders_queue, SYSTEM, now)
    db.session.commit()
    work_all(now, task=browsers.TASK)
    assert (push_service.sent, states()) == ([], ["cancelled"])


def test_nothing_of_what_was_put_away(
    world: World, ticket: Ticket, browser: PushSubscription, push_service: Service, now: datetime
) -> None:
    give(world, ticket, now)
    work_all(now, task="tell")
    flags.mark_spam(ticket, SYSTEM, now)
    db.session.commit()
    work_all(now, task=browsers.TASK)
    assert (push_service.sent, states()) == ([], ["cancelled"])


@pytest.mark.parametrize("ended", ["signed out", "long ago", "taken off", "gone", "disabled"])
def test_a_browser_without_its_agent_is_told_nothing(
    world: World, ticket: Ticket, browser: PushSubscription, push_service: Service, now: datetime, ended: str
) -> None:
    give(world, ticket, now)
    work_all(now, task="tell")
    session = sessions.of(world.bob.id, now)[0]
    if ended == "signed out":
        sessions.end(session, now)
    elif ended == "long ago":
        session.seen_at = now - timedelta(days=4)
    elif ended == "taken off":
        browsers.take_off(world.bob, browser.id, now)
    elif ended == "gone":
        db.session.delete(session)
    else:
        world.bob.disabled_at = now
    db.session.commit()
    work_all(now)
    assert (push_service.sent, states()) == ([], ["cancelled"])
    assert browsers.of([world.bob.id], now) == []
    noting.note(ticket, world.alice, "@bob", at=now, mentioned=[world.bob.id])
    db.session.commit()
    work_all(now)
    assert len(states()) == 1, "nothing more is asked for"


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_what_the_service_knows_no_longer_is_never_asked_again(
    world: World, ticket: Ticket, browser: PushSubscription, push_service: Service, now: datetime, code: int
) -> None:
    push_service.code = code
    give(world, ticket, now)
    work_all(now)
    assert states() == ["cancelled"]
    assert browsers.of([world.bob.id], now) == []
    work_all(now + timedelta(hours=1))
    assert len(push_service.sent) == 1


@pytest.mark.parametrize(("code", "state"), [(429, "queued"), (503, "queued"), (400, "failed"), (413, "failed")])
def test_what_the_service_refuses(
    world: World,
    ticket: Ticket,
    browser: PushSubscription,
    push_service: Service,
    now: datetime,
    code: int,
    state: str,
) -> None:
    push_service.code = code
    give(world, ticket, now)
    work_all(now)
    assert states() == [state]
    assert len(browsers.of([world.bob.id], now)) == 1
    push_service.code = 201
    for row in pushes():
        row.due_at = now
    db.session.commit()
    work_all(now)
    assert states() == ["sent" if state == "queued" else "failed"]


def test_never_into_a_private_network(
    app: Flask,
    world: World,
    ticket: Ticket,
    allow: Callable[..., PushSubscription],
    push_service: Service,
    now: datetime,
) -> None:
    allow(endpoint=f"https://127.0.0.1:{push_service.port}/send")
    tasks = app.extensions["ticketdesk.tasks"]

    def send(claim: Any, at: datetime) -> tuple[str, str | None]:
        return pushing.send(claim, at, settled=settling.settled, deliver=outgoing.send)

    tasks[browsers.TASK] = replace(tasks[browsers.TASK], run=send)
    give(world, ticket, now)
    work_all(now)
    assert push_service.sent == []
    assert "private network" in (pushes()[0].error or "")


def test_what_was_done_to_many_is_not_pushed_one_by_one(
    world: World, ticket: Ticket, browser: PushSubscription, push_service: Service, now: datetime
) -> None:
    other = open_for(world, world.care_queue)
    db.session.commit()
    batching.carry_out(world.alice, [ticket.number, other.number], Assign(world.bob), now)
    db.session.commit()
    work_all(now)
    assert (push_service.sent, inbox.unread(world.bob)) == ([], 2)


def test_a_browser_is_one_agents(world: World, allow: Callable[..., PushSubscription], now: datetime) -> None:
    allow("alice")
    allow("bob")
    assert browsers.of([world.alice.id], now) == []
    assert [one.endpoint for one in browsers.of([world.bob.id], now)] == [ENDPOINT]
    with pytest.raises(NotFound):
        browsers.take_off(world.alice, browsers.of([world.bob.id], now)[0].id, now)


@pytest.mark.parametrize(
    ("endpoint", "auth"),
    [("http://push.example/one", None), ("push", None), ("https://a:b@push.example/", None), (ENDPOINT, "AAAA")],
)
def test_what_no_browser_gives(world: World, now: datetime, keys: Recipient, endpoint: str, auth: str | None) -> None:
    session, _secret = sessions.begin(world.bob, "192.0.2.1", "", now)
    with pytest.raises(Invalid):
        browsers.allow(world.bob, session, endpoint, keys.p256dh, auth or keys.auth, now)


def test_not_more_than_twenty(world: World, allow: Callable[..., PushSubscription]) -> None:
    for number in range(browsers.MOST):
        allow(endpoint=f"https://push.example/{number}")
    with pytest.raises(Conflict):
        allow(endpoint="https://push.example/more")
    allow(endpoint="https://push.example/0")
