"""Which ticket a mail belongs to, and who may join it (SEMANTICS 1, SECURITY R01)."""

from datetime import datetime

import pytest
from sqlalchemy import func, select

from tests.channels.mails import DANA, EVE, later, mail, message_of, placement_of, take, ticket_of
from tests.people import World
from ticketdesk.channels.email import identifiers
from ticketdesk.channels.email.identifiers import Named
from ticketdesk.core import tokens
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import participant, progress, replying, splitting
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

MALLORY = "Mallory <mallory@evil.example>"


@pytest.fixture
def ticket(world: World, now: datetime) -> Ticket:
    return ticket_of(take(mail(message_id="first@customer.example"), now))


@pytest.fixture
def reply(world: World, ticket: Ticket, now: datetime) -> Message:
    made = replying.reply(ticket, world.alice, "We send one.", to=[("dana@customer.example", "Dana")], at=now)
    db.session.commit()
    return made


def key() -> str:
    return tokens.signing_keys()[0]


def signed(ticket: Ticket) -> str:
    return identifiers.address("support@desk.example", Named("t", ticket.id), key())


def ways(ticket: Ticket, reply: Message) -> dict[str, bytes]:
    """A mail for each way in which it can find its ticket."""
    return {
        "recipient_token": mail(to=signed(ticket), subject="x"),
        "reference_token": mail(headers=[("In-Reply-To", f"<{reply.rfc_id}>")], subject="x"),
        "message_id": mail(headers=[("References", "<unknown@x> <first@customer.example>")], subject="x"),
        "body_marker": mail(text=f"Thanks\r\n\r\n> {identifiers.mark(Named('t', ticket.id), key())}", subject="x"),
        "subject": mail(subject=f"Re: something [#{ticket.number}]"),
    }


WAYS = ("recipient_token", "reference_token", "message_id", "body_marker", "subject")


@pytest.mark.parametrize("way", WAYS)
def test_a_participant_comes_back_to_the_ticket(
    world: World, ticket: Ticket, reply: Message, now: datetime, way: str
) -> None:
    raw = take(ways(ticket, reply)[way], now)
    assert ticket_of(raw).id == ticket.id
    assert message_of(raw).threaded_by == way
    assert placement_of(message_of(raw)).held is False


@pytest.mark.parametrize("way", WAYS)
def test_a_stranger_is_held_and_a_subject_opens_no_door(
    world: World, ticket: Ticket, reply: Message, now: datetime, way: str
) -> None:
    raw = ways(ticket, reply)[way].replace(DANA.encode(), MALLORY.encode())
    stored = take(raw, now)
    if way == "subject":
        assert ticket_of(stored).id != ticket.id
        return
    assert ticket_of(stored).id == ticket.id
    assert placement_of(message_of(stored)).held is True
    assert not participant.takes_part(ticket.id, message_of(stored).identity_id or 0)
    assert ticket_of(stored).customer_wrote_at == now


@pytest.mark.parametrize("way", WAYS)
def test_who_can_be_read_in_two_ways_never_joins(
    world: World, ticket: Ticket, reply: Message, now: datetime, way: str
) -> None:
    raw = ways(ticket, reply)[way].replace(DANA.encode(), b"dana@customer.example, mallory@evil.example")
    stored = take(raw, now)
    if way == "subject":
        assert ticket_of(stored).id != ticket.id
    else:
        assert placement_of(message_of(stored)).held is True


def test_the_surest_way_wins(world: World, ticket: Ticket, reply: Message, now: datetime) -> None:
    other = ticket_of(take(mail(sender=EVE, message_id="other@customer.example"), now))
    raw = mail(
        to=signed(ticket),
        subject=f"[#{other.number}]",
        headers=[("In-Reply-To", "<other@customer.example>")],
    )
    assert ticket_of(take(raw, now)).id == ticket.id


def test_the_envelope_counts_where_the_headers_say_nothing(world: World, ticket: Ticket, now: datetime) -> None:
    raw = take(mail(to="undisclosed-recipients:;", subject="x"), now, envelope_to=[signed(ticket)])
    assert message_of(raw).threaded_by == "recipient_token"


GUESSES = [
    {"subject": "Re: [#1001] Printer"},
    {"to": "support+1@desk.example"},
    {"to": "support+t1@desk.example"},
    {"headers": [("In-Reply-To", "<notify-1-1-0000@desk.example>")]},
    {"headers": [("In-Reply-To", "<ticket.1.AAAA@desk.example>")]},
    {"text": "[ref:t1]"},
]


@pytest.mark.parametrize("guess", GUESSES, ids=range(len(GUESSES)))
def test_a_guess_leads_nowhere(world: World, ticket: Ticket, now: datetime, guess: dict[str, str]) -> None:
    assert ticket_of(take(mail(sender=MALLORY, **guess), now)).id != ticket.id  # type: ignore[arg-type]


def test_an_answer_opens_a_solved_ticket_again(world: World, ticket: Ticket, now: datetime) -> None:
    progress.solve(ticket, world.alice.actor, now)
    db.session.commit()
    assert ticket_of(take(mail(to=signed(ticket)), later(now, days=1))).category == "open"


def test_a_closed_ticket_stays_closed_and_a_linked_one_opens(world: World, ticket: Ticket, now: datetime) -> None:
    progress.solve(ticket, world.alice.actor, now)
    progress.move_to(ticket, "closed", SYSTEM, now)
    db.session.commit()
    raw = take(mail(to=signed(ticket)), later(now, days=30))
    fresh = ticket_of(raw)
    assert (fresh.id != ticket.id, fresh.follows_id) == (True, ticket.id)
    assert message_of(raw).threaded_by is None


def test_a_merged_ticket_leads_to_the_one_that_survived(world: World, ticket: Ticket, now: datetime) -> None:
    survivor = ticket_of(take(mail(sender=EVE), now))
    ticket.merged_into_id = survivor.id
    db.session.commit()
    assert ticket_of(take(mail(to=signed(ticket)), now)).id == survivor.id


def test_of_one_id_used_twice_the_newest_is_meant(world: World, now: datetime) -> None:
    take(mail(message_id="twice@x.example", sender=EVE), now)
    newest = take(mail(message_id="twice@x.example", text="Something else."), now)
    raw = take(mail(headers=[("In-Reply-To", "<twice@x.example>")]), now)
    assert ticket_of(raw).id == ticket_of(newest).id


def test_an_automatic_reply_joins_its_ticket_and_moves_nothing(
    world: World, ticket: Ticket, reply: Message, now: datetime
) -> None:
    progress.solve(ticket, world.alice.actor, now)
    db.session.commit()
    headers = [("Auto-Submitted", "auto-replied"), ("In-Reply-To", f"<{reply.rfc_id}>")]
    raw = take(mail(headers=headers), later(now, hours=1))
    assert (raw.state, raw.label) == ("message", "auto_reply")
    assert ticket_of(raw).category == "solved"
    event = db.session.scalars(select(Event).where(Event.kind == "message_received").order_by(Event.id.desc())).first()
    assert event is not None
    assert event.data["inert"] is True


def test_an_automatic_reply_to_a_closed_ticket_opens_nothing(
    world: World, ticket: Ticket, reply: Message, now: datetime
) -> None:
    progress.solve(ticket, world.alice.actor, now)
    progress.move_to(ticket, "closed", SYSTEM, now)
    db.session.commit()
    headers = [("Auto-Submitted", "auto-replied"), ("In-Reply-To", f"<{reply.rfc_id}>")]
    raw = take(mail(headers=headers), later(now, hours=1))
    assert (raw.state, raw.label) == ("inert", "auto_reply")
    assert db.session.scalar(select(func.count(Ticket.id))) == 1


def test_a_forged_sender_gives_a_copied_address_nothing(world: World, ticket: Ticket, now: datetime) -> None:
    take(mail(to=signed(ticket), headers=[("Cc", MALLORY)]), now)
    assert db.session.scalar(select(func.count()).select_from(participant.Participant)) == 1


def _proof(verdict: str, relay: str = "mx.desk.example") -> tuple[str, str]:
    return ("Authentication-Results", f"{relay}; dmarc={verdict} (p=reject) header.from=customer.example")


@pytest.mark.parametrize(
    ("results", "proven", "held"),
    [
        ([], False, False),
        ([_proof("pass")], True, False),
        ([_proof("fail")], False, True),
        ([_proof("pass", "mx.evil.example")], False, False),
        ([_proof("none"), _proof("pass")], False, False),
        ([("Authentication-Results", "mx.desk.example; dkim=pass header.d=evil.example")], False, False),
        ([("Authentication-Results", "mx.desk.example; dkim=pass header.d=customer.example")], True, False),
        ([("Authentication-Results", "mx.desk.example; x=(dmarc=pass header.from=customer.example)")], False, False),
        ([("Authentication-Results", 'mx.desk.example; x="y; dmarc=pass header.from=customer.example"')], False, False),
    ],
    ids=range(9),
)
def test_a_sender_is_proven_by_the_trusted_relay_alone(
    world: World, ticket: Ticket, now: datetime, results: list[tuple[str, str]], proven: bool, held: bool
) -> None:
    world.mailbox.trusted_relay = "mx.desk.example"
    raw = take(mail(to=signed(ticket), headers=results), now)
    assert message_of(raw).sender_proven is proven
    assert placement_of(message_of(raw)).held is held


def test_an_answer_to_what_was_split_off_follows_it(
    world: World, ticket: Ticket, reply: Message, now: datetime
) -> None:
    second = take(mail(headers=[("In-Reply-To", f"<{reply.rfc_id}>")], message_id="lamp@customer.example"), now)
    moved = [message_of(second).id, reply.id]
    share = splitting.Share(tuple(moved), world.care_queue, world.dana, "The lamp")
    part = splitting.split(ticket, share, world.alice.actor, later(now, hours=1))
    db.session.commit()
    assert ticket_of(take(mail(headers=[("In-Reply-To", f"<{reply.rfc_id}>")]), later(now, hours=2))).id == part.id
    answer = mail(to=signed(ticket), headers=[("References", f"<{reply.rfc_id}>")], message_id="a@customer.example")
    assert ticket_of(take(answer, later(now, hours=2))).id == part.id
    own = mail(
        to=signed(ticket), headers=[("In-Reply-To", "<first@customer.example>")], message_id="b@customer.example"
    )
    assert ticket_of(take(own, later(now, hours=2))).id == ticket.id
    assert (
        ticket_of(take(mail(to=signed(ticket), message_id="c@customer.example"), later(now, hours=2))).id == ticket.id
    )
    splitting.undo(part, world.alice.actor, later(now, hours=3))
    db.session.commit()
    back = mail(to=signed(part), headers=[("In-Reply-To", f"<{reply.rfc_id}>")], message_id="d@customer.example")
    assert ticket_of(take(back, later(now, hours=4))).id == ticket.id
