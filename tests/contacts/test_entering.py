"""Proving an address by a mailed code."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from tests.people import World, open_for
from ticketdesk.channels.email import codes
from ticketdesk.contacts import entering, resolving, sessions, sweeping
from ticketdesk.contacts.code import EntryCode
from ticketdesk.contacts.contact import Identity, IdentityLink
from ticketdesk.contacts.session import CustomerSession
from ticketdesk.core import claiming, outbox
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid

ASKED = "a" * 64


def made(world: World, now: datetime) -> str:
    return entering.make(world.dana, ASKED, now, now + entering.LIFE)


def test_a_code_is_good_once_and_proves_the_address(world: World, now: datetime) -> None:
    code = made(world, now)
    assert (len(code), code.isdecimal()) == (8, True)
    assert entering.use(f" {code[:4]} {code[4:]} ", ASKED, now) is world.dana
    assert world.dana.verification == "confirmed"
    with pytest.raises(Invalid):
        entering.use(code, ASKED, now)


def test_a_better_proof_is_kept(world: World, now: datetime) -> None:
    world.dana.verification = "signed"
    entering.use(made(world, now), ASKED, now)
    assert world.dana.verification == "signed"


@pytest.mark.parametrize(
    ("asked", "after", "change"),
    [("b" * 64, timedelta(0), ""), (ASKED, entering.LIFE, ""), (ASKED, timedelta(0), "x"), ("", timedelta(0), "")],
)
def test_another_browser_a_late_hour_or_a_wrong_code_opens_nothing(
    world: World, now: datetime, asked: str, after: timedelta, change: str
) -> None:
    code = made(world, now)
    with pytest.raises(Invalid) as refused:
        entering.use(code + change, asked, now + after)
    assert str(refused.value) == entering.WRONG
    assert world.dana.verification == "none"


def test_a_new_code_ends_the_one_before(world: World, now: datetime) -> None:
    first, second = made(world, now), made(world, now + timedelta(seconds=1))
    with pytest.raises(Invalid):
        entering.use(first, ASKED, now + timedelta(seconds=2))
    assert entering.use(second, ASKED, now + timedelta(seconds=2)) is world.dana


def test_nothing_in_the_table_tells_the_code(world: World, now: datetime) -> None:
    code = made(world, now)
    row = db.session.scalars(select(EntryCode)).one()
    assert code not in f"{row.digest}{row.asked}"


def joined(world: World, address: str, verification: str, now: datetime) -> Identity:
    """Another address of dana's contact."""
    other = resolving.resolve("email", address, "", now, verification=verification)
    contact = db.session.scalars(select(IdentityLink).where(IdentityLink.identity_id == world.dana.id)).one()
    link = db.session.scalars(select(IdentityLink).where(IdentityLink.identity_id == other.id)).one()
    link.contact_id = contact.contact_id
    db.session.flush()
    return other


def test_only_proven_addresses_of_the_same_person_come_along(world: World, now: datetime) -> None:
    proven = joined(world, "dana@work.example", "replied", now)
    joined(world, "dana@other.example", "none", now)
    joined(world, "info@work.example", "replied", now)
    assert entering.identities_of(world.dana) == [world.dana.id, proven.id]
    assert entering.identities_of(world.eve) == [world.eve.id]
    shared = resolving.resolve("email", "office@work.example", "", now, verification="confirmed")
    assert entering.identities_of(shared) == [shared.id]


def test_a_session_ends_by_time_by_rest_and_by_word(world: World, now: datetime) -> None:
    row, secret = sessions.begin(world.dana, "192.0.2.1", "a browser", now)
    found = sessions.find(secret, now)
    assert found == (row, world.dana)
    assert sessions.find("", now) is None
    assert sessions.find(secret, now + sessions.IDLE) is None
    sessions.seen(row, now + timedelta(days=13))
    db.session.refresh(row)
    assert sessions.find(secret, now + sessions.IDLE) is not None
    assert sessions.find(secret, now + sessions.LONGEST) is None
    sessions.end(row, now)
    db.session.flush()
    assert sessions.find(secret, now) is None
    assert secret not in row.digest


def test_what_is_long_over_is_forgotten(world: World, now: datetime) -> None:
    made(world, now)
    sessions.begin(world.dana, "192.0.2.1", "a browser", now)
    sweeping.forget_old(now + timedelta(hours=2))
    assert db.session.scalar(select(EntryCode.id)) is not None
    sweeping.forget_old(now + timedelta(days=200))
    assert db.session.scalar(select(EntryCode.id)) is None
    assert db.session.scalar(select(CustomerSession.id)) is None


def sent(address: str, brand_id: int, now: datetime, at: datetime) -> str | None:
    codes.ask(brand_id, address, ASKED, now)
    db.session.flush()
    newest = select(func.max(outbox.OutboxRow.id)).where(outbox.OutboxRow.task == codes.TASK)
    claim = claiming.take(db.session.scalars(newest).one(), at)
    assert claim is not None
    return codes.send(claim, at)[0]


def test_codes_go_to_those_who_take_part_and_to_nobody_else(world: World, now: datetime) -> None:
    open_for(world, world.care_queue)
    db.session.flush()
    assert sent("dana@customer.example", world.brand.id, now, now) == "sent"
    assert sent("eve@customer.example", world.brand.id, now, now) == "done"  # takes part in nothing
    assert sent("nobody@customer.example", world.brand.id, now, now) == "done"
    assert sent("support@desk.example", world.brand.id, now, now) == "done"  # our own mailbox
    world.dana.undeliverable_since = now
    assert sent("dana@customer.example", world.brand.id, now, now) == "done"
    assert len(db.session.scalars(select(EntryCode)).all()) == 1


def test_a_code_that_could_not_leave_in_time_stays(world: World, now: datetime) -> None:
    open_for(world, world.care_queue)
    assert sent("dana@customer.example", world.brand.id, now, now + entering.LIFE) == "cancelled"
