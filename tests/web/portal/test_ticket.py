"""A customer's page of one ticket: who gets in, what it shows and keeps to itself, and what can be done there."""

from datetime import datetime, timedelta
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.people import World, with_token
from ticketdesk.channels import inbound
from ticketdesk.channels.inbound import Inbound, Match, Sender
from ticketdesk.contacts.contact import Identity
from ticketdesk.core import clock, links
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.sla import defaults
from ticketdesk.tickets import flags, noting, participant, progress, replying, tracking, withdrawing
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event
from ticketdesk.tickets.tracking import TicketLink
from ticketdesk.web.portal import progress as progress_words

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


def wrote(
    world: World,
    who: Identity,
    text: str,
    at: datetime,
    ticket: Ticket | None = None,
    files: tuple[NewFile, ...] = (),
    quoted: str = "",
) -> Ticket:
    return inbound.deliver(
        Inbound(
            brand_id=world.brand.id,
            queue_id=world.care_queue.id,
            mailbox_id=world.mailbox.id,
            sender=Sender("email", who.value, who.name),
            letter=Letter(
                channel="email",
                subject="The armrest came off",
                text=text,
                quoted_text=quoted,
                files=files,
            ),
            received_at=at,
            match=Match(ticket.id, "message_id") if ticket is not None else None,
        )
    ).ticket


@pytest.fixture
def now() -> datetime:
    """The page reckons with the real clock."""
    return clock.now()


@pytest.fixture
def ticket(world: World, now: datetime) -> Ticket:
    defaults.create(SYSTEM, now)
    found = wrote(world, world.dana, "It came off.\n\nDana", now, files=(NewFile("bench.png", "image/png", PNG),))
    db.session.commit()
    return found


@pytest.fixture
def token(world: World, ticket: Ticket, now: datetime) -> str:
    made = tracking.link_for(ticket.id, world.dana.id, now)
    db.session.commit()
    return made


@pytest.fixture
def browser(client: FlaskClient) -> FlaskClient:
    return with_token(client)


def words(response: TestResponse) -> str:
    body = LexborHTMLParser(response.text).body
    assert body is not None
    return " ".join(body.text(separator=" ").split())


def answer(browser: FlaskClient, token: str, text: str = "And the bolt?", **more: object) -> TestResponse:
    return browser.post(f"/t/{token}/answers", data={"text": text, "client_key": "one", **more})


def test_the_page_shows_the_matter_and_when_an_answer_comes(browser: FlaskClient, ticket: Ticket, token: str) -> None:
    page = browser.get(f"/t/{token}")
    assert page.status_code == 200
    shown = words(page)
    for said in (
        ticket.subject,
        f"Ticket {ticket.number}",
        "We have your message",
        "Expect an answer",
        "It came off.",
        "You",
    ):
        assert said in shown
    assert "Times are in UTC." in shown


def test_what_is_internal_stays_inside(
    browser: FlaskClient, world: World, ticket: Ticket, token: str, now: datetime
) -> None:
    noting.note(ticket, world.alice, "CANARY note", at=now)
    wrote(world, world.eve, "CANARY held", now, ticket)
    replying.reply(ticket, world.alice, "We send **one**.", to=[(world.dana.value, "")], at=now)
    db.session.commit()
    page = browser.get(f"/t/{token}").text
    assert "CANARY" not in page
    assert "desk.example" not in page.replace("support@desk.example", "")
    assert "<strong>one</strong>" in page
    assert "Alice answered" in words(browser.get(f"/t/{token}"))


def test_an_answer_that_can_still_be_taken_back_is_none_yet(
    browser: FlaskClient, world: World, ticket: Ticket, token: str, now: datetime
) -> None:
    to = [(world.dana.value, world.dana.name)]
    leaves_at = now + timedelta(seconds=10)
    sent = replying.reply(ticket, world.alice, "It is on its way.", to=to, at=now, leaves_at=leaves_at)
    db.session.commit()
    page = browser.get(f"/t/{token}").text
    assert "Alice is looking at it" in page and "answered" not in page
    assert progress_words.short(ticket, is_leaving=True)[1] == "Waiting for our answer"
    withdrawing.leave(sent.id, leaves_at)
    db.session.commit()
    page = browser.get(f"/t/{token}").text
    assert "Alice answered" in page and "It is on its way." in page


def test_whoever_joined_later_sees_nothing_earlier(
    browser: FlaskClient, world: World, ticket: Ticket, now: datetime
) -> None:
    later = now + timedelta(minutes=5)
    participant.add(ticket.id, world.eve.id, "third_party", "active", later, sees_since=later)
    replying.reply(ticket, world.alice, "For both of you.", to=[(world.dana.value, "")], at=later)
    token = tracking.link_for(ticket.id, world.eve.id, later)
    db.session.commit()
    page = browser.get(f"/t/{token}")
    assert "For both of you." in words(page)
    assert "It came off." not in page.text
    assert "bench.png" not in page.text
    reference = db.session.scalars(select(Attachment.reference)).one()
    assert browser.get(f"/t/{token}/files/{reference}").status_code == 404
    assert browser.post(f"/t/{token}/resolution").status_code == 404
    assert "This is solved" not in words(page)


def refusals(world: World, ticket: Ticket, token: str, now: datetime) -> list[str]:
    """Tokens that open nothing: made up, for another purpose, of a stranger, of somebody held, revoked."""
    wrote(world, world.eve, "me too", now, ticket)
    row_id = links.read("ticket", token)
    assert row_id is not None
    held = tracking.link_for(ticket.id, world.eve.id, now)
    other = wrote(world, world.dana, "Another", now)
    revoked = tracking.link_for(other.id, world.dana.id, now)
    tracking.revoke(other.id, world.dana.id, now)
    db.session.commit()
    return [
        "nonsense",
        "1-" + "a" * 32,
        links.signed("survey", row_id),
        links.signed("ticket", 999_999),
        token.upper(),
        "0" + token,
        held,
        revoked,
    ]


def test_every_link_that_opens_nothing_looks_the_same(
    browser: FlaskClient, world: World, ticket: Ticket, token: str, now: datetime
) -> None:
    """AZ-09."""
    pages = [browser.get(f"/t/{wrong}") for wrong in refusals(world, ticket, token, now)]
    assert {page.status_code for page in pages} == {404}
    assert len({page.data for page in pages}) == 1
    for wrong in refusals(world, ticket, token, now):
        for action in ("answers", "resolution", "reopening"):
            assert browser.post(f"/t/{wrong}/{action}", data={"text": "x", "client_key": "x"}).status_code == 404


@pytest.mark.parametrize("gone", ["spam", "trash"])
def test_spam_and_trash_are_shown_to_nobody(
    browser: FlaskClient, ticket: Ticket, token: str, now: datetime, gone: str
) -> None:
    mark = {"spam": flags.mark_spam, "trash": flags.trash}[gone]
    mark(ticket, SYSTEM, now)
    db.session.commit()
    assert browser.get(f"/t/{token}").status_code == 404


def test_the_page_is_nobody_elses(browser: FlaskClient, token: str) -> None:
    headers = browser.get(f"/t/{token}").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["Referrer-Policy"] == "same-origin"


def test_more_words_reach_the_ticket_once(browser: FlaskClient, world: World, ticket: Ticket, token: str) -> None:
    """The same form again, as a double click or a retried request sends it."""
    for _again in range(3):
        response = answer(browser, token, files=(BytesIO(b"a plan"), "plan.txt"))
        assert (response.status_code, response.headers["Location"]) == (303, f"/t/{token}")
    made = db.session.scalars(select(Message).where(Message.text == "And the bolt?")).one()
    assert (made.identity_id, made.channel, made.facts) == (world.dana.id, "form", {"page": "ticket"})
    assert "on this page" in words(browser.get(f"/t/{token}"))
    assert db.session.scalars(select(Attachment.filename).where(Attachment.message_id == made.id)).all() == ["plan.txt"]
    db.session.refresh(ticket)
    assert ticket.last_words == "And the bolt?"


def test_the_key_of_one_form_means_nothing_in_another_ticket(
    browser: FlaskClient, world: World, ticket: Ticket, token: str, now: datetime
) -> None:
    other = tracking.link_for(wrote(world, world.dana, "Another", now).id, world.dana.id, now)
    db.session.commit()
    for one in (token, other):
        assert answer(browser, one).status_code == 303
    assert db.session.scalar(select(func.count()).where(Message.text == "And the bolt?")) == 2


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"text": "  "}, "Write something first"),
        ({"text": "one\x00two"}, "a character in it that cannot be kept"),
        ({"text": "x", "status": "closed"}, "no field status"),
        ({"text": "x" * 200_001}, "too long"),
        ({"text": "x", "client_key": ""}, ""),
    ],
)
def test_what_is_not_taken_is_kept_and_said(browser: FlaskClient, token: str, sent: dict[str, str], said: str) -> None:
    response = browser.post(f"/t/{token}/answers", data={"client_key": "one", **sent})
    assert response.status_code == 422
    assert said in words(response)
    field = LexborHTMLParser(response.text).css_first("textarea")
    assert field is not None
    assert field.text().strip("\n") == sent["text"].replace("\x00", "�") or "\x00" in sent["text"]


def test_a_forged_request_is_refused(client: FlaskClient, token: str) -> None:
    for action in ("answers", "resolution", "reopening"):
        assert client.post(f"/t/{token}/{action}", data={"text": "x", "client_key": "k"}).status_code == 400


def test_solved_undone_and_solved_by_writing(browser: FlaskClient, world: World, ticket: Ticket, token: str) -> None:
    def category() -> str:
        db.session.refresh(ticket)
        return ticket.category

    assert browser.post(f"/t/{token}/resolution").status_code == 303
    assert category() == "solved"
    event = db.session.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert (event.actor_kind, event.actor_id) == ("contact", world.dana.id)
    assert "Not solved after all" in words(browser.get(f"/t/{token}"))
    assert browser.post(f"/t/{token}/reopening").status_code == 303
    assert category() == "open"
    browser.post(f"/t/{token}/resolution")
    answer(browser, token)
    assert category() == "open"


def test_a_closed_ticket_takes_no_more_but_a_new_one_opens(
    browser: FlaskClient, world: World, ticket: Ticket, token: str, now: datetime
) -> None:
    progress.move_to(ticket, "closed", SYSTEM, now)
    db.session.commit()
    assert "opens a new one" in words(browser.get(f"/t/{token}"))
    for action in ("resolution", "reopening"):
        assert browser.post(f"/t/{token}/{action}").status_code == 303
    db.session.refresh(ticket)
    assert ticket.category == "closed"
    places = [answer(browser, token).headers["Location"] for _again in range(2)]
    assert places[0] == places[1] != f"/t/{token}"
    follower = db.session.scalars(select(Ticket).where(Ticket.follows_id == ticket.id)).one()
    assert f"Ticket {follower.number}" in words(browser.get(places[0]))


def test_files_leave_as_files(browser: FlaskClient, world: World, token: str, now: datetime) -> None:
    reference = db.session.scalars(select(Attachment.reference)).one()
    saved = browser.get(f"/t/{token}/files/{reference}")
    assert saved.headers["Content-Disposition"] == "attachment; filename=bench.png"
    seen = browser.get(f"/t/{token}/files/{reference}?view=1")
    assert (seen.mimetype, seen.data) == ("image/png", PNG)
    assert "sandbox" in seen.headers["Content-Security-Policy"]
    assert browser.get(f"/t/{token}/files/{'x' * 26}").status_code == 404


def test_files_of_notes_and_of_others_are_not_there(
    browser: FlaskClient, world: World, ticket: Ticket, token: str, now: datetime
) -> None:
    note = noting.note(ticket, world.alice, "see", at=now, files=[NewFile("secret.txt", "text/plain", b"secret")])
    other = wrote(world, world.eve, "Mine", now, files=(NewFile("eve.txt", "text/plain", b"eve"),))
    db.session.commit()
    assert other.id != ticket.id
    for reference in db.session.scalars(select(Attachment.reference).where(Attachment.filename != "bench.png")):
        assert browser.get(f"/t/{token}/files/{reference}").status_code == 404
    assert note.id


def test_an_open_page_asks_what_is_new(
    browser: FlaskClient, world: World, ticket: Ticket, token: str, now: datetime
) -> None:
    page = LexborHTMLParser(browser.get(f"/t/{token}").text)
    talk = page.css_first("#talk")
    assert talk is not None
    version = talk.attributes["data-version"]
    assert browser.get(f"/t/{token}?after={version}").status_code == 204
    noting.note(ticket, world.alice, "Nothing of theirs", at=now)
    db.session.commit()
    assert browser.get(f"/t/{token}?after={version}").status_code == 204
    replying.reply(ticket, world.alice, "Here it is.", to=[(world.dana.value, "")], at=now)
    db.session.commit()
    news = browser.get(f"/t/{token}?after={version}")
    assert news.status_code == 200
    assert "<html" not in news.text
    assert "Here it is." in words(news)


def test_quoted_words_are_folded(browser: FlaskClient, world: World, ticket: Ticket, token: str, now: datetime) -> None:
    wrote(world, world.dana, "Yes.", now, ticket, quoted="> What I said before")
    db.session.commit()
    folded = LexborHTMLParser(browser.get(f"/t/{token}").text).css_first("details .td-quoted")
    assert folded is not None
    assert "What I said before" in folded.text()


def test_long_conversations_come_in_pages(
    browser: FlaskClient, world: World, ticket: Ticket, token: str, now: datetime
) -> None:
    for number in range(45):
        wrote(world, world.dana, f"message {number}", now + timedelta(seconds=number), ticket)
    db.session.commit()
    page = browser.get(f"/t/{token}")
    assert len(LexborHTMLParser(page.text).css(".td-letter")) == 40
    assert "It came off." not in page.text
    assert "It came off." in browser.get(f"/t/{token}?letters=80").text


def test_looking_changes_nothing(browser: FlaskClient, world: World, token: str) -> None:
    """AU-08: a mail scanner that opens every link, again and again."""
    before = _digest()
    page = LexborHTMLParser(browser.get(f"/t/{token}").text)
    found = {link.attributes.get("href") or "" for link in page.css("a[href]")}
    for _again in range(20):
        for href in sorted({f"/t/{token}", *(one for one in found if one.startswith("/"))}):
            assert browser.head(href).status_code < 400
            assert browser.get(href).status_code < 400
    assert _digest() == before


def _digest() -> dict[str, str]:
    """Every row of every table, told by one word each."""
    return {
        name: str(
            db.session.execute(
                db.text("SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM " + name + " t")
            ).scalar()
        )
        for name in sorted(db.metadata.tables)
    }


def test_a_revoked_link_is_followed_by_a_new_one(
    browser: FlaskClient, world: World, ticket: Ticket, token: str, now: datetime
) -> None:
    tracking.revoke(ticket.id, world.dana.id, now)
    fresh = tracking.link_for(ticket.id, world.dana.id, now)
    db.session.commit()
    assert fresh != token
    assert (browser.get(f"/t/{token}").status_code, browser.get(f"/t/{fresh}").status_code) == (404, 200)
    assert db.session.scalar(select(func.count()).select_from(TicketLink)) == 2


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused(browser: FlaskClient, token: str, method: str) -> None:
    assert browser.open(f"/t/{token}", method=method).status_code == 405
