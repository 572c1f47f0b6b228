"""A talk whose ticket is merged into another goes on there, and comes back when that is undone."""

from datetime import datetime

import pytest
from sqlalchemy import select

from tests.channels.chat.talks import Guest, answers, texts_of
from tests.channels.mails import later, work_all
from tests.people import World
from ticketdesk.channels.chat import missed, ringing, talk
from ticketdesk.core.db import db
from ticketdesk.tickets import merging
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event


def test_the_visitor_reads_on_in_the_survivor(world: World, guest: Guest, by_mail: Ticket, now: datetime) -> None:
    source = guest.ticket
    merging.merge(source, by_mail, world.alice.actor, later(now, minutes=2), widen=True)
    db.session.commit()
    answers(world.alice, by_mail, "Three", later(now, minutes=3))
    guest.says("Four", later(now, minutes=4))
    assert texts_of(by_mail)[-2:] == ["Three", "Four"]
    assert [words for words in guest.sees() if words != "By mail"] == ["One", "Two", "Three", "Four"]
    assert guest.ticket.id == by_mail.id
    assert ringing.topics([by_mail.reference]) <= ringing.topics(talk.tickets(guest.visitor))


def test_what_was_read_stays_where_it_was_when_the_merge_is_undone(
    world: World, guest: Guest, by_mail: Ticket, now: datetime
) -> None:
    source = guest.ticket
    before = guest.sees()
    merging.merge(source, by_mail, world.alice.actor, later(now, minutes=2), widen=True)
    db.session.commit()
    merging.undo(source, world.alice.actor, later(now, minutes=3))
    db.session.commit()
    assert guest.sees() == before
    guest.says("Five", later(now, minutes=4))
    assert texts_of(source) == ["One", "Two", "Five"]


def test_nobody_reads_more_than_before_unless_somebody_says_so(
    world: World, guest: Guest, by_mail: Ticket, now: datetime
) -> None:
    with pytest.raises(merging.Widens):
        merging.merge(guest.ticket, by_mail, world.alice.actor, later(now, minutes=2))
    db.session.rollback()
    assert "By mail" not in guest.sees()


def test_an_unread_answer_is_mailed_from_the_survivor(
    world: World, guest: Guest, by_mail: Ticket, now: datetime
) -> None:
    guest.gives("dana@customer.example", later(now, minutes=1))
    merging.merge(guest.ticket, by_mail, world.alice.actor, later(now, minutes=2), widen=True)
    db.session.commit()
    guest.reads(later(now, minutes=2))
    answers(world.alice, by_mail, "Three", later(now, minutes=3))
    assert talk.unread(guest.visitor) != []


def test_an_answer_that_moves_while_its_ticket_is_waited_for_is_looked_at_again(
    world: World, guest: Guest, by_mail: Ticket, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The merge was quicker than the lock: nothing is recorded of a ticket that is no more."""
    guest.gives("dana@customer.example", later(now, minutes=1))
    guest.leaves(later(now, minutes=2))
    source = guest.ticket
    merging.merge(source, by_mail, world.alice.actor, later(now, minutes=2), widen=True)
    db.session.commit()
    places = iter([source.id])
    where = missed._place
    monkeypatch.setattr(missed, "_place", lambda message_id: next(places, None) or where(message_id))
    monkeypatch.setattr(missed, "visitor_of", lambda _message: guest.visitor)
    work_all(later(now, minutes=30))
    told = db.session.execute(select(Event.ticket_id).where(Event.kind == "mailed_unread")).scalars().all()
    assert told == [by_mail.id]
