"""Replies for later: sent once at their time, or their author's draft again, and never lost in between."""

import email
from datetime import datetime, timedelta
from email import policy

import pytest
from flask import Flask
from sqlalchemy import select

from tests.channels.mails import work_all
from tests.people import World, open_for
from ticketdesk.accounts import people
from ticketdesk.core import jobs
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.notifications.notification import Notification
from ticketdesk.sla import defaults
from ticketdesk.tickets import drafts, flags, merging, progress, receiving, replying, sending_later, withdrawing
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.later_reply import LaterReply
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

HOUR = timedelta(hours=1)
DANA = [("dana@customer.example", "Dana")]
EVE = [("eve@customer.example", "")]


@pytest.fixture
def ticket(world: World, now: datetime) -> Ticket:
    """dana has written and nobody has answered."""
    defaults.create(SYSTEM, now)
    world.mailbox.acknowledges = False
    ticket = open_for(world, world.care_queue, at=now)
    receiving.receive(ticket, world.dana, Letter("email", "The armrest came off"), now)
    db.session.commit()
    return ticket


def keep(
    ticket: Ticket, world: World, now: datetime, words: str = "It is on its way.", *, hours: int = 3, key: str = "one"
) -> LaterReply:
    draft = drafts.save(ticket, world.alice, "reply", words, {}, ticket.last_seq, now)
    drafts.attach(draft, [NewFile("plan.pdf", "application/pdf", b"%PDF")], now)
    row = sending_later.keep(
        ticket,
        draft,
        now + hours * HOUR,
        to=DANA,
        cc=EVE,
        at=now,
        client_key=key,
        based_on_seq=ticket.last_seq,
    )
    db.session.commit()
    return row


def waiting_work() -> OutboxRow:
    return db.session.scalars(select(OutboxRow).where(OutboxRow.task == sending_later.TASK)).one()


def replies() -> list[Message]:
    return list(db.session.scalars(select(Message).where(Message.agent_id.is_not(None)).order_by(Message.id)))


def told(ticket: Ticket) -> list[tuple[str, str | None]]:
    kinds = ("reply_kept_for_later", "later_reply_cancelled", "reply_handed_back", "reply_sent")
    query = select(Event).where(Event.ticket_id == ticket.id, Event.kind.in_(kinds)).order_by(Event.seq)
    return [(event.kind, event.data.get("why")) for event in db.session.scalars(query)]


def draft_of(ticket: Ticket, world: World, name: str = "alice") -> Draft | None:
    db.session.flush()
    db.session.expire_all()
    return drafts.draft_of(ticket, world.agent(name), "reply")


def test_until_its_time_it_stops_no_clock_and_then_it_leaves(ticket: Ticket, world: World, now: datetime) -> None:
    world.alice.undo_seconds = 10
    first = (ticket.next_due_metric, ticket.next_due_at)
    assert first[0] == "first_response"
    row = keep(ticket, world, now)
    assert draft_of(ticket, world) is None and ticket.later_count == 1
    assert (ticket.next_due_metric, ticket.next_due_at) == first and ticket.category == "new"
    work_all(now + 2 * HOUR)
    assert (replies(), row.state) == ([], "waiting")
    due = now + 3 * HOUR
    assert jobs.run(waiting_work().id, due) == "done"
    (message,) = replies()
    db.session.expire_all()
    assert (message.agent_id, message.text, message.written_at) == (world.alice.id, "It is on its way.", due)
    assert [(one.role, one.address, one.name) for one in message.recipients] == [
        ("to", "dana@customer.example", "Dana"),
        ("cc", "eve@customer.example", ""),
    ]
    file = db.session.scalars(select(Attachment)).one()
    assert (file.message_id, file.later_reply_id) == (message.id, None)
    assert (row.state, row.text, row.message_id, ticket.later_count) == ("sent", "", message.id, 0)
    assert (ticket.answered_at, ticket.category, ticket.assignee_id) == (due, "open", world.alice.id)
    assert ticket.next_due_metric == "resolution"
    assert told(ticket) == [("reply_kept_for_later", None), ("reply_sent", None)]
    # It can be taken back like any other.
    withdrawing.withdraw(message.id, world.alice, due + timedelta(seconds=9))
    found = draft_of(ticket, world)
    assert found is not None and found.text == "It is on its way."


def test_it_is_sent_once_whoever_asks_again(ticket: Ticket, world: World, now: datetime) -> None:
    row = keep(ticket, world, now)
    assert sending_later.send(row.id, now + 3 * HOUR) is not None
    assert sending_later.send(row.id, now + 3 * HOUR) is None
    for act in (sending_later.send_now, sending_later.take_back, sending_later.cancel):
        with pytest.raises(Conflict, match="just now"):
            act(row.id, world.alice, now)
    assert len(replies()) == 1


def test_the_customer_writes_first(app: Flask, ticket: Ticket, world: World, now: datetime) -> None:
    row = keep(ticket, world, now)
    drafts.save(ticket, world.alice, "reply", "One more thing", {}, 9, now)
    receiving.receive(ticket, world.dana, Letter("email", "I have found it"), now + HOUR)
    db.session.commit()
    assert (row.state, row.why, ticket.later_count) == ("handed_back", "customer_wrote", 0)
    draft = draft_of(ticket, world)
    assert draft is not None
    assert draft.text == "It is on its way.\n\nOne more thing"
    assert draft.recipients == {"to": ["dana@customer.example"], "cc": ["eve@customer.example"], "channel": "email"}
    assert draft.based_on_seq == row.based_on_seq  # so that what came in since is shown before it goes out
    assert db.session.scalars(select(Attachment)).one().draft_id == draft.id
    work_all(now + HOUR)
    kinds = {(one.agent_id, one.kind, one.reason) for one in db.session.scalars(select(Notification))}
    assert (world.alice.id, "reply_handed_back", "author") in kinds
    mails = db.session.scalars(select(OutboxRow).where(OutboxRow.purpose == "notice")).all()
    assert [mail.recipient for mail in mails] == ["alice@desk.example"]
    notice = email.message_from_bytes(
        (app.extensions["ticketdesk.config"].outbox / f"{mails[0].id}.eml").read_bytes(), policy=policy.default
    )
    assert notice["Subject"] == f"[#{ticket.number}] Your reply for later was not sent: The armrest came off"
    assert jobs.run(waiting_work().id, now + 3 * HOUR) == "cancelled"
    assert replies() == []


def test_machines_and_strangers_do_not_stop_it(ticket: Ticket, world: World, now: datetime) -> None:
    row = keep(ticket, world, now)
    receiving.receive(ticket, world.dana, Letter("email", "I am away", inert="auto-reply"), now)
    held = receiving.receive(ticket, world.eve, Letter("email", "Me too"), now)
    assert row.state == "waiting"
    receiving.accept(held.id, world.bob.actor, now)
    assert (row.state, row.why) == ("handed_back", "customer_wrote")


def test_several_are_handed_back_in_their_order(ticket: Ticket, world: World, now: datetime) -> None:
    keep(ticket, world, now, "Second.", hours=5, key="two")
    keep(ticket, world, now, "First.", hours=4, key="one")
    assert ticket.later_count == 2
    receiving.receive(ticket, world.dana, Letter("email", "I have found it"), now + HOUR)
    draft = draft_of(ticket, world)
    assert draft is not None and draft.text == "First.\n\nSecond."
    assert ticket.later_count == 0


@pytest.mark.parametrize(("change", "why"), [("closed", "closed"), ("spam", "put_away"), ("trash", "put_away")])
def test_what_else_hands_it_back(ticket: Ticket, world: World, now: datetime, change: str, why: str) -> None:
    row = keep(ticket, world, now)
    if change == "closed":
        progress.move_to(ticket, "closed", world.bob.actor, now)
    else:
        (flags.mark_spam if change == "spam" else flags.trash)(ticket, world.bob.actor, now)
    assert (row.state, row.why, draft_of(ticket, world) is not None) == ("handed_back", why, True)
    db.session.commit()
    work_all(now + HOUR)
    assert world.alice.id in {
        one.agent_id for one in db.session.scalars(select(Notification)) if one.kind == "reply_handed_back"
    }


def test_a_solved_ticket_still_gets_it(ticket: Ticket, world: World, now: datetime) -> None:
    row = keep(ticket, world, now)
    progress.solve(ticket, world.bob.actor, now)
    assert sending_later.send(row.id, now + 3 * HOUR) is not None


def test_merged_it_is_a_draft_in_the_ticket_that_stays(ticket: Ticket, world: World, now: datetime) -> None:
    row = keep(ticket, world, now)
    survivor = open_for(world, world.care_queue, "The same", at=now)
    own = keep(survivor, world, now, "Which one?", key="two")
    other = open_for(world, world.care_queue, "Another", at=now)
    merging.merge(ticket, survivor, world.bob.actor, now)
    assert (row.why, own.why) == ("merged", "merged")
    there, here = draft_of(survivor, world), draft_of(ticket, world)
    assert there is not None and there.text == "Which one?"
    assert here is not None and here.text == "It is on its way."  # two of one author are not mixed up
    with pytest.raises(Conflict):
        sending_later.keep(ticket, here, now + HOUR, to=DANA, at=now, client_key="three", based_on_seq=ticket.last_seq)
    third = keep(survivor, world, now, "Third.", key="four")
    merging.merge(survivor, other, world.bob.actor, now)
    assert third.why == "merged"
    moved = draft_of(other, world)
    assert moved is not None and moved.text == "Third."


@pytest.mark.parametrize("lack", ["author_gone", "no_right"])
def test_without_its_author_it_waits_for_a_colleague(ticket: Ticket, world: World, now: datetime, lack: str) -> None:
    row = keep(ticket, world, now)
    if lack == "author_gone":
        world.alice.disabled_at = now
    else:
        people.change_teams(world.alice, [world.orders.id], SYSTEM, now)
    db.session.commit()
    assert jobs.run(waiting_work().id, now + 3 * HOUR) == "cancelled"
    db.session.expire_all()
    assert (row.state, row.why, row.text, ticket.later_count) == ("stranded", lack, "It is on its way.", 1)
    assert replies() == []
    work_all(now + 3 * HOUR)
    told_of = {one.agent_id for one in db.session.scalars(select(Notification)) if one.kind == "reply_handed_back"}
    assert {world.bob.id, world.sam.id} <= told_of and world.alice.id not in told_of
    receiving.receive(ticket, world.dana, Letter("email", "Hello?"), now + 4 * HOUR)
    assert row.state == "stranded"
    with pytest.raises(NotAllowed):
        sending_later.send_now(row.id, world.bob, now)
    draft = sending_later.take_back(row.id, world.bob, now + 5 * HOUR)
    assert (draft.agent_id, draft.text) == (world.bob.id, "It is on its way.")
    assert (row.state, ticket.later_count) == ("cancelled", 0)
    assert told(ticket)[-1] == ("later_reply_cancelled", "taken_over")


def test_its_author_sends_it_now_edits_it_or_throws_it_away(ticket: Ticket, world: World, now: datetime) -> None:
    row = keep(ticket, world, now)
    assert sending_later.send_now(row.id, world.alice, now + HOUR).written_at == now + HOUR
    row = keep(ticket, world, now, key="two")
    draft = sending_later.take_back(row.id, world.alice, now + HOUR)
    assert (draft.text, row.state, row.text) == ("It is on its way.", "cancelled", "")
    assert len(db.session.scalars(select(Attachment).where(Attachment.draft_id == draft.id)).all()) == 1
    row = keep(ticket, world, now, key="three")
    sending_later.cancel(row.id, world.alice, now + HOUR)
    db.session.flush()
    assert draft_of(ticket, world) is None and ticket.later_count == 0
    left = select(Attachment).where(Attachment.message_id.is_(None))
    assert db.session.scalars(left).all() == []
    assert [why for kind, why in told(ticket) if kind == "later_reply_cancelled"] == ["edited", "thrown_away"]


def test_a_colleague_can_stop_it_and_nothing_else(ticket: Ticket, world: World, now: datetime) -> None:
    row = keep(ticket, world, now)
    for act in (sending_later.send_now, sending_later.take_back):
        with pytest.raises(NotAllowed):
            act(row.id, world.bob, now)
    sending_later.cancel(row.id, world.bob, now)
    draft = draft_of(ticket, world)
    assert draft is not None and draft.text == "It is on its way."
    assert told(ticket)[-1] == ("reply_handed_back", "stopped")


def test_after_a_fault_of_ours_it_is_handed_back(ticket: Ticket, world: World, now: datetime) -> None:
    row = keep(ticket, world, now)
    sending_later.give_up(row.id, now + 4 * HOUR)
    assert (row.state, row.why) == ("handed_back", "failed")
    sending_later.give_up(row.id, now + 4 * HOUR)


def test_what_is_refused(ticket: Ticket, world: World, now: datetime) -> None:
    draft = drafts.save(ticket, world.alice, "reply", " ", {}, 0, now)
    given = {"at": now, "based_on_seq": 0}
    with pytest.raises(Invalid, match="Write something"):
        sending_later.keep(ticket, draft, now + HOUR, to=DANA, client_key="a", **given)
    draft.text = "It is on its way."
    with pytest.raises(Invalid, match="recipient"):
        sending_later.keep(ticket, draft, now + HOUR, to=[], client_key="a", **given)
    with pytest.raises(Invalid, match="still to come"):
        sending_later.keep(ticket, draft, now, to=DANA, client_key="a", **given)
    with pytest.raises(NotFound):
        sending_later.send(999_999_999, now)
    progress.move_to(ticket, "closed", world.bob.actor, now)
    with pytest.raises(Conflict, match="closed"):
        sending_later.keep(ticket, draft, now + HOUR, to=DANA, client_key="a", **given)


def test_a_repeated_request_keeps_one(ticket: Ticket, world: World, now: datetime) -> None:
    row = keep(ticket, world, now)
    again = drafts.save(ticket, world.alice, "reply", "Other words", {}, 0, now)
    given = {"to": DANA, "at": now, "client_key": "one", "based_on_seq": 0}
    assert sending_later.keep(ticket, again, now + HOUR, **given).id == row.id
    assert draft_of(ticket, world) is not None  # what was written since is untouched
    with pytest.raises(Conflict, match="to be sent later"):
        replying.reply(ticket, world.alice, "It is on its way.", to=DANA, at=now, client_key="one")
    with pytest.raises(drafts.Sent):
        drafts.save(ticket, world.alice, "reply", "It is on", {}, 0, now, client_key="one")
    sending_later.cancel(row.id, world.alice, now)
    with pytest.raises(Conflict, match="sent already"):
        sending_later.keep(ticket, again, now + HOUR, **given)


def test_so_many_wait_and_no_more(ticket: Ticket, world: World, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending_later, "MOST", 1)
    keep(ticket, world, now)
    with pytest.raises(Conflict, match="At most"):
        keep(ticket, world, now, key="two")


def test_files_that_came_back_meanwhile_leave_with_no_other_words(ticket: Ticket, world: World, now: datetime) -> None:
    row = keep(ticket, world, now)
    typed = drafts.save(ticket, world.alice, "reply", "Something else.", {}, ticket.last_seq, now)
    seen = typed.revision
    sending_later.cancel(row.id, world.bob, now + HOUR)
    draft = draft_of(ticket, world)
    message = replying.reply(
        ticket, world.alice, "Something else.", to=DANA, at=now + HOUR, draft=draft, draft_known=seen, client_key="two"
    )
    file = db.session.scalars(select(Attachment)).one()
    assert (file.message_id, message.text) == (None, "Something else.")
    left = draft_of(ticket, world)
    assert left is not None and "on its way" in left.text and file.draft_id == left.id


def test_a_key_tells_nothing_of_somebody_elses_reply(ticket: Ticket, world: World, now: datetime) -> None:
    keep(ticket, world, now, key="one")
    other = open_for(world, world.care_queue, at=now)
    receiving.receive(other, world.dana, Letter("email", "And the leg"), now)
    draft = drafts.save(other, world.bob, "reply", "Mine", {}, other.last_seq, now)
    with pytest.raises(Conflict):
        sending_later.keep(other, draft, now + HOUR, to=DANA, at=now, client_key="one", based_on_seq=other.last_seq)


def test_no_more_files_wait_than_go_into_one_message(ticket: Ticket, world: World, now: datetime) -> None:
    draft = drafts.save(ticket, world.alice, "reply", "All plans", {}, ticket.last_seq, now)
    drafts.attach(draft, [NewFile(f"{number}.pdf", "application/pdf", b"%PDF") for number in range(20)], now)
    with pytest.raises(Invalid):
        drafts.attach(draft, [NewFile("one more.pdf", "application/pdf", b"%PDF")], now)
    with pytest.raises(Invalid):
        drafts.check_fits([1] * 21)
    with pytest.raises(Invalid):
        drafts.check_fits([20_000_000, 20_000_000])
