"""Who is asked, and who is not and why (SEMANTICS 9, each sentence by name)."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.channels.mails import later, mail, rows, take, ticket_of, work_all
from tests.people import World
from tests.surveys.conftest import Answered, asked_by, decided, invitations, solve
from ticketdesk.channels.chat import reaching
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.channels.email import acknowledging
from ticketdesk.contacts import resolving
from ticketdesk.contacts.contact import Identity, IdentityLink
from ticketdesk.core import jobs
from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.sla import defaults
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.surveys import opting_out, rules
from ticketdesk.surveys.planning import TASK
from ticketdesk.surveys.survey import Survey
from ticketdesk.tickets import assignment, flags, noting, opening, participant, progress, receiving, replying, timeline
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket

HOUR = timedelta(hours=1)


def test_a_customer_is_asked_after_the_final_solution_plus_the_delay(
    world: World, ticket: Ticket, now: datetime
) -> None:
    solve(ticket, world, now)
    assert decided(ticket, now + HOUR - timedelta(seconds=1)) == ("waiting", None)
    assert decided(ticket, now + HOUR) == ("sent", None)
    (sent,) = rows("survey")
    assert (sent.recipient, sent.state, sent.task) == ("dana@customer.example", "sent", "mail.survey")


def test_opening_again_cancels_and_the_next_solution_asks_anew(world: World, ticket: Ticket, now: datetime) -> None:
    solve(ticket, world, now)
    progress.reopen(ticket, world.alice.actor, later(now, minutes=59))
    db.session.commit()
    assert decided(ticket, later(now, hours=2)) == ("cancelled", "reopened")
    assert rows("survey") == []
    solve(ticket, world, later(now, hours=3))
    assert decided(ticket, later(now, hours=4)) == ("sent", None)
    assert [row.cycle for row in invitations(ticket)] == [1, 2]


def test_closing_what_is_solved_changes_nothing(world: World, ticket: Ticket, now: datetime) -> None:
    solve(ticket, world, now)
    progress.move_to(ticket, "closed", SYSTEM, later(now, minutes=10))
    db.session.commit()
    assert decided(ticket, later(now, hours=1)) == ("sent", None)
    assert len(invitations(ticket)) == 1


def test_closing_at_once_is_a_solution_too(world: World, ticket: Ticket, now: datetime) -> None:
    progress.move_to(ticket, "closed", world.alice.actor, now)
    db.session.commit()
    assert decided(ticket, now + HOUR) == ("sent", None)


def test_the_customer_may_have_solved_it(world: World, ticket: Ticket, now: datetime) -> None:
    progress.solve(ticket, Actor("contact", ticket.requester_id), now)
    db.session.commit()
    assert decided(ticket, now + HOUR) == ("sent", None)


def test_never_for_merged(world: World, ticket: Ticket, answered: Answered, now: datetime) -> None:
    survivor = answered(now, subject="The other one")
    solve(ticket, world, now)
    db.session.get_one(Ticket, ticket.id).merged_into_id = survivor.id
    db.session.commit()
    assert decided(ticket, now + HOUR) == ("skipped", "merged")


def test_never_for_spam(world: World, ticket: Ticket, now: datetime) -> None:
    solve(ticket, world, now)
    flags.mark_spam(ticket, world.alice.actor, now)
    db.session.commit()
    assert decided(ticket, now + HOUR) == ("skipped", "spam")


def test_never_for_the_trash(world: World, ticket: Ticket, now: datetime) -> None:
    solve(ticket, world, now)
    flags.trash(ticket, world.alice.actor, now)
    db.session.commit()
    assert decided(ticket, now + HOUR) == ("skipped", "trashed")


@pytest.mark.parametrize("actor", [SYSTEM, Actor("automation", 1)])
def test_never_for_what_was_solved_by_itself(world: World, ticket: Ticket, now: datetime, actor: Actor) -> None:
    progress.solve(ticket, actor, now)
    db.session.commit()
    assert decided(ticket, now + HOUR) == ("skipped", "solved_by_itself")


def test_never_without_an_answer_of_a_person(world: World, survey: Survey, now: datetime) -> None:
    ticket = ticket_of(take(mail(), now))  # acknowledged by the product, noted by an agent, answered by nobody
    work_all(now)
    noting.note(ticket, world.alice, "Nothing to do", at=now)
    solve(ticket, world, now)
    assert decided(ticket, now + HOUR) == ("skipped", "unanswered")


def test_never_where_only_agents_took_part(world: World, survey: Survey, now: datetime) -> None:
    ticket = opening.open_ticket(
        queue_id=world.care_queue.id,
        requester=world.dana,
        subject="By phone",
        channel="email",
        by=world.alice.actor,
        at=now,
        mailbox_id=world.mailbox.id,
    )
    replying.reply(ticket, world.alice, "As promised.", to=[("dana@customer.example", "")], at=now)
    solve(ticket, world, now)
    assert decided(ticket, now + HOUR) == ("skipped", "agents_only")


def test_never_where_a_colleague_asked(world: World, survey: Survey, now: datetime) -> None:
    ticket = ticket_of(take(mail(sender="Bob <bob@desk.example>"), now, envelope_from="bob@desk.example"))
    replying.reply(ticket, world.alice, "Here.", to=[("bob@desk.example", "")], at=now)
    solve(ticket, world, now)
    assert decided(ticket, now + HOUR) == ("skipped", "agents_only")


def test_never_to_whom_mail_came_back(world: World, ticket: Ticket, now: datetime) -> None:
    solve(ticket, world, now)
    db.session.get_one(Identity, ticket.requester_id).undeliverable_since = now
    db.session.commit()
    assert decided(ticket, now + HOUR) == ("skipped", "undeliverable")


def test_never_to_mail_that_machines_must_not_answer(
    world: World, survey: Survey, answered: Answered, now: datetime
) -> None:
    ticket = answered(now, headers=[("List-Id", "<friends.example>")])
    solve(ticket, world, now)
    assert decided(ticket, now + HOUR) == ("skipped", "unanswerable")


def test_a_form_that_had_no_acknowledgement_of_its_own_is_asked_about(
    world: World, ticket: Ticket, now: datetime
) -> None:
    [letter] = db.session.scalars(select(Message).where(Message.direction == "in"))
    letter.channel, letter.unanswerable = "form", "this address had an acknowledgement a short while ago"
    db.session.commit()
    solve(ticket, world, now)
    assert decided(ticket, now + HOUR) == ("sent", None)


def test_never_to_whoever_opted_out_at_any_of_their_addresses(world: World, ticket: Ticket, now: datetime) -> None:
    other = resolving.resolve("email", "dana@elsewhere.example", "Dana", now)
    _same_contact(world.dana, other)
    opting_out.opt_out(other.id, SYSTEM, now)
    solve(ticket, world, now)
    assert decided(ticket, now + HOUR) == ("skipped", "opted_out")


def test_opting_in_again(world: World, ticket: Ticket, now: datetime) -> None:
    assert opting_out.opt_out(world.dana.id, SYSTEM, now)
    assert not opting_out.opt_out(world.dana.id, SYSTEM, now)
    assert opting_out.opt_in(world.dana.id, SYSTEM, now)
    assert not opting_out.opt_in(world.dana.id, SYSTEM, now)
    solve(ticket, world, now)
    assert decided(ticket, now + HOUR) == ("sent", None)


def test_ninety_days_between_two_surveys_of_a_contact(
    world: World, ticket: Ticket, answered: Answered, now: datetime
) -> None:
    solve(ticket, world, now)
    assert decided(ticket, now + HOUR) == ("sent", None)
    for days, outcome in ((1, ("skipped", "asked_lately")), (89, ("skipped", "asked_lately")), (91, ("sent", None))):
        at = later(now, days=days)
        again = answered(at, subject=f"Day {days}")
        solve(again, world, at)
        assert decided(again, at + HOUR) == outcome


def test_the_days_count_for_the_contact_and_not_for_the_address(
    world: World, ticket: Ticket, answered: Answered, now: datetime
) -> None:
    solve(ticket, world, now)
    assert decided(ticket, now + HOUR) == ("sent", None)
    again = answered(now, sender="Eve <eve@customer.example>", subject="Me too")
    _same_contact(world.dana, world.eve)
    solve(again, world, now + HOUR)
    assert decided(again, later(now, hours=2)) == ("skipped", "asked_lately")


def test_a_visitor_without_an_address_is_not_asked(world: World, survey: Survey, now: datetime) -> None:
    ticket = _chat(world, now)
    solve(ticket, world, now)
    assert decided(ticket, now + HOUR) == ("skipped", "no_address")


def test_a_visitor_who_left_an_address_is_asked_there(world: World, survey: Survey, now: datetime) -> None:
    ticket = _chat(world, now)
    visitor = db.session.scalars(select(Visitor)).one()
    reaching.answer_to(visitor, name="Eve", email="eve@customer.example", at=now)
    participant.add(ticket.id, world.dana.id, "cc", "active", now)  # copied in by an agent, and not who asked
    solve(ticket, world, now)
    assert decided(ticket, now + HOUR) == ("sent", None)
    assert [row.recipient for row in rows("survey")] == ["eve@customer.example"]


def test_nobody_is_asked_while_the_survey_is_off(world: World, answered: Answered, now: datetime) -> None:
    solve(answered(now), world, now)
    assert invitations() == []
    asked_by(world, now, enabled=False)
    solve(answered(now, subject="Again"), world, now)
    assert invitations() == []


def test_switched_off_meanwhile(world: World, ticket: Ticket, now: datetime) -> None:
    solve(ticket, world, now)
    asked_by(world, now, enabled=False)
    assert decided(ticket, now + HOUR) == ("skipped", "switched_off")


def test_no_more_than_ten_automatic_mails_in_three_hours(world: World, ticket: Ticket, now: datetime) -> None:
    for _ in range(acknowledging.MOST):
        replying.tell_automatically(ticket, "Hello", (("dana@customer.example", ""),), "acknowledgement", now)
    solve(ticket, world, now)
    assert decided(ticket, now + HOUR) == ("skipped", "too_many_mails")


def test_sampling_is_stable_and_draws_the_share(world: World) -> None:
    drawn = [contact for contact in range(20_000) if rules.is_drawn(contact, "2026-q1", 30)]
    assert drawn == [contact for contact in range(20_000) if rules.is_drawn(contact, "2026-q1", 30)]
    assert 0.29 < len(drawn) / 20_000 < 0.31
    again = {contact for contact in range(20_000) if rules.is_drawn(contact, "2026-q2", 30)}
    assert 0.27 < len(again & set(drawn)) / len(drawn) < 0.33, "another wave draws others"
    assert all(rules.is_drawn(contact, "2026-q1", 100) for contact in range(1000))


def test_waves_are_quarters() -> None:
    assert [rules.wave(datetime(2026, month, 1)) for month in (1, 3, 4, 12)] == [
        "2026-q1",
        "2026-q1",
        "2026-q2",
        "2026-q4",
    ]


def test_who_is_not_drawn_is_not_asked(world: World, answered: Answered, now: datetime) -> None:
    asked_by(world, now, percent=1)
    ticket = answered(now)
    solve(ticket, world, now)
    outcome = decided(ticket, now + HOUR)
    contact_id = invitations(ticket)[0].contact_id
    assert contact_id is not None
    expected = ("sent", None) if rules.is_drawn(contact_id, "2026-q1", 1) else ("skipped", "not_drawn")
    assert outcome == expected


def test_agent_team_and_channel_are_kept_as_they_were_when_it_was_sent(
    world: World, ticket: Ticket, now: datetime
) -> None:
    solve(ticket, world, now)
    work_all(now + HOUR)
    ticket = db.session.get_one(Ticket, ticket.id)
    assignment.assign(ticket, world.bob, world.alice.actor, later(now, hours=2))
    ticket.queue_id = world.orders_queue.id
    db.session.commit()
    (kept,) = invitations(ticket)
    assert (kept.agent_id, kept.team_id, kept.queue_id, kept.channel) == (
        world.alice.id,
        world.care.id,
        world.care_queue.id,
        "email",
    )
    assert (kept.identity_id, kept.sent_at) == (world.dana.id, now + HOUR)


def test_a_survey_never_touches_a_clock(world: World, survey: Survey, answered: Answered, now: datetime) -> None:
    defaults.create(SYSTEM, now)
    db.session.commit()
    ticket = answered(now)
    take(mail(headers=[("In-Reply-To", f"<{_first_id(ticket)}>")], text="And the cushion?"), later(now, minutes=5))
    solve(ticket, world, later(now, minutes=6))
    before = _clocks(ticket)
    assert before
    assert decided(ticket, later(now, hours=2)) == ("sent", None)
    assert _clocks(ticket) == before
    assert db.session.get_one(Ticket, ticket.id, populate_existing=True).answered_at == now


def test_every_decision_is_told_on_the_ticket(world: World, ticket: Ticket, answered: Answered, now: datetime) -> None:
    solve(ticket, world, now)
    again = answered(now, subject="Again")
    solve(again, world, now)
    work_all(now + HOUR)
    assert [event.kind for event in timeline.of_ticket(ticket.id)][-1] == "survey_sent"
    last = timeline.of_ticket(again.id)[-1]
    assert (last.kind, last.data["reason"]) == ("survey_skipped", "asked_lately")


def test_the_decision_is_made_once_however_often_it_is_asked_for(world: World, ticket: Ticket, now: datetime) -> None:
    """JB-01."""
    solve(ticket, world, now)
    work_all(now + HOUR)
    row = db.session.scalars(select(OutboxRow).where(OutboxRow.task == TASK)).one()
    row.state = "queued"
    db.session.commit()
    jobs.run(row.id, now + HOUR)
    assert len(rows("survey")) == 1
    assert [event.kind for event in timeline.of_ticket(ticket.id)].count("survey_sent") == 1


def test_reasons_are_known_by_their_codes(app: Flask) -> None:
    nothing = rules.Facts(
        **{
            name: False
            for name in rules.Facts.__dataclass_fields__
            if name not in ("solved_by", "asked_at", "days_between")
        },
        solved_by="system",
        asked_at=None,
        days_between=90,
    )
    assert rules.against(nothing, datetime(2026, 1, 1)) in rules.REASONS


def _same_contact(one: Identity, other: Identity) -> None:
    contact_id = db.session.scalars(select(IdentityLink.contact_id).where(IdentityLink.identity_id == one.id)).one()
    link = db.session.scalars(select(IdentityLink).where(IdentityLink.identity_id == other.id)).one()
    link.contact_id = contact_id
    db.session.commit()


def _chat(world: World, now: datetime) -> Ticket:
    """A visitor wrote in the chat of the shop, and alice answered there."""
    identity = resolving.resolve("visitor", "visitor-1", "", now)
    ticket = opening.open_ticket(
        queue_id=world.care_queue.id,
        requester=identity,
        subject="Hello",
        channel="chat",
        by=Actor("contact", identity.id),
        at=now,
        mailbox_id=world.mailbox.id,
    )
    widget = Widget(key="shop", name="Shop", queue_id=world.care_queue.id, brand_id=world.brand.id, created_at=now)
    db.session.add(widget)
    db.session.flush()
    db.session.add(
        Visitor(
            widget_id=widget.id,
            token_sha256="0" * 64,
            identity_id=identity.id,
            ticket_id=ticket.id,
            last_seen_at=now,
            created_at=now,
        )
    )
    receiving.receive(ticket, identity, receiving.Letter(channel="chat", text="Hello?"), now)
    replying.reply(ticket, world.alice, "Hello.", to=[("x@customer.example", "")], at=now)
    db.session.commit()
    return ticket


def _first_id(ticket: Ticket) -> str:
    return str(db.session.scalars(select(Message.rfc_id).where(Message.direction == "in")).first())


def _clocks(ticket: Ticket) -> list[tuple[object, ...]]:
    found = db.session.scalars(
        select(SlaTimer)
        .where(SlaTimer.ticket_id == ticket.id)
        .order_by(SlaTimer.id)
        .execution_options(populate_existing=True)
    )
    return [tuple(getattr(row, column.key) for column in SlaTimer.__table__.columns) for row in found]
