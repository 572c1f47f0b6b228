"""Selected tickets become one: the sheet, what it says of who would see what, doing it, and the way back."""

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.web.desk.conftest import Browser, Write, fresh, htmx, words
from ticketdesk.channels.inbound import Sender
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets import audience, following, merging, merging_many, moving, progress
from ticketdesk.tickets.audience import Gain
from ticketdesk.tickets.batch import Batch
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

EVE = Sender("email", "eve@customer.example", "Eve")
FAY = Sender("email", "fay@customer.example", "Fay")


@pytest.fixture
def three(write: Write) -> list[Ticket]:
    return [write(f"Words {number}.", subject=f"Matter {number}").ticket for number in range(3)]


@pytest.fixture
def strangers(write: Write) -> list[Ticket]:
    """Tickets of three people who know nothing of each other."""
    return [
        write(subject="One").ticket,
        write(sender=EVE, subject="Two").ticket,
        write(sender=FAY, subject="Three").ticket,
    ]


def sheet(who: FlaskClient, tickets: list[Ticket], keep: int | None = None) -> Any:
    query: dict[str, Any] = {"number": [ticket.number for ticket in tickets]}
    return who.get("/desk/batches/merge", query_string=query | ({"keep": keep} if keep else {}), headers=htmx())


def merge(who: FlaskClient, tickets: list[Ticket], keep: int, **more: str) -> Any:
    data = {"number": [str(ticket.number) for ticket in tickets], "keep": str(keep), **more}
    return who.post("/desk/batches/merges", data=data, headers=htmx())


def confirmation(page: str) -> str:
    """What the sheet sends when the agent says that they may see this."""
    found = re.search(r'name="confirmed" value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


def test_the_oldest_stays_unless_another_is_chosen(alice: FlaskClient, three: list[Ticket]) -> None:
    said = words(sheet(alice, three[::-1]).text)
    assert f"Merge 2 tickets into #{three[0].number}" in said
    assert "Would newly see" not in said, "they are all of one customer"
    assert f"Merge 2 tickets into #{three[2].number}" in words(sheet(alice, three, three[2].number).text)


def test_they_become_one_and_one_undo_takes_it_back(alice: FlaskClient, three: list[Ticket]) -> None:
    answer = merge(alice, three, three[1].number)
    assert answer.status_code == 204
    told = json.loads(answer.headers["HX-Trigger"])["undoable"]
    assert told["said"] == f"Merged into #{three[1].number}"
    stays = three[1].id
    assert [fresh(ticket).merged_into_id for ticket in three] == [stays, None, stays]
    assert fresh(three[1]).message_count == 3
    undone = alice.post(told["address"], headers=htmx())
    assert json.loads(undone.headers["HX-Trigger"])["said"] == "Undone: 2 tickets"
    assert [fresh(ticket).merged_into_id for ticket in three] == [None] * 3
    assert [fresh(ticket).message_count for ticket in three] == [1, 1, 1]


def test_what_was_separated_meanwhile_is_left_as_it_is(alice: FlaskClient, world: World, three: list[Ticket]) -> None:
    told = json.loads(merge(alice, three, three[0].number).headers["HX-Trigger"])["undoable"]
    merging.undo(fresh(three[1]), world.bob.actor, three[1].opened_at)
    db.session.commit()
    said = json.loads(alice.post(told["address"], headers=htmx()).headers["HX-Trigger"])
    assert said["said"] == "Undone: one ticket"
    assert f"#{three[1].number} (changed by somebody since)" in said["refused"]


def test_what_a_colleague_merged_there_again_is_the_colleagues(
    alice: FlaskClient, world: World, three: list[Ticket]
) -> None:
    told = json.loads(merge(alice, three, three[0].number).headers["HX-Trigger"])["undoable"]
    merging.undo(fresh(three[1]), world.bob.actor, three[1].opened_at)
    db.session.commit()
    merging.merge(fresh(three[1]), fresh(three[0]), world.bob.actor, three[1].opened_at)
    db.session.commit()
    said = json.loads(alice.post(told["address"], headers=htmx()).headers["HX-Trigger"])
    assert f"#{three[1].number} (changed by somebody since)" in said["refused"]
    assert fresh(three[1]).merged_into_id == three[0].id


def test_nothing_is_taken_out_of_a_ticket_that_is_out_of_reach_by_now(
    alice: FlaskClient, world: World, three: list[Ticket]
) -> None:
    told = json.loads(merge(alice, three, three[0].number).headers["HX-Trigger"])["undoable"]
    moving.move(fresh(three[0]), world.orders_queue, world.ada.actor, three[0].opened_at)
    db.session.commit()
    alice.post(told["address"], headers=htmx())
    assert [fresh(ticket).merged_into_id for ticket in three[1:]] == [three[0].id] * 2


def test_the_preview_says_all_that_would_be_seen_also_by_those_who_come_later(
    alice: FlaskClient, strangers: list[Ticket]
) -> None:
    """The third one's customer sees what the second one brought; two at a time would not tell that."""
    said = words(sheet(alice, strangers).text)
    first, second, third = (ticket.number for ticket in strangers)
    assert f"Fay: one message of #{first}" in said
    assert f"Fay: one message of #{second}" in said, "it stands there, whatever it is merged into before"
    assert f"Eve: one message of #{third}" in said
    assert [fresh(ticket).merged_into_id for ticket in strangers] == [None] * 3, "it was only looked at"
    assert db.session.scalars(select(Event.id).where(Event.kind == "merged_into")).all() == []


def test_nobody_sees_more_without_a_word_of_the_agent(alice: FlaskClient, strangers: list[Ticket]) -> None:
    refused = merge(alice, strangers, strangers[0].number)
    assert refused.status_code == 409
    assert "Confirm that this is meant" in words(refused.text)
    assert [fresh(ticket).merged_into_id for ticket in strangers] == [None] * 3
    assert db.session.scalars(select(Batch)).all() == []
    assert merge(alice, strangers, strangers[0].number, confirmed=confirmation(refused.text)).status_code == 204
    assert [fresh(ticket).merged_into_id is None for ticket in strangers] == [True, False, False]


def test_a_word_holds_for_what_was_shown_and_nothing_else(
    alice: FlaskClient, strangers: list[Ticket], write: Write
) -> None:
    """Neither for another ticket that stays, nor for one more ticket, nor for words that came since."""
    shown = confirmation(sheet(alice, strangers).text)
    two = confirmation(sheet(alice, strangers[:2]).text)
    assert merge(alice, strangers, strangers[1].number, confirmed=shown).status_code == 409
    assert merge(alice, strangers, strangers[0].number, confirmed=two).status_code == 409
    write("And one more thing.", strangers[1], sender=EVE)
    assert merge(alice, strangers, strangers[0].number, confirmed=shown).status_code == 409
    assert [fresh(ticket).merged_into_id for ticket in strangers] == [None] * 3


def test_a_namesake_is_somebody_else(alice: FlaskClient, world: World, strangers: list[Ticket]) -> None:
    """Names are what people call themselves: another Eve who came since is not the one who was shown."""
    shown = confirmation(sheet(alice, strangers[:2]).text)
    namesake = Identity(kind="email", value="eve@elsewhere.example", name="Eve", created_at=clock.now())
    db.session.add(namesake)
    db.session.flush()
    person = {"identity_id": namesake.id, "role": "cc", "state": "active", "sees_since": None}
    db.session.add(Participant(ticket_id=strangers[1].id, added_at=clock.now(), **person))
    db.session.commit()
    assert merge(alice, strangers[:2], strangers[0].number, confirmed=shown).status_code == 409


def test_what_cannot_be_merged_is_named_and_the_others_go_on(
    alice: FlaskClient, world: World, three: list[Ticket]
) -> None:
    progress.move_to(three[0], "closed", world.ada.actor, three[0].opened_at)
    merging.merge(three[2], three[1], world.ada.actor, three[2].opened_at)
    db.session.commit()
    said = words(sheet(alice, three).text)
    assert f"Merge one ticket into #{three[1].number}" in said, "what is closed takes no messages"
    assert f"#{three[2].number} was merged into another ticket already." in said
    assert merge(alice, three, three[1].number).status_code == 204
    assert fresh(three[0]).merged_into_id == three[1].id


def test_the_ladder(browser: Browser, reader: FlaskClient, write: Write, three: list[Ticket]) -> None:
    bob = browser("bob")
    assert sheet(bob, three).status_code == 200
    assert sheet(reader, three).status_code == 422
    assert merge(reader, three, three[0].number).status_code == 422
    assert sheet(bob, three[:1]).status_code == 422
    assert sheet(bob, three, 999_999).status_code == 422
    assert merge(bob, three, 999_999).status_code == 422
    assert bob.post("/desk/batches/merges", data={"number": "x", "keep": "1"}, headers=htmx()).status_code == 422
    assert bob.get("/desk/batches/merges").status_code == 405
    assert bob.post("/desk/batches/merge").status_code == 405
    assert [fresh(ticket).merged_into_id for ticket in three] == [None] * 3


def test_tickets_of_others_are_not_there(browser: Browser, world: World, write: Write, three: list[Ticket]) -> None:
    hidden = write(subject="Hidden away", queue_id=world.orders_queue.id).ticket
    bob = browser("bob")
    assert "Hidden away" not in sheet(bob, [*three, hidden]).text
    assert merge(bob, [three[0], hidden], three[0].number).status_code == 422
    assert merge(bob, [*three, hidden], hidden.number).status_code == 422
    assert sheet(browser("carol"), three).status_code == 422


def test_what_is_said_to_be_seen_is_what_merging_one_by_one_opens(
    alice: FlaskClient, world: World, strangers: list[Ticket], write: Write
) -> None:
    """People who take part in two of them, since later, and agents who follow: the same people, the same messages."""
    write("Fay asks here too.", sender=FAY, queue_id=world.orders_queue.id)
    write("And once more.", strangers[0])
    since = clock.now()
    person = {"identity_id": strangers[2].requester_id, "role": "cc", "state": "active", "sees_since": since}
    db.session.add(Participant(ticket_id=strangers[0].id, added_at=since, **person))
    following.follow(strangers[1], world.bob, world.bob.actor, clock.now())
    db.session.commit()
    survivor, *sources = (fresh(ticket) for ticket in strangers)
    planned = seen_by(merging_many.plan(world.alice, [ticket.number for ticket in strangers], survivor.number).gains)
    gains = []
    for source in sources:
        gains += audience.gains(source, survivor)
        merging.merge(source, survivor, world.alice.actor, clock.now(), widen=True)
    assert planned == seen_by(gains)
    assert len(planned) >= 3


def seen_by(gains: list[Gain]) -> dict[tuple[bool, str], set[int]]:
    found: dict[tuple[bool, str], set[int]] = {}
    for gain in gains:
        found.setdefault((gain.is_agent, gain.name), set()).update(gain.message_ids)
    return found
