"""Merging at the desk: the sheet, the doors, the timeline, and what is suggested."""

import json
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.web.desk.conftest import Browser, Write, counted, fresh, htmx, words
from ticketdesk.channels.inbound import Sender
from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.tickets import drafts, joining, merging, replying, waiting
from ticketdesk.tickets.suggestion import JoinSuggestion
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event
from ticketdesk.web.desk import conversation

EVE = Sender("email", "eve@customer.example", "Eve")


@pytest.fixture
def other(write: Write) -> Ticket:
    """Another ticket of dana's."""
    return write("It is still broken.", subject="Still broken").ticket


def sheet(ticket: Ticket, **more: object) -> str:
    return f"/desk/tickets/{ticket.number}/merge?" + "&".join(f"{name}={value}" for name, value in more.items())


def test_the_sheet_offers_the_open_tickets_of_the_same_contact(
    alice: FlaskClient, write: Write, ticket: Ticket, other: Ticket
) -> None:
    stranger = write(sender=EVE, subject="The lid is loose", text="A lid.").ticket
    said = words(alice.get(sheet(ticket), headers=htmx()).text)
    assert "Still broken" in said
    assert "The lid is loose" not in said
    assert "The lid is loose" in words(alice.get(sheet(ticket, q="lid+loose"), headers=htmx()).text)
    assert "The lid is loose" in words(alice.get(sheet(ticket, q=stranger.number), headers=htmx()).text)
    assert "No ticket with this number" in words(alice.get(sheet(ticket, q="nothing"), headers=htmx()).text)


def test_nobody_finds_what_they_do_not_see(alice: FlaskClient, world: World, write: Write, ticket: Ticket) -> None:
    hidden = write(subject="Hidden away", queue_id=world.orders_queue.id).ticket
    assert "Hidden away" not in alice.get(sheet(ticket, q="Hidden"), headers=htmx()).text
    assert "Hidden away" not in alice.get(sheet(ticket), headers=htmx()).text
    assert alice.get(sheet(ticket, other=hidden.number), headers=htmx()).status_code == 404


def test_the_preview_keeps_the_older_one_and_can_be_turned(alice: FlaskClient, ticket: Ticket, other: Ticket) -> None:
    said = words(alice.get(sheet(other, other=ticket.number), headers=htmx()).text)
    assert f"Merge #{other.number} into #{ticket.number}" in said
    assert "Would newly see" not in said
    turned = words(alice.get(sheet(other, other=ticket.number, keep=other.number), headers=htmx()).text)
    assert f"Merge #{ticket.number} into #{other.number}" in turned
    page = alice.get(sheet(other, other=ticket.number))
    assert "<html" in page.text


def test_merging_goes_to_the_survivor_and_offers_the_way_back(
    alice: FlaskClient, ticket: Ticket, other: Ticket
) -> None:
    address = f"/desk/tickets/{ticket.number}/merges"
    answer = alice.post(address, data={"source": other.number}, headers=htmx())
    assert answer.status_code == 204
    assert json.loads(answer.headers["HX-Location"])["path"] == f"/desk/tickets/{ticket.number}"
    undo = json.loads(answer.headers["HX-Trigger"])["undoable"]["address"]
    page_text = alice.get(f"/desk/tickets/{ticket.number}").text
    page = words(page_text)
    assert f"Alice merged #{other.number} into this ticket" in page
    assert "Undo the merge" in page
    talk = words(page_text.partition('id="entries"')[2])
    assert talk.index("The armrest came off.") < talk.index("It is still broken.")
    merged = words(alice.get(f"/desk/tickets/{other.number}").text.partition('id="talk"')[2])
    assert "Merged into" in merged and "It is still broken." not in merged
    assert "Write there" in merged
    assert fresh(other).merged_into_id == ticket.id
    back = alice.post(undo, headers=htmx(**{"X-Seen-Seq": "1"}))
    assert back.status_code == 200
    assert 'id="entries" hx-swap-oob="true"' in back.text
    assert "It is still broken." not in words(back.text)
    assert fresh(other).merged_into_id is None
    assert "It is still broken." in words(alice.get(f"/desk/tickets/{other.number}").text)


def test_without_scripts_it_is_a_form_and_a_page(alice: FlaskClient, ticket: Ticket, other: Ticket) -> None:
    done = alice.post(f"/desk/tickets/{ticket.number}/merges", data={"source": other.number})
    assert (done.status_code, done.location) == (303, f"/desk/tickets/{ticket.number}")
    undone = alice.post(f"/desk/tickets/{ticket.number}/merges/{other.number}/undoing")
    assert (undone.status_code, undone.location) == (303, f"/desk/tickets/{other.number}")


def test_who_would_see_more_is_named_and_must_be_allowed(alice: FlaskClient, write: Write, ticket: Ticket) -> None:
    eves = write("Mine as well.", sender=EVE).ticket
    preview = words(alice.get(sheet(eves, other=ticket.number), headers=htmx()).text)
    assert f"Dana: one message of #{eves.number}" in preview
    assert f"Eve: one message of #{ticket.number}" in preview
    address = f"/desk/tickets/{ticket.number}/merges"
    refused = alice.post(address, data={"source": eves.number}, headers=htmx())
    assert refused.status_code == 409
    assert refused.headers["HX-Retarget"] == "#sheet"
    assert fresh(eves).merged_into_id is None
    done = alice.post(address, data={"source": eves.number, "widen": "yes"}, headers=htmx())
    assert done.status_code == 204
    assert fresh(eves).merged_into_id == ticket.id


def test_the_ladder(
    alice: FlaskClient, browser: Browser, reader: FlaskClient, write: Write, ticket: Ticket, other: Ticket
) -> None:
    address = f"/desk/tickets/{ticket.number}/merges"
    data = {"source": other.number}
    assert reader.post(address, data=data).status_code == 403
    assert reader.get(sheet(ticket)).status_code == 403
    assert browser("bob").get(sheet(ticket)).status_code == 200
    assert alice.post(address, data={"source": 999_999}).status_code == 404
    assert alice.post(address, data={}).status_code == 422
    assert alice.post(address, data={"source": ticket.number}).status_code == 409
    assert alice.get(address).status_code == 405
    assert alice.post(f"{address}/{other.number}/undoing").status_code == 409
    assert alice.post(f"/desk/tickets/{ticket.number}/suggestions/{other.number}/dismissal").status_code == 404


def test_both_tickets_must_be_ones_own(alice: FlaskClient, world: World, write: Write, ticket: Ticket) -> None:
    hidden = write(queue_id=world.orders_queue.id).ticket
    for survivor, source in ((ticket, hidden), (hidden, ticket)):
        answer = alice.post(f"/desk/tickets/{survivor.number}/merges", data={"source": source.number, "widen": "yes"})
        assert answer.status_code == 404
    hidden.assignee_id = world.alice.id  # may answer it, but not say whose it is
    db.session.commit()
    answer = alice.post(f"/desk/tickets/{ticket.number}/merges", data={"source": hidden.number, "widen": "yes"})
    assert answer.status_code == 403


def test_a_merged_ticket_is_left_alone_and_its_words_are_kept(
    alice: FlaskClient, world: World, ticket: Ticket, other: Ticket
) -> None:
    for one in (ticket, other):
        drafts.save(one, world.alice, "reply", f"Begun in {one.subject}", {}, one.last_seq, clock.now())
    merging.merge(other, ticket, world.alice.actor, clock.now())
    db.session.commit()
    page = alice.get(f"/desk/tickets/{other.number}").text
    assert "Begun in Still broken" in page
    data = {"text": "Hello", "to": "dana@customer.example", "based_on_seq": 99, "client_key": "k"}
    assert alice.post(f"/desk/tickets/{other.number}/replies", data=data | {"revision": 1}).status_code == 409
    assert "Begun in Still broken" in alice.get(f"/desk/tickets/{other.number}").text
    assert alice.post(f"/desk/tickets/{other.number}/resolution").status_code == 409
    rows = alice.get(f"/desk/views/queue-{world.care_queue.id}").text
    assert f'id="t-{ticket.number}"' in rows and f'id="t-{other.number}"' not in rows


def test_whoever_writes_meanwhile_is_told_of_the_merge(
    alice: FlaskClient, world: World, ticket: Ticket, other: Ticket
) -> None:
    seq = ticket.last_seq
    merging.merge(other, ticket, world.bob.actor, clock.now())
    db.session.commit()
    data = {"text": "Hello", "to": "dana@customer.example", "based_on_seq": seq, "client_key": "k"}
    answer = alice.post(f"/desk/tickets/{ticket.number}/replies", data=data, headers=htmx())
    assert answer.status_code == 409
    assert f"Bob merged #{other.number}" in words(answer.text)


def test_news_of_a_merge_show_the_conversation_anew(
    alice: FlaskClient, world: World, ticket: Ticket, other: Ticket
) -> None:
    seen = {"X-Seen-Seq": str(ticket.last_seq)}
    merging.merge(other, ticket, world.bob.actor, clock.now())
    db.session.commit()
    news = alice.get(f"/desk/tickets/{ticket.number}/news", headers=htmx(**seen)).text
    assert 'id="entries" hx-swap-oob="true"' in news
    assert "It is still broken." in news and "The armrest came off." in news


def test_a_long_merged_conversation_is_read_page_by_page_in_the_order_of_writing(
    alice: FlaskClient, world: World, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "PAGE", 5)
    start = clock.now() - timedelta(days=1)
    tickets: list[Ticket | None] = [None, None]
    for step in range(12):
        made = write(f"letter {step:02}", tickets[step % 2], received_at=start + timedelta(minutes=step))
        tickets[step % 2] = made.ticket
    one, two = tickets
    assert one is not None and two is not None
    merging.merge(two, one, world.alice.actor, clock.now())
    db.session.commit()
    seen: list[str] = []
    address = f"/desk/tickets/{one.number}"
    page = alice.get(address).text
    for _ in range(3):
        shown = page.split('id="entries"')[-1]
        seen = [piece[:2] for piece in words(shown).split("letter ")[1:]] + seen
        older = page.partition('id="older" href="')[2].partition('"')[0].replace("&amp;", "&")
        if not older:
            break
        before = older.partition("before=")[2].partition("&")[0]
        page = alice.get(f"{address}/earlier?before={before}").text
    assert list(dict.fromkeys(seen)) == [f"{step:02}" for step in range(12)]


def test_the_page_of_a_merged_conversation_takes_few_queries(
    alice: FlaskClient, world: World, ticket: Ticket, other: Ticket
) -> None:
    db.session.add(JoinSuggestion(ticket_id=ticket.id, other_id=other.id, why="subject", made_at=clock.now()))
    merging.merge(other, ticket, world.alice.actor, clock.now())
    db.session.commit()
    alice.get(f"/desk/tickets/{ticket.number}")
    with counted() as ran:
        alice.get(f"/desk/tickets/{ticket.number}", headers=htmx(**{"HX-Target": "open"}))
    assert len(ran) <= 15, "\n".join(ran)


def test_a_new_ticket_about_the_same_is_suggested_and_never_joined(
    alice: FlaskClient, world: World, write: Write, ticket: Ticket
) -> None:
    again = write("And a screw is missing.", subject="Re: The  ARMREST came off").ticket
    _suggest(again)
    page = alice.get(f"/desk/tickets/{again.number}").text
    said = words(page)
    assert "Dana wrote under the same subject just now in" in said
    assert f"#{ticket.number}" in said
    assert fresh(again).merged_into_id is None
    gone = f"/desk/tickets/{again.number}/suggestions/{ticket.number}/dismissal"
    assert alice.post(gone, headers=htmx()).status_code == 200
    assert "wrote under the same subject" not in alice.get(f"/desk/tickets/{again.number}").text
    _suggest(again)
    assert "wrote under the same subject" not in alice.get(f"/desk/tickets/{again.number}").text


def test_similar_words_are_suggested_and_others_are_not(world: World, write: Write) -> None:
    first = write("The left armrest of my teak bench has come off again.", subject="Bench").ticket
    similar = write("My teak bench: the left armrest has come off.", subject="Armrest").ticket
    different = write("Where is the invoice for my second order, please?", subject="Invoice").ticket
    stranger = write("The left armrest of my teak bench has come off again.", sender=EVE, subject="Bench").ticket
    late = write(
        "The left armrest of my teak bench has come off again.",
        subject="Bench",
        received_at=clock.now() + timedelta(days=4),
    ).ticket
    for ticket in (similar, different, stranger, late):
        _suggest(ticket)
    rows = db.session.execute(select(JoinSuggestion.ticket_id, JoinSuggestion.other_id, JoinSuggestion.why)).all()
    assert [tuple(row) for row in rows] == [(similar.id, first.id, "text")]


def test_a_ticket_without_candidates_costs_one_query(world: World, write: Write) -> None:
    alone = write(sender=EVE).ticket
    event = db.session.scalars(select(Event).where(Event.ticket_id == alone.id, Event.seq == 1)).one()
    with counted() as ran:
        joining.suggest(event, clock.now())
    assert len([statement for statement in ran if "FROM tickets JOIN participants" in statement]) == 1
    assert len(ran) <= 2


@pytest.mark.parametrize(
    ("subject", "plain"),
    [
        ("Re: AW: The  bench", "the bench"),
        ("[#1012] Fwd: The bench", "the bench"),
        ("RE[2]: The bench", "the bench"),
        ("The bench: is it oiled?", "the bench: is it oiled?"),
        ("Re:", ""),
    ],
)
def test_subjects_are_compared_without_their_marks(subject: str, plain: str) -> None:
    assert joining.plain_subject(subject) == plain


def _suggest(ticket: Ticket) -> None:
    event = db.session.scalars(select(Event).where(Event.ticket_id == ticket.id, Event.seq == 1)).one()
    joining.suggest(event, clock.now())
    db.session.commit()


def test_a_chat_is_shown_as_bubbles_and_a_visitor_by_a_short_name(
    alice: FlaskClient, world: World, write: Write
) -> None:
    visitor = Sender("visitor", "4f1c9aa07b2e", "")
    made = write("Is the oil matt?", channel="chat", sender=visitor, subject="Is the oil matt?")
    replying.reply(
        made.ticket, world.alice, "It is.", to=[("dana@customer.example", "")], at=clock.now(), channel="chat"
    )
    db.session.commit()
    page = alice.get(f"/desk/tickets/{made.ticket.number}").text
    assert page.count('class="td-bubble"') == 2
    assert "td-chat__row--out" in page
    assert "Visitor 7b2e" in page
    assert visitor.value not in page
    rows = alice.get(f"/desk/views/queue-{world.care_queue.id}").text
    assert "td-ch-chat" in rows.partition('id="rows"')[2]


def test_a_form_shows_its_answers_and_that_its_address_is_not_confirmed(alice: FlaskClient, write: Write) -> None:
    made = write(
        "Order: HP-20877\n\nThe armrest is cracked.",
        channel="form",
        facts={"form_id": 1, "answers": [["Order", "HP-20877"]]},
    ).ticket
    page = alice.get(f"/desk/tickets/{made.number}").text
    assert "<dt>Order</dt>" in page
    assert "Order: HP-20877" not in words(page.partition('id="entries"')[2].partition('id="composer"')[0])
    assert "not confirmed" in words(page)
    write("From my own mail.", made)
    assert "not confirmed" not in words(alice.get(f"/desk/tickets/{made.number}").text)


def test_who_waits_since_when(world: World, write: Write, ticket: Ticket) -> None:
    opened = ticket.opened_at
    assert waiting.since(ticket) == opened
    replying.reply(ticket, world.alice, "Soon", to=[("dana@customer.example", "")], at=clock.now())
    assert waiting.since(ticket) is None
    asked = write("And now?", ticket).message
    write("Hello?", ticket)
    assert waiting.since(ticket) == asked.written_at
