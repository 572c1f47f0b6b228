"""Contacts in the desk: found, read and changed by those who may, joined and taken apart with nothing seen unasked."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.web.desk.conftest import Browser, Write, counted, words
from ticketdesk.channels.inbound import Sender
from ticketdesk.contacts import attributes, entering, joining, linking, organizations, resolving
from ticketdesk.contacts.attributes import Definition
from ticketdesk.contacts.contact import Contact, Identity
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.tickets import participant
from ticketdesk.web.portal import my


def contact(identity: Identity) -> Contact:
    db.session.expire_all()
    return db.session.get_one(Contact, linking.contact_of(identity))


def of(identity: Identity) -> str:
    return f"/desk/contacts/{linking.contact_of(identity)}"


def writer(name: str, called: str = "") -> Sender:
    return Sender("email", f"{name}@customer.example", called or name.title())


def by(address: str) -> Identity:
    return db.session.scalars(select(Identity).where(Identity.value == address)).one()


def test_the_page_tells_what_one_may_see(world: World, alice: FlaskClient, browser: Browser, write: Write) -> None:
    write(subject="The armrest came off")
    write(subject="Where is my order?", queue_id=world.orders_queue.id)
    page = words(alice.get(of(world.dana)).text)
    assert "dana@customer.example" in page
    assert "The armrest came off" in page
    assert "Where is my order?" not in page
    everything = words(browser("ada").get(of(world.dana)).text)
    assert "Where is my order?" in everything


def test_a_stranger_is_told_nothing(world: World, alice: FlaskClient, write: Write) -> None:
    write(subject="Where is my order?", queue_id=world.orders_queue.id)
    stranger, missing = alice.get(of(world.dana)), alice.get("/desk/contacts/999999")
    assert (stranger.status_code, missing.status_code) == (404, 404)
    assert alice.post(f"{of(world.dana)}/notes", data={"text": "Hm."}).status_code == 404
    assert "Dana" not in words(alice.get("/desk/contacts").text)


def test_the_list_finds_by_name_address_and_organization(world: World, alice: FlaskClient, write: Write) -> None:
    for name in ("ann", "ben_", "cleo"):
        write(sender=writer(name))
    house = organizations.create("Elm & Söhne 100%", SYSTEM, clock.now())
    contact(by("cleo@customer.example")).organization_id = house.id
    db.session.commit()

    def found(typed: str) -> list[str]:
        page = alice.get("/desk/contacts", query_string={"q": typed}).text
        return [name for name in ("Ann", "Ben_", "Cleo") if f"{name}</span>" in page]

    assert found("") == ["Ann", "Ben_", "Cleo"]
    assert found("ann@cust") == ["Ann"]
    assert found("customer CLEO") == ["Cleo"]
    assert found("0%") == ["Cleo"]
    assert found("n_") == ["Ben_"]
    assert found("' OR 1=1") == []


def test_the_list_goes_on_by_its_key(world: World, alice: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ticketdesk.web.desk.contact_rows.PAGE", 3)
    for number in range(8):
        resolving.resolve("email", f"x{number}@customer.example", "Same Name", clock.now())
    db.session.commit()
    seen, address = [], "/desk/contacts?q=same"
    while address:
        page = alice.get(address).text
        seen += [number for number in range(8) if f"x{number}@customer" in page]
        address = (
            page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0] if 'rel="next"' in page else ""
        )
        address = address.replace("&amp;", "&")
    assert seen == list(range(8))
    assert alice.get("/desk/contacts?after=nonsense").status_code == 422


def test_details_are_changed(world: World, alice: FlaskClient, write: Write) -> None:
    write()
    plan = attributes.define(Definition("Plan", "plan", "choice", ["Silver", "Gold"]), SYSTEM, clock.now())
    since = attributes.define(Definition("Customer since", "since", "date"), SYSTEM, clock.now())
    member = attributes.define(Definition("Member", "member", "checkbox"), SYSTEM, clock.now())
    organizations.create("Elm", SYSTEM, clock.now())
    db.session.commit()
    form = {
        "name": "Dana Elm",
        "organization": "elm",
        f"attribute-{plan.id}": "Gold",
        f"attribute-{since.id}": "2024-02-29",
        f"attribute-{member.id}": "y",
    }
    assert alice.post(f"{of(world.dana)}/details", data=form).status_code == 303
    dana = contact(world.dana)
    assert dana.name == "Dana Elm"
    assert attributes.values_of([dana.id]) == {plan.id: "Gold", since.id: "2024-02-29", member.id: "yes"}
    page = alice.get(of(world.dana)).text
    assert "2024-02-29" in page
    refused = alice.post(f"{of(world.dana)}/details", data={**form, "organization": "Oak", "name": "Other"})
    assert refused.status_code == 422
    assert "no organization of this name" in words(refused.text)
    assert 'value="Other"' in refused.text
    assert alice.post(f"{of(world.dana)}/details", data={**form, "verification": "signed"}).status_code == 422
    wrong = alice.post(f"{of(world.dana)}/details", data={**form, f"attribute-{plan.id}": "Lead"})
    assert "none of the choices" in words(wrong.text)
    assert contact(world.dana).name == "Dana Elm"


def test_notes_are_written_and_only_ones_own_are_changed(
    world: World, alice: FlaskClient, browser: Browser, write: Write
) -> None:
    write()
    assert alice.post(f"{of(world.dana)}/notes", data={"text": "Calls on <b>Fridays</b>."}).status_code == 303
    page = alice.get(of(world.dana)).text
    assert "Calls on &lt;b&gt;Fridays" in page
    note = page.partition("/notes/")[2].partition('"')[0]
    assert browser("bob").post(f"{of(world.dana)}/notes/{note}", data={"text": "No."}).status_code == 403
    assert alice.post(f"{of(world.dana)}/notes/{note}", data={"text": "Calls on Mondays."}).status_code == 303
    assert "Mondays" in alice.get(of(world.dana)).text
    assert alice.post(f"{of(world.eve)}/notes/{note}/removal").status_code == 404
    assert alice.post(f"{of(world.dana)}/notes/{note}/removal").status_code == 303
    assert "Mondays" not in alice.get(of(world.dana)).text
    assert alice.post(f"{of(world.dana)}/notes", data={"text": "  "}).status_code == 422


def test_who_only_reads_changes_nothing(world: World, reader: FlaskClient, write: Write) -> None:
    write()
    page = reader.get(of(world.dana))
    assert page.status_code == 200
    assert "Add note" not in words(page.text)
    for what in ("details", "notes", "joins", "differences", "separations"):
        assert reader.post(f"{of(world.dana)}/{what}", data={}).status_code == 403


def test_joining_says_who_would_see_what_and_asks(world: World, alice: FlaskClient, write: Write) -> None:
    write(subject="The armrest came off")
    write(subject="My name is on the bill", sender=writer("dana.p", "Dana P"))
    dana, other = world.dana, by("dana.p@customer.example")
    for one in (dana, other):
        one.verification = "confirmed"
    db.session.commit()
    page = alice.get(f"{of(dana)}/join?other={contact(other).id}").text
    assert "Would newly see" in page
    assert "My name is on the bill" in page
    assert "The armrest came off" in page
    form = {"other": contact(other).id, "identities": f"{dana.id},{other.id}"}
    asked = alice.post(f"{of(dana)}/joins", data=form)
    assert asked.status_code == 409
    assert entering.identities_of(dana) == [dana.id]
    joined = alice.post(f"{of(dana)}/joins", data={**form, "widen": "yes"})
    assert joined.status_code == 303
    assert entering.identities_of(dana) == [dana.id, other.id]
    assert {ticket.subject for ticket in my._tickets(dana, None)} == {"The armrest came off", "My name is on the bill"}
    # one click back
    shown = alice.get(joined.location).text
    assert "is part of this contact now" in shown
    undoing = shown.partition(f'action="{of(dana)}/joins/')[2].partition('"')[0]
    assert alice.post(f"{of(dana)}/joins/{undoing}").status_code == 303
    assert entering.identities_of(dana) == [dana.id]
    assert {ticket.subject for ticket in my._tickets(dana, None)} == {"The armrest came off"}
    assert alice.post(f"{of(dana)}/joins/{undoing}").status_code == 409


def test_nobody_joins_what_they_cannot_see_whole(
    world: World, alice: FlaskClient, browser: Browser, write: Write
) -> None:
    write()
    write(sender=writer("other"))
    write(sender=writer("other"), queue_id=world.orders_queue.id, subject="A secret order")
    other = by("other@customer.example")
    page = alice.get(f"{of(world.dana)}/join?other={contact(other).id}")
    assert "tickets that you cannot see" in words(page.text)
    assert "A secret order" not in page.text
    form = {"other": contact(other).id, "identities": f"{world.dana.id},{other.id}", "widen": "yes"}
    assert alice.post(f"{of(world.dana)}/joins", data=form).status_code == 403
    assert browser("ada").post(f"{of(world.dana)}/joins", data=form).status_code == 303


def test_a_contact_that_was_joined_leads_to_the_other(world: World, alice: FlaskClient, write: Write) -> None:
    write()
    gone = of(world.eve)
    form = {"other": contact(world.eve).id, "identities": f"{world.dana.id},{world.eve.id}", "widen": "yes"}
    assert alice.post(f"{of(world.dana)}/joins", data=form).status_code == 303
    answer = alice.get(gone)
    assert (answer.status_code, answer.location) == (302, of(world.dana))


def test_an_address_goes_to_a_contact_of_its_own_and_back(world: World, alice: FlaskClient, write: Write) -> None:
    write()
    joining.join(world.dana, world.eve, "replied", clock.now())
    third = resolving.resolve("email", "third@customer.example", "Third", clock.now())
    joining.join(world.dana, third, "replied", clock.now())
    db.session.commit()
    nobody = alice.post(f"{of(world.dana)}/separations", data={})
    assert nobody.status_code == 422
    done = alice.post(f"{of(world.dana)}/separations", data={"identity": [world.eve.id, third.id]})
    assert done.status_code == 303
    assert contact(world.eve).id == contact(third).id != contact(world.dana).id
    page = alice.get(done.location).text
    assert "is a contact of their own now" in words(page)
    undoing = page.partition(f'action="{of(world.dana)}/separations/')[2].partition('"')[0]
    assert alice.post(f"{of(world.dana)}/separations/{undoing}").status_code == 303
    assert contact(world.eve).id == contact(world.dana).id


def test_who_looks_alike_is_suggested_until_a_person_says_no(world: World, alice: FlaskClient, write: Write) -> None:
    write(sender=Sender("email", "d.elm@elm.example", "Dana Elm"))
    write(sender=Sender("email", "dana@elm.example", "dana elm"))
    write(sender=Sender("email", "dana@other.example", "Dana Elm"))
    one, other, elsewhere = (by(value) for value in ("d.elm@elm.example", "dana@elm.example", "dana@other.example"))
    page = words(alice.get(of(one)).text)
    assert "the same name, and an address at the same domain" in page
    assert of(elsewhere) not in alice.get(of(one)).text
    kept = alice.post(f"{of(one)}/differences", data={"other": contact(other).id})
    assert kept.status_code == 303
    assert "May be the same person" not in words(alice.get(of(one)).text)
    assert "May be the same person" not in words(alice.get(of(other)).text)
    assert joining.join(one, other, "replied", clock.now()) is None


def test_pages_ask_little_whatever_they_show(world: World, alice: FlaskClient, write: Write) -> None:
    write()
    with counted() as few:
        assert alice.get(of(world.dana)).status_code == 200
    for number in range(6):
        write(subject=f"Another {number}")
        alice.post(f"{of(world.dana)}/notes", data={"text": f"Note {number}"})
    for number in range(4):
        joining.join(
            world.dana, resolving.resolve("email", f"d{number}@x.example", "", clock.now()), "replied", clock.now()
        )
    db.session.commit()
    with counted() as many:
        assert alice.get(of(world.dana)).status_code == 200
    assert len(many) - len(few) <= 3, "\n".join(many)  # names of who wrote and joined, facts of rows


def test_organizations_are_made_and_hold_their_people(
    world: World, alice: FlaskClient, browser: Browser, write: Write
) -> None:
    write(subject="The armrest came off")
    write("Hm.", subject="A secret order", queue_id=world.orders_queue.id)
    world.dana.verification = "confirmed"
    db.session.commit()
    made = alice.post("/desk/organizations", data={"name": "Customer Ltd"})
    assert made.status_code == 303
    page = made.location
    form = {"name": "Customer Ltd", "domains": "@Customer.example, bücher.example", "notes": "Pays late."}
    assert alice.post(page, data=form).status_code == 303
    shown = alice.get(page).text
    assert "customer.example, xn--bcher-kva.example" in shown
    assert "belongs nowhere yet" in words(shown)
    assert alice.post(f"{page}/members").status_code == 303
    shown = words(alice.get(page).text)
    assert "The armrest came off" in shown
    assert "A secret order" not in shown
    assert "Dana" in shown
    carol = browser("carol")
    assert "The armrest came off" not in words(carol.get(page).text)
    assert alice.post(page, data={**form, "domains": "gmail.com"}).status_code == 422
    assert alice.post(page, data={**form, "domains": "no domain!"}).status_code == 422
    assert alice.post("/desk/organizations", data={"name": "customer LTD"}).status_code == 422
    assert "Customer Ltd" in words(alice.get("/desk/organizations?q=ltd").text)
    assert alice.get("/desk/organizations/999999").status_code == 404


def test_the_side_of_a_ticket_leads_to_its_contact(world: World, alice: FlaskClient, write: Write) -> None:
    ticket = write().ticket
    assert f'href="{of(world.dana)}"' in alice.get(f"/desk/tickets/{ticket.number}").text


def test_a_choice_that_is_offered_no_more_stays_when_anything_else_is_saved(
    world: World, alice: FlaskClient, write: Write
) -> None:
    write()
    plan = attributes.define(Definition("Plan", "plan", "choice", ["Silver", "Gold"]), SYSTEM, clock.now())
    attributes.say(contact(world.dana), {plan: "Gold"}, SYSTEM, clock.now())
    attributes.change(plan, Definition("Plan", "plan", "choice", ["Silver", "Lead"]), SYSTEM, clock.now())
    db.session.commit()
    page = alice.get(of(world.dana)).text
    assert '<option selected value="Gold">' in page or 'value="Gold" selected' in page
    form = {"name": "Dana Elm", "organization": "", f"attribute-{plan.id}": "Gold"}
    assert alice.post(f"{of(world.dana)}/details", data=form).status_code == 303
    assert attributes.values_of([contact(world.dana).id]) == {plan.id: "Gold"}


def test_who_takes_part_by_an_unproven_address_only_gains_by_a_join(
    world: World, alice: FlaskClient, write: Write
) -> None:
    """R12: of a ticket that both are in, one of them may see less than the other."""
    ticket = write(subject="The armrest came off").ticket
    write(sender=writer("dana.p", "Dana P"), subject="Mine")
    other = by("dana.p@customer.example")
    for one in (world.dana, other):
        one.verification = "confirmed"
    participant.add(ticket.id, other.id, "cc", "active", clock.now(), sees_since=clock.now())
    db.session.commit()
    page = alice.get(f"{of(world.dana)}/join?other={contact(other).id}").text
    gained = page.partition("Would newly see")[2]
    assert "The armrest came off" in gained, "from its beginning"


def test_they_are_two_people_opens_no_way_to_join_them_unseen(world: World, alice: FlaskClient, write: Write) -> None:
    write(sender=Sender("email", "d.elm@elm.example", "Dana Elm"))
    write(sender=Sender("email", "dana@elm.example", "dana elm"))
    one, other = by("d.elm@elm.example"), by("dana@elm.example")
    assert alice.post(f"{of(one)}/differences", data={"other": contact(other).id}).status_code == 303
    answer = alice.post(f"{of(one)}/separations/{contact(other).id}/undoing")
    assert answer.status_code == 409
    assert contact(one).id != contact(other).id
    assert "separations/" not in alice.get(f"{of(one)}?separated={contact(other).id}").text
