"""Using a macro from the desk: the menu, the words, the changes, and who may."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.channels.chat.talks import Guest, comes, widget_of
from tests.people import World, open_for
from tests.web.desk.conftest import Browser, counted, fresh, htmx, words
from ticketdesk.automation import macros
from ticketdesk.automation.macro import Macro
from ticketdesk.core import clock, markdown
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import progress
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.message import Message
from ticketdesk.tickets.ticket import Ticket


@pytest.fixture
def sorry(world: World) -> Macro:
    setup = macros.Setup("Sorry", "Dear {{ customer.first_name }}, **sorry**.", priority="high", tags=["sorry"])
    made = macros.create(setup, SYSTEM, clock.now())
    db.session.commit()
    return made


@pytest.fixture
def address(ticket: Ticket, sorry: Macro) -> str:
    return f"/desk/tickets/{ticket.number}/macros/{sorry.id}"


def test_the_menu_shows_the_words_as_they_would_read_and_what_else_happens(
    alice: FlaskClient, ticket: Ticket, sorry: Macro
) -> None:
    menu = words(alice.get(f"/desk/tickets/{ticket.number}/macros", headers=htmx()).text)
    assert menu == "Sorry Dear Dana, **sorry**. Priority: High · Tags: sorry"


def test_choosing_one_hands_over_its_words_and_makes_its_changes(
    alice: FlaskClient, ticket: Ticket, address: str
) -> None:
    answer = alice.post(address, headers=htmx())
    assert answer.status_code == 200
    missed = f"The words of “Sorry” went nowhere: the reply for #{ticket.number} is no longer open."
    assert answer.json == {"text": "Dear Dana, **sorry**.", "said": "Priority: High · Tags: sorry", "missed": missed}
    assert fresh(ticket).priority == "high"
    assert db.session.scalars(select(Draft)).all() == [], "the page itself saves what is in the box"


@pytest.fixture
def guest(world: World) -> Guest:
    """Dana in a chat, under a name with signs in it."""
    guest = comes(widget_of(world), clock.now(), name="Dana *D* Keane")
    guest.says("The armrest came off", clock.now())
    return guest


def test_in_a_chat_the_words_are_the_visitors_and_the_changes_are_made(
    alice: FlaskClient, world: World, guest: Guest
) -> None:
    setup = macros.Setup(
        "Greeting",
        "Hello {{ customer.first_name }}, {{ agent.name }} here about *{{ ticket.subject }}* ({{ customer.name }}).",
        priority="high",
        tags=["greeted"],
        assigns=True,
    )
    macro = macros.create(setup, SYSTEM, clock.now())
    db.session.commit()
    number = guest.ticket.number
    assert f'data-macros="/desk/tickets/{number}/macros"' in alice.get(f"/desk/tickets/{number}").text
    assert "Hello Dana, Alice here" in words(alice.get(f"/desk/tickets/{number}/macros", headers=htmx()).text)
    answer = alice.post(f"/desk/tickets/{number}/macros/{macro.id}", headers=htmx())
    text = "Hello Dana, Alice here about *The armrest came off* (Dana \\*D\\* Keane)."
    assert (answer.json["text"], answer.json["said"]) == (text, "Assignee: me · Priority: High · Tags: greeted")
    ticket = fresh(guest.ticket)
    assert (ticket.assignee_id, ticket.priority, ticket.medium) == (world.alice.id, "high", "chat")
    assert guest.sees() == ["The armrest came off"], "nothing is said before it is sent"
    form = {"text": text, "channel": "chat", "based_on_seq": str(ticket.last_seq), "client_key": "greeting"}
    assert alice.post(f"/desk/tickets/{number}/replies", data=form, headers=htmx()).status_code == 201
    sent = db.session.scalars(select(Message.text).where(Message.agent_id == world.alice.id)).one()
    shown = markdown.render(sent)
    assert "<em>The armrest came off</em>" in shown and "(Dana *D* Keane)" in shown


def test_without_scripts_the_words_go_into_the_draft(alice: FlaskClient, ticket: Ticket, address: str) -> None:
    assert "Sorry" in words(alice.get(f"/desk/tickets/{ticket.number}/macros").text)
    for _ in range(2):
        answer = alice.post(address)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/desk/tickets/{ticket.number}")
    draft = db.session.scalars(select(Draft)).one()
    assert draft.text == "Dear Dana, **sorry**.\n\nDear Dana, **sorry**."
    assert "Dear Dana" in alice.get(f"/desk/tickets/{ticket.number}").text


def test_the_ladder(
    browser: Browser, world: World, reader: FlaskClient, ticket: Ticket, sorry: Macro, address: str
) -> None:
    assert browser("bob").post(address).status_code == 303
    assert reader.post(address).status_code == 403
    assert reader.get(f"/desk/tickets/{ticket.number}/macros").status_code == 403
    assert browser("bob").post(f"/desk/tickets/999999/macros/{sorry.id}").status_code == 404
    assert browser("bob").post(f"/desk/tickets/{ticket.number}/macros/999999").status_code == 404
    assert browser("bob").post(address, data={"extra": "1"}).status_code == 422
    assert browser("bob").get(address).status_code == 405


def test_a_stranger_learns_nothing(browser: Browser, ticket: Ticket, address: str) -> None:
    assert browser("carol").post(address).status_code == 404
    assert browser("carol").get(f"/desk/tickets/{ticket.number}/macros").status_code == 404
    assert browser("carol").get(f"/desk/tickets/{ticket.number}/macros/options").status_code == 404


def test_a_macro_of_another_team_is_none_of_mine(browser: Browser, world: World, ticket: Ticket) -> None:
    theirs = macros.create(macros.Setup("Theirs", "Hello", team_id=world.orders.id), SYSTEM, clock.now())
    db.session.commit()
    bob = browser("bob")
    assert bob.post(f"/desk/tickets/{ticket.number}/macros/{theirs.id}").status_code == 404
    assert "Theirs" not in bob.get(f"/desk/tickets/{ticket.number}/macros").text


def test_on_a_closed_ticket_it_is_refused_in_one_sentence(
    alice: FlaskClient, world: World, ticket: Ticket, address: str
) -> None:
    progress.move_to(ticket, "closed", SYSTEM, clock.now())
    db.session.commit()
    answer = alice.post(address, headers=htmx())
    assert answer.status_code == 409
    assert "closed" in answer.headers["HX-Trigger"]


def test_a_name_that_is_markup_stays_a_name(alice: FlaskClient, world: World, ticket: Ticket, address: str) -> None:
    world.dana.name = "<img/src=x> *Dana*"
    db.session.commit()
    assert alice.post(address, headers=htmx()).json["text"] == "Dear \\<img/src=x\\>, **sorry**."
    assert "<img/src" not in alice.get(f"/desk/tickets/{ticket.number}/macros", headers=htmx()).text


def test_the_button_is_there_for_those_who_answer(
    alice: FlaskClient, reader: FlaskClient, ticket: Ticket, sorry: Macro
) -> None:
    assert 'data-key="m"' in alice.get(f"/desk/tickets/{ticket.number}").text
    assert 'data-key="m"' not in reader.get(f"/desk/tickets/{ticket.number}").text


def used_alike(world: World, macro: Macro, ticket: Ticket) -> None:
    """bob used it on a ticket with the same subject."""
    other = open_for(world, world.care_queue)
    other.subject = ticket.subject
    macros.use(macro, other, world.bob, clock.now())
    db.session.commit()


def test_what_fits_comes_first_in_the_menu_and_in_the_list_of_the_reply(
    alice: FlaskClient, world: World, ticket: Ticket, sorry: Macro
) -> None:
    macros.create(macros.Setup("All is well", "Good."), SYSTEM, clock.now())
    used_alike(world, sorry, ticket)
    for place in ("macros", "macros/options"):
        shown = words(alice.get(f"/desk/tickets/{ticket.number}/{place}", headers=htmx()).text)
        assert shown.index("Sorry suggested") < shown.index("All is well"), place
        assert shown.count("suggested") == 1


def test_many_macros_are_listed_by_few_questions(
    alice: FlaskClient, world: World, ticket: Ticket, sorry: Macro
) -> None:
    for place in range(20):
        made = macros.create(macros.Setup(f"Number {place}", "Dear {{ customer.name }}"), SYSTEM, clock.now())
        used_alike(world, made, ticket)
    with counted() as asked:
        alice.get(f"/desk/tickets/{ticket.number}/macros/options", headers=htmx())
    assert len(asked) <= 15


def test_the_options_are_for_those_who_answer(
    browser: Browser, reader: FlaskClient, ticket: Ticket, sorry: Macro
) -> None:
    address = f"/desk/tickets/{ticket.number}/macros/options"
    assert f'data-uses="/desk/tickets/{ticket.number}/macros/{sorry.id}"' in browser("bob").get(address).text
    assert reader.get(address).status_code == 403
    assert browser("bob").get("/desk/tickets/999999/macros/options").status_code == 404
    assert browser("bob").post(address).status_code == 405
