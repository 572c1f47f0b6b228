"""When a merge of a visitor's ticket is taken back, the visitor is where they were, and reads no more than before."""

from datetime import datetime

from tests.channels.chat.talks import Guest, texts_of
from tests.channels.mails import later
from tests.people import World
from ticketdesk.core.db import db
from ticketdesk.tickets import merging, participant
from ticketdesk.tickets.ticket import Ticket


def undone(world: World, source: Ticket, at: datetime) -> None:
    merging.undo(source, world.alice.actor, at)
    db.session.commit()


def merged(world: World, source: Ticket, survivor: Ticket, at: datetime) -> None:
    merging.merge(source, survivor, world.alice.actor, at, widen=True)
    db.session.commit()


def test_what_a_mistaken_merge_brought_into_a_talk_is_gone_from_it_when_it_is_undone(
    world: World, guest: Guest, by_mail: Ticket, now: datetime
) -> None:
    before = guest.sees()
    merged(world, by_mail, guest.ticket, later(now, minutes=2))
    assert "By mail" in guest.sees()
    undone(world, by_mail, later(now, minutes=3))
    assert guest.sees() == before


def test_a_talk_goes_back_with_whoever_wrote_while_it_was_merged(
    world: World, guest: Guest, by_mail: Ticket, now: datetime
) -> None:
    source = guest.ticket
    merged(world, source, by_mail, later(now, minutes=2))
    guest.says("Three", later(now, minutes=3))
    undone(world, source, later(now, minutes=4))
    guest.says("Four", later(now, minutes=5))
    assert guest.sees() == ["One", "Two", "Three", "Four"]
    assert texts_of(source) == ["One", "Two", "Three", "Four"]
    assert texts_of(by_mail) == ["By mail"]


def test_an_address_typed_after_the_undoing_takes_no_part_in_the_other_ticket(
    world: World, guest: Guest, by_mail: Ticket, now: datetime
) -> None:
    source = guest.ticket
    merged(world, source, by_mail, later(now, minutes=2))
    guest.says("Three", later(now, minutes=3))
    undone(world, source, later(now, minutes=4))
    guest.gives("other@customer.example", later(now, minutes=5))
    identity_id = guest.visitor.email_identity_id
    assert identity_id is not None
    assert not participant.takes_part(by_mail.id, identity_id)
    assert participant.takes_part(source.id, identity_id)
