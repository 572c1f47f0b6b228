"""What customers write, what agents answer, and what it does to the ticket."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.inbounds import inbound
from tests.people import World
from ticketdesk.channels.inbound import Inbound, Match, Sender, deliver
from ticketdesk.core import storage
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.tickets import drafts, noting, progress, receiving, redacting, replying, timeline
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.message import Message, Placement, Recipient
from ticketdesk.tickets.participant import Participant, takes_part
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.search_row import SearchRow
from ticketdesk.tickets.ticket import Ticket

LATER = timedelta(hours=1)
DANA = (("dana@customer.example", "Dana"),)


def mail(world: World, at: datetime, who: str = "dana", **values: object) -> Inbound:
    given: dict[str, object] = {
        "channel": "email",
        "brand_id": world.brand.id,
        "queue_id": world.care_queue.id,
        "mailbox_id": world.mailbox.id,
        "sender": Sender("email", f"{who}@customer.example", who.title()),
        "subject": "The armrest came off",
        "text": "It came off\nwhile I sat down.",
        "received_at": at,
    }
    return inbound(**{**given, **values})


@pytest.fixture
def ticket(world: World, now: datetime) -> Ticket:
    return deliver(mail(world, now)).ticket


def kinds(ticket: Ticket) -> list[str]:
    return [event.kind for event in timeline.of_ticket(ticket.id)]


def test_a_first_mail_opens_a_ticket_with_its_words_shown(world: World, now: datetime, ticket: Ticket) -> None:
    assert kinds(ticket) == ["ticket_opened", "message_received"]
    assert (ticket.category, ticket.subject, ticket.last_author) == ("new", "The armrest came off", "Dana")
    assert ticket.last_words == "It came off while I sat down."
    assert ticket.customer_wrote_at == now
    assert ticket.waits_for_us
    assert takes_part(ticket.id, ticket.requester_id)


def test_a_name_turns_no_words_around_it(world: World, now: datetime) -> None:
    dana = Sender("email", "turned@customer.example", "\u202eDana")
    letter = mail(world, now, sender=dana, subject="\u2067Arm\u202drest", to=(("a@desk.example", "\u202bA \u05d0"),))
    made = deliver(letter)
    assert (made.ticket.subject, made.ticket.last_author) == ("Armrest", "Dana")
    names = db.session.scalars(select(Recipient.name).where(Recipient.message_id == made.message.id)).all()
    assert list(names) == ["A \u05d0"]


def test_events_are_numbered_without_a_gap(world: World, now: datetime, ticket: Ticket) -> None:
    noting.note(ticket, world.alice, "Batch 0226 again.", at=now)
    with pytest.raises(Invalid), db.session.begin_nested():
        noting.note(ticket, world.alice, "  ", at=now)
    replying.reply(ticket, world.alice, "Sorry!", to=DANA, at=now)
    assert [event.seq for event in timeline.of_ticket(ticket.id)] == list(range(1, ticket.last_seq + 1))


def test_an_answer_takes_the_ticket_and_opens_it(world: World, now: datetime, ticket: Ticket) -> None:
    message = replying.reply(ticket, world.alice, "Sorry! A new one is on its way.", to=DANA, at=now + LATER)
    assert (ticket.assignee_id, ticket.category) == (world.alice.id, "open")
    assert ticket.answered_at == now + LATER
    assert not ticket.waits_for_us
    assert kinds(ticket)[2:] == ["reply_sent", "assigned", "status_changed"]
    assert message.answers_id is not None
    assert db.session.scalars(select(Recipient.address).where(Recipient.message_id == message.id)).all() == [
        "dana@customer.example"
    ]


def test_the_same_key_makes_one_message(world: World, now: datetime, ticket: Ticket) -> None:
    made = [replying.reply(ticket, world.alice, "Sorry!", to=DANA, at=now, client_key="k1") for _ in range(2)]
    assert made[0].id == made[1].id
    assert kinds(ticket).count("reply_sent") == 1


def test_a_note_answers_nobody(world: World, now: datetime, ticket: Ticket) -> None:
    noting.note(ticket, world.alice, "Batch 0226 again.", at=now + LATER)
    assert ticket.answered_at is None
    assert ticket.last_author == "Dana"
    assert (ticket.category, ticket.assignee_id) == ("new", None)


@pytest.mark.parametrize("category", ["pending", "on_hold", "solved"])
def test_a_customers_mail_opens_what_waited(world: World, now: datetime, ticket: Ticket, category: str) -> None:
    progress.move_to(ticket, category, world.alice.actor, now)
    again = deliver(mail(world, now + LATER, match=Match(ticket.id, "message_id")))
    assert again.ticket.id == ticket.id
    assert ticket.category == "open"
    assert ticket.solved_at is None
    assert ticket.closes_at is None


def test_an_automatic_answer_opens_nothing(world: World, now: datetime, ticket: Ticket) -> None:
    progress.solve(ticket, world.alice.actor, now)
    deliver(mail(world, now + LATER, match=Match(ticket.id, "message_id"), inert="an automatic answer"))
    assert ticket.category == "solved"
    assert ticket.customer_wrote_at == now


def test_what_a_machine_returns_is_not_held_and_its_sender_takes_no_part(
    world: World, now: datetime, ticket: Ticket
) -> None:
    match = Match(ticket.id, "reference_token")
    bounce = deliver(mail(world, now + LATER, "mailer-daemon", match=match, inert="a delivery report", may_join=False))
    placement = db.session.scalars(select(Placement).where(Placement.message_id == bounce.message.id)).one()
    assert not placement.held
    assert ticket.last_author == "Dana"
    assert bounce.message.identity_id is not None
    assert not takes_part(ticket.id, bounce.message.identity_id)
    guessed = deliver(
        mail(world, now + LATER, "eve", match=Match(ticket.id, "message_id"), inert="an automatic answer")
    )
    assert db.session.scalars(select(Placement.held).where(Placement.message_id == guessed.message.id)).one()


def test_a_stranger_is_held_and_sees_and_moves_nothing(world: World, now: datetime, ticket: Ticket) -> None:
    progress.solve(ticket, world.alice.actor, now)
    late = deliver(mail(world, now + LATER, "eve", text="Me too", match=Match(ticket.id, "message_id")))
    assert late.ticket.id == ticket.id
    assert ticket.category == "solved"
    assert ticket.last_author == "Dana"
    assert not takes_part(ticket.id, world.eve.id)
    held = db.session.scalars(select(Placement).where(Placement.message_id == late.message.id)).one()
    assert held.held

    receiving.accept(late.message.id, world.alice.actor, now + 2 * LATER)
    assert ticket.category == "open"
    assert takes_part(ticket.id, world.eve.id)
    assert ticket.last_author == "Eve"
    with pytest.raises(Conflict):
        receiving.accept(late.message.id, world.alice.actor, now + 2 * LATER)


def test_a_participant_whose_address_proves_nothing_here_is_held(world: World, now: datetime, ticket: Ticket) -> None:
    late = deliver(mail(world, now + LATER, match=Match(ticket.id, "message_id"), may_join=False))
    assert db.session.scalars(select(Placement.held).where(Placement.message_id == late.message.id)).one()
    assert db.session.scalars(select(Participant.state)).all() == ["active"]


def test_a_number_in_the_subject_helps_participants_only(world: World, now: datetime, ticket: Ticket) -> None:
    stranger = deliver(mail(world, now + LATER, "eve", match=Match(ticket.id, "subject")))
    assert stranger.created
    participant = deliver(mail(world, now + LATER, match=Match(ticket.id, "subject")))
    assert participant.ticket.id == ticket.id


def test_a_closed_ticket_stays_closed_and_a_linked_one_opens(world: World, now: datetime, ticket: Ticket) -> None:
    progress.move_to(ticket, "closed", world.alice.actor, now)
    late = deliver(mail(world, now + LATER, match=Match(ticket.id, "message_id")))
    assert late.created
    assert late.ticket.follows_id == ticket.id
    assert late.message.threaded_by == "message_id"
    with pytest.raises(Conflict):
        replying.reply(ticket, world.alice, "Hello?", to=DANA, at=now)


def test_a_merge_chain_leads_to_the_survivor_and_a_circle_to_a_new_ticket(
    world: World, now: datetime, ticket: Ticket
) -> None:
    second, third = deliver(mail(world, now)).ticket, deliver(mail(world, now)).ticket
    ticket.merged_into_id, second.merged_into_id = second.id, third.id
    assert deliver(mail(world, now, match=Match(ticket.id, "message_id"))).ticket.id == third.id
    third.merged_into_id = ticket.id
    assert deliver(mail(world, now, match=Match(ticket.id, "message_id"))).created


def test_files_stay_with_their_message(world: World, now: datetime) -> None:
    letter = mail(world, now, files=(NewFile("label.jpg", "image/jpeg", b"picture"),))
    message = deliver(letter).message
    kept = db.session.scalars(select(Attachment).where(Attachment.message_id == message.id)).one()
    assert (kept.filename, kept.size) == ("label.jpg", 7)
    assert storage.read(kept.blob_sha256) == b"picture"


def test_a_draft_gives_its_files_to_the_message_and_ends(world: World, now: datetime, ticket: Ticket) -> None:
    draft = drafts.save(ticket, world.alice, "reply", "Sor", {}, ticket.last_seq, now)
    drafts.attach(draft, [NewFile("guide.pdf", "application/pdf", b"%PDF")], now)
    message = replying.reply(ticket, world.alice, "Sorry!", to=DANA, draft=draft, at=now)
    db.session.flush()
    assert db.session.scalars(select(Attachment.message_id)).all() == [message.id]
    assert db.session.scalars(select(Draft)).all() == []


def test_two_authors_have_two_drafts_and_saving_again_changes_one(world: World, now: datetime, ticket: Ticket) -> None:
    drafts.save(ticket, world.alice, "reply", "So", {}, 2, now)
    drafts.save(ticket, world.bob, "reply", "Hi", {}, 2, now)
    drafts.save(ticket, world.alice, "reply", "Sorry", {}, 2, now)
    texts = dict(db.session.execute(select(Draft.agent_id, Draft.text)).all())
    assert texts == {world.alice.id: "Sorry", world.bob.id: "Hi"}


def test_redacting_takes_the_words_everywhere_and_leaves_a_tombstone(world: World, now: datetime) -> None:
    made = deliver(mail(world, now, html="<p>secret</p>", files=(NewFile("a.txt", "text/plain", b"secret"),)))
    redacting.redact(made.message.id, world.ada.actor, now)
    db.session.flush()
    kept = db.session.get_one(Message, made.message.id)
    assert kept.redacted_at == now
    assert (kept.text, kept.html, kept.subject, kept.snippet) == ("", None, None, "")
    assert db.session.scalars(select(Attachment)).all() == []
    assert db.session.scalars(select(SearchRow)).all() == []


def test_an_empty_answer_or_one_to_nobody_is_refused(world: World, now: datetime, ticket: Ticket) -> None:
    with pytest.raises(Invalid) as empty:
        replying.reply(ticket, world.alice, " \n ", to=DANA, at=now)
    assert empty.value.field == "text"
    with pytest.raises(Invalid) as nobody:
        replying.reply(ticket, world.alice, "Sorry!", to=(), at=now)
    assert nobody.value.field == "to"
