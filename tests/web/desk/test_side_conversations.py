"""Side conversations at the desk: asking, reading and writing on, and who may."""

import io

import pytest
from flask.testing import FlaskClient
from markupsafe import Markup
from sqlalchemy import select, update

from tests.people import World
from tests.web.desk.conftest import Browser, Write, counted, htmx, words
from ticketdesk.core import clock, markdown, storage
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.tickets import merging, noting, replying, side_talking, tracking
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.side_conversation import SideConversation, SideMessage
from ticketdesk.tickets.side_talking import Answer, Draft
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import beside

FILLED = {"to_more": "parts@maker.example", "subject": "Spare armrest", "text": "Have **you** one?", "client_key": "k"}


def place(ticket: Ticket, *more: object) -> str:
    return "/".join(["", "desk", "tickets", str(ticket.number), "side-conversations", *map(str, more)])


def begin(browser: FlaskClient, ticket: Ticket, **more: object) -> SideMessage:
    assert browser.post(place(ticket), data={**FILLED, **more}, headers=htmx()).status_code == 201
    return db.session.scalars(select(SideMessage).order_by(SideMessage.id.desc())).first()  # type: ignore[return-value]


def answer(side_id: int, address: str = "parts@maker.example", **more: object) -> SideMessage:
    made = side_talking.receive(side_id, Answer(address, "Maker", "Two are left.", **more), clock.now())  # type: ignore[arg-type]
    db.session.commit()
    return made


@pytest.fixture(autouse=True)
def _can_take_back(world: World) -> None:
    world.alice.undo_seconds = 10
    db.session.commit()


def side(browser: FlaskClient, ticket: Ticket) -> str:
    return words(browser.get(f"/desk/tickets/{ticket.number}").text.partition('id="side"')[2])


def test_somebody_is_asked_answers_and_is_asked_again(alice: FlaskClient, world: World, ticket: Ticket) -> None:
    form = alice.get(place(ticket, "new"))
    assert "The customer sees none of this." in words(form.text)
    assert "<html" in form.text
    assert "<html" not in alice.get(place(ticket, "new"), headers=htmx()).text
    asked = begin(alice, ticket)
    assert asked.recipients == [["parts@maker.example", ""]]
    assert "Waiting" in side(alice, ticket)
    answer(asked.side_id, files=(NewFile("price.pdf", "application/pdf", b"%PDF"),))
    assert "Answered" in side(alice, ticket)
    page = alice.get(place(ticket, asked.side_id))
    shown = words(page.text.partition('id="side-entries"')[2])
    assert "Two are left." in shown
    assert "price.pdf" in shown
    assert "<strong>you</strong>" in page.text
    assert "Leaves for parts@maker.example in a moment" in shown
    more = {"to": "parts@maker.example", "text": "Please send one.", "client_key": "k2"}
    sent = alice.post(place(ticket, asked.side_id, "messages"), data=more, headers=htmx())
    assert sent.status_code == 201
    assert "Please send one." in words(sent.text)
    assert sent.headers["HX-Push-Url"] == place(ticket, asked.side_id)
    news = alice.get(place(ticket, asked.side_id, "news"), headers=htmx())
    assert "Please send one." in news.text
    assert 'id="sides"' in news.text
    # It is told in the history of the ticket, and its words stand nowhere there.
    talk = alice.get(f"/desk/tickets/{ticket.number}").text
    assert "Somebody outside answered" in words(talk)
    assert "Two are left." not in talk
    rows = db.session.scalars(select(OutboxRow).where(OutboxRow.purpose == "side")).all()
    assert len(rows) == 2
    assert all(row.due_at > row.created_at for row in rows)  # they can be taken back
    without_script = alice.post(place(ticket), data={**FILLED, "client_key": "k3"})
    assert (without_script.status_code, without_script.headers["Location"][-1].isdecimal()) == (303, True)


def test_it_is_taken_back_into_the_composer(alice: FlaskClient, browser: Browser, ticket: Ticket) -> None:
    asked = begin(alice, ticket)
    where = place(ticket, asked.side_id, "messages", asked.id, "withdrawal")
    assert "data-undo" in alice.get(place(ticket, asked.side_id)).text
    assert browser("bob").post(where, headers=htmx()).status_code == 403
    back = alice.post(where, headers=htmx())
    assert back.status_code == 200
    assert ">Have **you** one?</textarea>" in back.text
    assert 'value="parts@maker.example" checked' in back.text
    assert alice.post(where, headers=htmx()).status_code == 409
    assert "Not sent" in side(alice, ticket)


def test_it_is_done_and_goes_on(alice: FlaskClient, ticket: Ticket) -> None:
    asked = begin(alice, ticket)
    where = place(ticket, asked.side_id, "completion")
    assert "Done. Writing opens it again." in words(alice.post(where, data={"wanted": "yes"}, headers=htmx()).text)
    assert "Done" in side(alice, ticket)
    assert "Mark as done" in words(alice.post(where, data={"wanted": "no"}, headers=htmx()).text)
    alice.post(where, data={"wanted": "yes"}, headers=htmx())
    more = {"to": "parts@maker.example", "text": "Still there?", "client_key": "k2"}
    alice.post(place(ticket, asked.side_id, "messages"), data=more, headers=htmx())
    db.session.expire_all()
    assert db.session.get_one(SideConversation, asked.side_id).done_at is None
    assert alice.post(where, data={"wanted": "maybe"}, headers=htmx()).status_code == 422


def test_whoever_was_not_asked_is_accepted_first(alice: FlaskClient, ticket: Ticket) -> None:
    asked = begin(alice, ticket)
    held = answer(asked.side_id, "mallory@evil.example")
    assert held.held
    page = words(alice.get(place(ticket, asked.side_id)).text)
    assert "This sender was not asked." in page
    assert "Held" in side(alice, ticket)
    done = alice.post(place(ticket, asked.side_id, "messages", held.id, "acceptance"), headers=htmx())
    assert "This sender was not asked." not in words(done.text)
    assert "mallory@evil.example" in done.text.partition('id="composer"')[2]  # it can be answered now


def test_whoever_was_not_asked_can_be_refused(
    alice: FlaskClient, browser: Browser, reader: FlaskClient, ticket: Ticket
) -> None:
    asked = begin(alice, ticket)
    first, held = (answer(asked.side_id, "mallory@evil.example") for _each in range(2))
    other = answer(asked.side_id, "eve@evil.example")
    where = place(ticket, asked.side_id, "messages", held.id, "refusal")
    assert where in alice.get(place(ticket, asked.side_id)).text
    assert reader.post(where, headers=htmx()).status_code == 403
    assert alice.post(where.replace(str(ticket.number), "1"), headers=htmx()).status_code == 404
    assert alice.get(where).status_code == 405
    done = alice.post(where, headers=htmx()).text
    assert f'id="side-{first.id}"' not in done  # all that they wrote is gone, and nobody else's
    assert f'id="side-{other.id}"' in done
    assert "refused held mail" in words(alice.get(f"/desk/tickets/{ticket.number}").text)
    assert browser("bob").post(where, headers=htmx()).status_code == 409
    assert alice.post(where.replace("refusal", "acceptance"), headers=htmx()).status_code == 409
    assert alice.post(place(ticket, asked.side_id, "messages", asked.id, "refusal")).status_code == 409
    alice.post(place(ticket, asked.side_id, "messages", other.id, "refusal"), headers=htmx())
    assert "Waiting" in side(alice, ticket)
    assert answer(asked.side_id, "mallory@evil.example").held  # and so is what they write next


def test_a_flood_of_strangers_hides_nothing(
    alice: FlaskClient, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "MOST", 3)
    monkeypatch.setattr(beside, "MOST_HELD", 2)
    asked = begin(alice, ticket)
    said = answer(asked.side_id)
    for each in range(5):
        answer(asked.side_id, f"m{each}@evil.example")
    page = alice.get(place(ticket, asked.side_id)).text
    assert f'id="side-{asked.id}"' in page
    assert f'id="side-{said.id}"' in page
    assert "3 more held messages are older than these." in words(page)
    assert "Held" in side(alice, ticket)
    alice.post(place(ticket, asked.side_id, "completion"), data={"wanted": "yes"}, headers=htmx())
    assert 'td-sides__state--done"' in alice.get(f"/desk/tickets/{ticket.number}").text


def test_chosen_messages_go_along_with_their_files(
    alice: FlaskClient, world: World, write: Write, ticket: Ticket
) -> None:
    second = write(
        "The **leg** too.", ticket, files=(NewFile("leg.png", "image/png", b"\x89PNG\r\n\x1a\nleg"),)
    ).message
    note = noting.note(ticket, world.alice, "She shouts.", at=clock.now())
    db.session.commit()
    form = alice.get(place(ticket, "new"))
    assert "The **leg** too." in words(form.text)
    assert "She shouts." not in words(form.text.partition('id="side"')[0])
    asked = begin(alice, ticket, quote=[str(second.id), str(note.id)], with_files="yes")
    assert r"> The \*\*leg\*\* too." in asked.text
    assert "Dana wrote on" in asked.text
    assert "She shouts." not in asked.text
    taken = db.session.scalars(select(Attachment.filename).where(Attachment.side_message_id == asked.id)).all()
    assert taken == ["leg.png"]


def test_what_a_customer_wrote_becomes_no_markup_in_our_mail(
    alice: FlaskClient, world: World, write: Write, ticket: Ticket
) -> None:
    """Their name is what they typed, and it goes out over the name of an agent."""
    name = "[Dana, please sign in](https://evil.example/x)"
    world.dana.name = name
    said = write("# Sign in\n[here](https://evil.example/y) or <https://evil.example/z>", ticket).message
    ours = replying.reply(ticket, world.alice, "It is **ours**.", to=[("dana@customer.example", "")], at=clock.now())
    db.session.commit()
    asked = begin(alice, ticket, quote=[str(said.id), str(ours.id)])
    mail = markdown.for_mail(asked.text)
    assert "<a " not in mail
    assert "<h1>" not in mail
    assert name in Markup(mail).striptags()
    assert "<strong>ours</strong>" in mail


def test_quoted_files_that_do_not_fit_are_not_even_read(
    alice: FlaskClient, write: Write, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = write("Look.", ticket, files=(NewFile("film.bin", "application/octet-stream", b"film"),)).message
    db.session.execute(update(Attachment).where(Attachment.message_id == said.id).values(size=2**30))
    db.session.commit()
    monkeypatch.setattr(storage, "read", lambda _digest: pytest.fail("it was read"))
    filled = {**FILLED, "quote": str(said.id), "with_files": "yes"}
    refused = alice.post(place(ticket), data=filled, headers=htmx())
    assert (refused.status_code, "25 MB" in refused.text) == (422, True)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"to_more": ""}, "at least one recipient"),
        ({"to_more": "nobody"}, "is no mail address"),
        ({"to_more": "dana@customer.example"}, "takes part in this ticket"),
        ({"to_more": "support@desk.example"}, "our own mailbox"),
        ({"subject": " "}, "in a few words"),
        ({"text": " "}, "Write something first"),
        ({"unknown": "1"}, "no field unknown"),
    ],
)
def test_what_does_not_fit_is_kept_and_said(
    alice: FlaskClient, ticket: Ticket, wrong: dict[str, str], why: str
) -> None:
    refused = alice.post(place(ticket), data={**FILLED, **wrong}, headers=htmx())
    assert refused.status_code == 422
    assert why in words(refused.text)
    kept = {**FILLED, **wrong}
    assert kept["text"] in refused.text
    assert db.session.scalars(select(SideConversation)).all() == []


def test_a_reply_that_does_not_fit_is_kept(alice: FlaskClient, ticket: Ticket) -> None:
    asked = begin(alice, ticket)
    where = place(ticket, asked.side_id, "messages")
    refused = alice.post(where, data={"text": "Half a thought", "client_key": "k9"}, headers=htmx())
    assert refused.status_code == 422
    assert ">Half a thought</textarea>" in refused.text
    without_script = alice.post(where, data={"text": "Half a thought", "client_key": "k9"})
    assert without_script.status_code == 422
    assert "<html" in without_script.text


def test_teammates_write_readers_read_and_strangers_know_of_nothing(
    alice: FlaskClient, browser: Browser, reader: FlaskClient, world: World, write: Write, ticket: Ticket
) -> None:
    asked = begin(alice, ticket)
    came = answer(asked.side_id, files=(NewFile("price.pdf", "application/pdf", b"%PDF"),))
    file = db.session.scalars(select(Attachment.reference).where(Attachment.side_message_id == came.id)).one()
    more = {"to": "parts@maker.example", "text": "And I.", "client_key": "k2"}
    assert browser("bob").post(place(ticket, asked.side_id, "messages"), data=more, headers=htmx()).status_code == 201
    assert "Two are left." in reader.get(place(ticket, asked.side_id)).text
    assert reader.get(f"/desk/attachments/{file}").data == b"%PDF"
    more["client_key"] = "k3"
    assert reader.post(place(ticket, asked.side_id, "messages"), data=more, headers=htmx()).status_code == 403
    assert reader.get(place(ticket, "new")).status_code == 403
    hidden = write(subject="Hidden away", queue_id=world.orders_queue.id).ticket
    draft = Draft("Psst.", [("parts@maker.example", "")], [NewFile("psst.txt", "text/plain", b"psst")])
    secret = side_talking.begin(hidden, world.ada, "Secret", draft, clock.now())
    db.session.commit()
    psst = db.session.scalars(select(Attachment.reference).where(Attachment.side_message_id == secret.id)).one()
    assert alice.get(place(hidden, secret.side_id)).status_code == 404
    assert alice.get(place(ticket, secret.side_id)).status_code == 404  # of another ticket
    assert alice.get(f"/desk/attachments/{psst}").status_code == 404
    assert alice.post(place(ticket, asked.side_id, "messages", secret.id, "withdrawal")).status_code == 404
    assert alice.get(place(ticket, 2**40)).status_code == 404
    assert alice.delete(place(ticket, asked.side_id)).status_code == 405


@pytest.mark.parametrize("is_merged", [False, True])
def test_the_customer_sees_none_of_it(
    alice: FlaskClient, world: World, write: Write, ticket: Ticket, client: FlaskClient, is_merged: bool
) -> None:
    """Neither the words, nor the file, nor that somebody was asked, on the page of the ticket, merged or not."""
    asked = begin(alice, ticket, files=(io.BytesIO(b"plan"), "plan.txt"))
    answer(asked.side_id)
    if is_merged:
        source, ticket = ticket, write("The leg came off").ticket
        merging.merge(source, ticket, world.alice.actor, clock.now())
        assert db.session.get_one(SideConversation, asked.side_id).ticket_id == ticket.id
    link = tracking.address(tracking.link_for(ticket.id, world.dana.id, clock.now()))
    db.session.commit()
    page = client.get(link[link.index("/", 8) :], follow_redirects=True)
    assert page.status_code == 200
    assert "The armrest came off" in page.text
    for word in ("Spare armrest", "Two are left.", "Maker", "plan.txt", "outside"):
        assert word not in page.text
    file = db.session.scalars(select(Attachment.reference).where(Attachment.side_message_id == asked.id)).one()
    assert client.get(f"{link[link.index('/', 8) :]}/files/{file}").status_code == 404


def test_the_pages_ask_few_questions(alice: FlaskClient, ticket: Ticket) -> None:
    asked = begin(alice, ticket)
    for _each in range(12):
        answer(asked.side_id)
        begin(alice, ticket, client_key=f"more {_each}")
    for address in (place(ticket, asked.side_id), place(ticket, asked.side_id, "news"), place(ticket, "new")):
        alice.get(address, headers=htmx())
        with counted() as ran:
            alice.get(address, headers=htmx())
        assert len(ran) <= 15, ran
