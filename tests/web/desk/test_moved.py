"""A ticket becomes part of another while somebody writes in it: words and files go along, nothing is sent unseen."""

import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.web.desk.conftest import Browser, Write, htmx, words
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets import drafts, merging, progress
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.queue import QueueGrant
from ticketdesk.tickets.ticket import Ticket


@pytest.fixture
def other(write: Write) -> Ticket:
    """Another ticket of dana's."""
    return write("It is still broken.", subject="Still broken").ticket


def merged(source: Ticket, survivor: Ticket, world: World) -> None:
    """bob merges one into the other."""
    merging.merge(source, survivor, world.bob.actor, clock.now())
    db.session.commit()


def typed(client: FlaskClient, ticket: Ticket, kind: str, text: str, revision: int = 0, key: str = "k") -> int:
    """Saved as the page does; the revision that it is told."""
    data = {"text": text, "revision": revision, "client_key": key, "based_on_seq": ticket.last_seq}
    answer = client.put(f"/desk/tickets/{ticket.number}/drafts/{kind}", data=data)
    assert answer.status_code == 200, answer.text
    return int(answer.get_json()["revision"])


def standing(world: World) -> list[tuple[int, str, str]]:
    """alice's drafts: where, which, what."""
    db.session.expire_all()
    found = db.session.scalars(select(Draft).where(Draft.agent_id == world.alice.id).order_by(Draft.id))
    return [(one.ticket_id, one.kind, one.text) for one in found]


def sending(ticket: Ticket, kind: str, text: str, revision: int, key: str = "k") -> dict[str, object]:
    data: dict[str, object] = {"text": text, "based_on_seq": ticket.last_seq, "client_key": key, "revision": revision}
    return data | ({"to": "dana@customer.example"} if kind == "reply" else {})


@pytest.mark.parametrize("kind", ["reply", "note"])
def test_what_is_typed_after_the_merge_goes_along(
    alice: FlaskClient, world: World, ticket: Ticket, other: Ticket, kind: str
) -> None:
    revision = typed(alice, other, kind, "Dear Dana")
    merged(other, ticket, world)
    revision = typed(alice, other, kind, "Dear Dana, it leaves today.", revision)
    assert standing(world) == [(ticket.id, kind, "Dear Dana, it leaves today.")]
    text = "Dear Dana, it leaves today, at once."
    address = f"/desk/tickets/{other.number}/{'replies' if kind == 'reply' else 'notes'}"
    answer = alice.post(address, data=sending(other, kind, text, revision), headers=htmx())
    assert answer.status_code == 204
    assert f"/desk/tickets/{ticket.number}?write={kind}" in answer.headers["HX-Location"]
    assert "Not sent yet" in answer.headers["HX-Trigger"]
    assert standing(world) == [(ticket.id, kind, text)]
    assert db.session.scalar(select(Message.id).where(Message.text == text)) is None


def test_whoever_began_after_the_merge_is_asked_before_it_is_sent(
    alice: FlaskClient, world: World, ticket: Ticket, other: Ticket
) -> None:
    merged(other, ticket, world)
    typed(alice, other, "reply", "Hello")
    [draft] = db.session.scalars(select(Draft)).all()
    data = sending(ticket, "reply", "Hello", draft.revision) | {"based_on_seq": draft.based_on_seq}
    answer = alice.post(f"/desk/tickets/{ticket.number}/replies", data=data, headers=htmx())
    assert answer.status_code == 409
    assert f"Bob merged #{other.number}" in words(answer.text)


def attached(client: FlaskClient, ticket: Ticket, kind: str = "reply", revision: int = 0, key: str = "k") -> str:
    """A file put on as the page does; what the page then shows."""
    data = {"files": [(io.BytesIO(b"abc"), "plan.pdf")], "revision": revision, "client_key": key}
    return client.post(f"/desk/tickets/{ticket.number}/drafts/{kind}/files", data=data, headers=htmx()).text


def on_files(world: World) -> list[tuple[int, str]]:
    """Where alice's drafts with files stand, and their words."""
    db.session.expire_all()
    found = db.session.scalars(select(Draft).join(Attachment, Attachment.draft_id == Draft.id).order_by(Draft.id))
    return [(one.ticket_id, one.text) for one in found]


def test_a_file_before_any_words_hangs_on_no_other_words(
    alice: FlaskClient, world: World, ticket: Ticket, other: Ticket
) -> None:
    typed(alice, ticket, "reply", "Begun in the one", key="one")
    merged(other, ticket, world)
    assert "plan.pdf" in attached(alice, other, key="two")
    assert on_files(world) == [(other.id, "")]
    file = db.session.scalars(select(Attachment)).one()
    taken_off = alice.delete(f"/desk/tickets/{other.number}/drafts/reply/files/{file.reference}", headers=htmx())
    assert taken_off.status_code == 200 and on_files(world) == []


def test_a_file_and_then_words_are_one_draft_that_knows_what_it_answers(
    alice: FlaskClient, world: World, ticket: Ticket, other: Ticket
) -> None:
    known = ticket.last_seq
    merged(other, ticket, world)
    attached(alice, other)
    [draft] = db.session.scalars(select(Draft)).all()
    assert (draft.ticket_id, draft.based_on_seq, draft.from_ticket_id) == (ticket.id, known, other.id)
    typed(alice, other, "reply", "Dear Dana")
    assert on_files(world) == [(ticket.id, "Dear Dana")]


def test_a_file_that_began_a_draft_in_the_survivor_hides_no_words(
    alice: FlaskClient, world: World, ticket: Ticket, other: Ticket
) -> None:
    attached(alice, ticket, key="one")
    merged(other, ticket, world)
    typed(alice, other, "reply", "Dear Dana", key="two")
    assert on_files(world) == [(ticket.id, "Dear Dana")]


def test_what_holds_nothing_stands_in_no_ones_way(
    alice: FlaskClient, world: World, ticket: Ticket, other: Ticket
) -> None:
    typed(alice, ticket, "reply", " \n", key="one")
    typed(alice, other, "reply", "Dear Dana", key="two")
    merged(other, ticket, world)
    assert standing(world) == [(ticket.id, "reply", "Dear Dana")]


def test_a_file_moved_with_its_draft_is_taken_off_from_either_page(
    alice: FlaskClient, world: World, ticket: Ticket, other: Ticket
) -> None:
    attached(alice, other)
    merged(other, ticket, world)
    typed(alice, other, "reply", "Dear Dana")
    assert on_files(world) == [(ticket.id, "Dear Dana")]
    file = db.session.scalars(select(Attachment)).one()
    alice.delete(f"/desk/tickets/{other.number}/drafts/reply/files/{file.reference}", headers=htmx())
    assert on_files(world) == []


def test_files_go_along_and_are_taken_off_there(
    alice: FlaskClient, world: World, ticket: Ticket, other: Ticket
) -> None:
    merged(other, ticket, world)
    address = f"/desk/tickets/{other.number}/drafts/reply/files"
    shown = alice.post(address, data={"files": [(io.BytesIO(b"abc"), "plan.pdf")]}, headers=htmx())
    assert "plan.pdf" in shown.text
    assert standing(world) == [(ticket.id, "reply", "")]
    file = db.session.scalars(select(Attachment)).one()
    assert "plan.pdf" not in alice.delete(f"{address}/{file.reference}", headers=htmx()).text


def test_what_was_begun_in_both_stays_in_both(alice: FlaskClient, world: World, ticket: Ticket, other: Ticket) -> None:
    typed(alice, ticket, "reply", "Begun in the one", key="one")
    revision = typed(alice, other, "reply", "Begun in the other", key="two")
    merged(other, ticket, world)
    revision = typed(alice, other, "reply", "Begun in the other, and more", revision, key="two")
    data = sending(other, "reply", "Begun in the other, and sent", revision, "two")
    answer = alice.post(f"/desk/tickets/{other.number}/replies", data=data, headers=htmx())
    assert f"/desk/tickets/{other.number}?" in answer.headers["HX-Location"]
    assert standing(world) == [
        (ticket.id, "reply", "Begun in the one"),
        (other.id, "reply", "Begun in the other, and sent"),
    ]


def test_a_chain_of_merges_is_followed(
    alice: FlaskClient, world: World, write: Write, ticket: Ticket, other: Ticket
) -> None:
    last = write("And once more.", subject="Once more").ticket
    revision = typed(alice, last, "reply", "Dear Dana")
    merged(last, other, world)
    merged(other, ticket, world)
    typed(alice, last, "reply", "Dear Dana, hello", revision)
    assert standing(world) == [(ticket.id, "reply", "Dear Dana, hello")]


def test_without_scripts_words_and_files_go_along(
    alice: FlaskClient, world: World, ticket: Ticket, other: Ticket
) -> None:
    merged(other, ticket, world)
    data = sending(other, "reply", "By hand", 0) | {"files": [(io.BytesIO(b"abc"), "plan.pdf")]}
    answer = alice.post(f"/desk/tickets/{other.number}/replies", data=data)
    assert answer.status_code == 303
    page = alice.get(answer.headers["Location"]).text
    assert "By hand" in page and "plan.pdf" in page and "Not sent yet" in page


def test_the_page_says_where_it_goes_on(alice: FlaskClient, world: World, ticket: Ticket, other: Ticket) -> None:
    seen = {"X-Seen-Seq": str(other.last_seq)}
    merged(other, ticket, world)
    news = alice.get(f"/desk/tickets/{other.number}/news", headers=htmx(**seen)).text
    assert f"Go on in #{ticket.number}" in news
    page = alice.get(f"/desk/tickets/{other.number}").text
    assert "Write there" in page


def test_nobody_writes_where_they_see_nothing(
    alice: FlaskClient, browser: Browser, world: World, ticket: Ticket, other: Ticket
) -> None:
    merged(other, ticket, world)
    ticket.queue_id = world.orders_queue.id
    db.session.commit()
    typed(alice, other, "reply", "Hello")
    assert standing(world) == [(other.id, "reply", "Hello")]
    assert "Hello" in alice.get(f"/desk/tickets/{other.number}").text
    address = f"/desk/tickets/{other.number}/replies"
    assert browser("carol").post(address, data=sending(other, "reply", "Hello", 0)).status_code == 404


def test_what_was_begun_is_shown_where_its_author_may_write_on(
    alice: FlaskClient, world: World, ticket: Ticket, other: Ticket
) -> None:
    typed(alice, other, "reply", "Dear Dana")
    ticket.queue_id = world.orders_queue.id
    merging.merge(other, ticket, world.ada.actor, clock.now(), widen=True)
    db.session.commit()
    assert standing(world) == [(other.id, "reply", "Dear Dana")]
    assert "Dear Dana" in alice.get(f"/desk/tickets/{other.number}").text


def test_words_go_back_when_the_merge_is_undone(
    alice: FlaskClient, world: World, ticket: Ticket, other: Ticket
) -> None:
    merged(other, ticket, world)
    typed(alice, other, "note", "Written after the merge")
    merging.undo(other, world.bob.actor, clock.now())
    db.session.commit()
    assert standing(world) == [(other.id, "note", "Written after the merge")]


@pytest.mark.parametrize("kind", ["reply", "note"])
def test_what_was_sent_too_late_goes_back_as_well(
    alice: FlaskClient, world: World, ticket: Ticket, other: Ticket, kind: str
) -> None:
    merged(other, ticket, world)
    address = f"/desk/tickets/{other.number}/{'replies' if kind == 'reply' else 'notes'}"
    alice.post(address, data=sending(other, kind, "Too late", 0), headers=htmx())
    assert standing(world) == [(ticket.id, kind, "Too late")]
    merging.undo(other, world.bob.actor, clock.now())
    db.session.commit()
    assert standing(world) == [(other.id, kind, "Too late")]


def test_a_draft_that_began_with_a_file_takes_the_first_words(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    address = f"/desk/tickets/{ticket.number}/drafts/reply"
    alice.post(f"{address}/files", data={"files": [(io.BytesIO(b"abc"), "plan.pdf")]}, headers=htmx())
    typed(alice, ticket, "reply", "Dear Dana")
    assert standing(world) == [(ticket.id, "reply", "Dear Dana")]
    draft = drafts.draft_of(ticket, world.alice, "reply")
    assert draft is not None
    assert db.session.scalars(select(Attachment.draft_id)).all() == [draft.id]


@pytest.mark.parametrize("kind", ["reply", "note"])
def test_what_was_begun_is_shown_where_the_survivor_closed(
    alice: FlaskClient, browser: Browser, world: World, ticket: Ticket, other: Ticket, kind: str
) -> None:
    typed(alice, other, kind, "Dear Dana")
    attached(alice, other, kind)
    merged(other, ticket, world)
    progress.move_to(ticket, "closed", world.bob.actor, clock.now())
    db.session.commit()
    page = alice.get(f"/desk/tickets/{ticket.number}").text
    shown = page.partition(f'id="kept-{kind}"')[2]
    assert "Dear Dana" in shown.partition("</textarea>")[0]
    assert f'data-copy="kept-{kind}"' in shown and "plan.pdf" in shown
    assert "Dear Dana" not in browser("bob").get(f"/desk/tickets/{ticket.number}").text


def test_what_was_begun_is_shown_where_its_author_may_only_read_by_now(
    alice: FlaskClient, world: World, ticket: Ticket
) -> None:
    typed(alice, ticket, "reply", "Dear Dana")
    ticket.queue_id = world.orders_queue.id
    db.session.add(QueueGrant(team_id=world.care.id, queue_id=world.orders_queue.id, level="read"))
    db.session.commit()
    page = alice.get(f"/desk/tickets/{ticket.number}").text
    assert "You may read this ticket" in page
    assert "Dear Dana" in page.partition('id="kept-reply"')[2].partition("</textarea>")[0]
