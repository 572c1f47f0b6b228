"""Fields of one's own: made, filled in, asked before a ticket is solved."""

from datetime import datetime

import pytest
from sqlalchemy import select

from tests import people
from tests.people import World
from ticketdesk.contacts import joining, linking, organizations, resolving
from ticketdesk.contacts.contact import Contact
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.tickets import batching, fields, filling, merging, progress, referring, timeline
from ticketdesk.tickets.batch_changes import Solve
from ticketdesk.tickets.field import FieldValue, TicketField
from ticketdesk.tickets.fields import Definition
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event


def make(now: datetime, key: str = "wood", kind: str = "choice", **other: object) -> TicketField:
    given: dict[str, object] = {"options": ["Oak", "Teak"]} if kind in ("choice", "choices") else {}
    return fields.define(Definition(**{"label": key.title(), "key": key, "kind": kind, **given, **other}), SYSTEM, now)  # type: ignore[arg-type]


def said(ticket: Ticket, field: TicketField) -> tuple[str, ...]:
    return filling.values_of([ticket.id], [field]).get((ticket.id, field.id), ())


def last(ticket: Ticket) -> Event:
    return db.session.scalars(select(Event).where(Event.ticket_id == ticket.id).order_by(Event.seq.desc())).first()  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("text", ["  A  loose\tleg "], ("A loose leg",)),
        ("text", ["Mo\u0308bel"], ("M\u00f6bel",)),
        ("text", ["o\u0308" * 500], ("\u00f6" * 500,)),
        ("number", ["1 200,50"], ("1200.5",)),
        ("number", ["-0.0"], ("0",)),
        ("date", ["2026-02-28"], ("2026-02-28",)),
        ("checkbox", ["yes"], ("yes",)),
        ("checkbox", ["no"], ()),
        ("choice", ["teak"], ("teak",)),
        ("choices", ["teak", "oak", "teak"], ("oak", "teak")),
        ("choices", [], ()),
    ],
)
def test_each_kind_is_kept_in_one_form(
    world: World, now: datetime, kind: str, typed: list[str], kept: tuple[str, ...]
) -> None:
    ticket, field = people.open_for(world, world.care_queue), make(now, kind=kind)
    filling.set_fields(ticket, {field: typed}, world.alice.actor, now)
    db.session.expire_all()
    assert said(ticket, field) == kept


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("text", ["x" * 501]),
        ("number", ["NaN"]),
        ("number", ["1e99"]),
        ("date", ["2026-02-30"]),
        ("checkbox", ["perhaps"]),
        ("choice", ["Oak"]),
        ("choice", ["oak", "teak"]),
        ("choices", ["oak", "elm"]),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(world: World, now: datetime, kind: str, typed: list[str]) -> None:
    ticket, field = people.open_for(world, world.care_queue), make(now, kind=kind)
    with pytest.raises(Invalid) as refusal:
        filling.set_fields(ticket, {field: typed}, world.alice.actor, now)
    assert refusal.value.field == f"field-{field.id}"
    assert db.session.scalar(select(FieldValue).limit(1)) is None


def test_one_event_tells_of_all_that_changed_in_codes_only(world: World, now: datetime) -> None:
    ticket = people.open_for(world, world.care_queue)
    wood, order = make(now), make(now, "order", "text")
    seq = ticket.last_seq
    filling.set_fields(ticket, {wood: ["oak"], order: ["Dana's secret"]}, world.alice.actor, now)
    event = last(ticket)
    assert (event.kind, event.seq, event.actor_id) == ("fields_changed", seq + 1, world.alice.id)
    assert event.data["fields"] == [
        {"id": wood.id, "from": [], "to": ["oak"]},
        {"id": order.id, "is_empty": False},
    ]
    filling.set_fields(ticket, {wood: ["oak"], order: ["Dana's  secret"]}, world.alice.actor, now)
    assert ticket.last_seq == seq + 1  # it was like that before
    filling.set_fields(ticket, {order: [""]}, world.alice.actor, now)
    assert last(ticket).data["fields"] == [{"id": order.id, "is_empty": True}]
    assert said(ticket, wood) == ("oak",)


def test_options_keep_their_keys_when_they_are_called_otherwise(world: World, now: datetime) -> None:
    ticket, field = people.open_for(world, world.care_queue), make(now)
    filling.set_fields(ticket, {field: ["oak"]}, SYSTEM, now)
    fields.change(field, Definition("Timber", options=["teak = Burmese teak", "Elm"]), SYSTEM, now)
    assert dict(field.offered) == {"teak": "Burmese teak", "elm": "Elm"}
    assert field.labels["oak"] == "Oak"
    filling.set_fields(ticket, {field: ["oak"]}, SYSTEM, now)  # who has it keeps it
    filling.set_fields(ticket, {field: ["elm"]}, SYSTEM, now)
    with pytest.raises(Invalid):
        filling.set_fields(ticket, {field: ["oak"]}, SYSTEM, now)
    fields.change(field, Definition("Timber", options=["Oak"]), SYSTEM, now)
    assert dict(field.offered) == {"oak": "Oak"}


def test_an_option_is_one_in_whichever_form_its_letters_come(world: World, now: datetime) -> None:
    field = make(now, options=["O\u0308l", "Teak"])
    assert list(field.offered.values()) == ["\u00d6l", "Teak"]
    keys = list(field.offered)
    fields.change(field, Definition("Wood", options=["\u00d6l", "Teak"]), SYSTEM, now)
    assert list(field.offered) == list(field.labels) == keys
    with pytest.raises(Invalid, match="twice"):
        fields.change(field, Definition("Wood", options=["\u00d6l", "O\u0308l"]), SYSTEM, now)


def test_a_field_is_asked_in_its_queues_and_shown_where_it_says_something(world: World, now: datetime) -> None:
    here, there = people.open_for(world, world.care_queue), people.open_for(world, world.orders_queue)
    field = make(now, is_everywhere=False, queue_ids=[world.care_queue.id])
    assert [one.id for one, _values in filling.of_ticket(here)] == [field.id]
    assert filling.of_ticket(there) == []
    filling.set_fields(there, {field: ["oak"]}, SYSTEM, now)
    assert filling.of_ticket(there) == [(field, ("oak",))]
    fields.archive(field, SYSTEM, now)
    assert filling.of_ticket(there) == []
    with pytest.raises(Conflict):
        filling.set_fields(there, {field: ["teak"]}, SYSTEM, now)
    fields.restore(field, SYSTEM, now)
    assert filling.of_ticket(there) == [(field, ("oak",))]


def test_whether_a_page_has_fields_is_asked_of_its_own_ticket(world: World, now: datetime) -> None:
    here, there = people.open_for(world, world.care_queue), people.open_for(world, world.orders_queue)
    other = people.open_for(world, world.orders_queue)
    field = make(now, required_to_solve=True, is_everywhere=False, queue_ids=[world.care_queue.id])
    wanted = select(Ticket.id).where(filling.has_any()).order_by(Ticket.id)
    assert db.session.scalars(wanted).all() == [here.id]
    assert filling.unfilled([here.id, there.id, other.id]) == {here.id}
    filling.set_fields(there, {field: ["oak"]}, SYSTEM, now)
    assert db.session.scalars(wanted).all() == [here.id, there.id]
    filling.set_fields(here, {field: ["oak"]}, SYSTEM, now)
    assert filling.unfilled([here.id, there.id]) == set()


def test_an_agent_cannot_solve_before_all_is_said(world: World, now: datetime) -> None:
    ticket = people.open_for(world, world.care_queue)
    field = make(now, required_to_solve=True, is_everywhere=False, queue_ids=[world.care_queue.id])
    with pytest.raises(filling.Unfilled, match="“Wood”"):
        batching.carry_out_on(ticket, world.alice, Solve(), now)
    done = batching.carry_out(world.alice, [ticket.number], Solve(), now)
    assert [(one.number, one.why) for one in done.skipped] == [(ticket.number, "unfilled")]
    filling.set_fields(ticket, {field: ["oak"]}, SYSTEM, now)
    batching.carry_out_on(ticket, world.alice, Solve(), now)
    assert ticket.category == "solved"
    other = people.open_for(world, world.care_queue)
    progress.solve(other, SYSTEM, now)  # machines are not held up
    assert other.category == "solved"


def test_a_reference_is_found_among_what_the_agent_sees(world: World, now: datetime) -> None:
    ticket, hidden = people.open_for(world, world.care_queue), people.open_for(world, world.orders_queue)
    about = make(now, "about", "reference", refers_to="ticket")
    whom = make(now, "whom", "reference", refers_to="contact")
    firm = make(now, "firm", "reference", refers_to="organization")
    elm = organizations.create("Elm & Sons", SYSTEM, now)
    words = {about: [f"#{ticket.number}"], whom: ["DANA@customer.example"], firm: ["elm &  sons"]}
    filling.set_fields(ticket, words, world.alice.actor, now, world.alice)
    assert said(ticket, about) == (str(ticket.id),)
    assert said(ticket, firm) == (str(elm.id),)
    assert said(ticket, whom) != ()
    for field, typed in ((about, str(hidden.number)), (about, "elm"), (whom, "nobody@x.example"), (firm, "Ash")):
        with pytest.raises(Invalid):
            filling.set_fields(ticket, {field: [typed]}, world.alice.actor, now, world.alice)
    with pytest.raises(Invalid, match="Only agents"):
        filling.set_fields(ticket, {about: ["1"]}, SYSTEM, now)


def test_a_reference_to_a_contact_follows_a_join_and_its_undoing(world: World, now: datetime) -> None:
    ticket, whom = people.open_for(world, world.care_queue), make(now, "whom", "reference", refers_to="contact")
    dana, eve = (db.session.get_one(Contact, linking.contact_of(one)) for one in (world.dana, world.eve))
    words = {whom: ["eve@customer.example"]}
    filling.set_fields(ticket, words, world.alice.actor, now, world.alice)
    join = joining.join_by_hand(dana, eve, world.alice.actor, now)
    meant = referring.named("contact", [eve.id, dana.id], world.alice)
    assert {row_id: one.id for row_id, one in meant.items()} == {eve.id: dana.id, dana.id: dana.id}
    assert referring.gone("contact", [eve.id, 999_999]) == {999_999}
    seq = ticket.last_seq
    filling.set_fields(ticket, {whom: [meant[eve.id].typed]}, world.alice.actor, now, world.alice)
    assert (ticket.last_seq, said(ticket, whom)) == (seq, (str(eve.id),)), "they are the same person"
    joining.undo(join, world.alice.actor, now)
    assert referring.named("contact", [eve.id], world.alice)[eve.id].id == eve.id


def test_a_merge_takes_along_what_the_other_does_not_say(world: World, now: datetime) -> None:
    source, survivor = (people.open_for(world, world.care_queue) for _ in range(2))
    wood, parts, order, price = (
        make(now, key, kind) for key, kind in (("wood", "choice"), ("parts", "choices"), ("o", "text"), ("p", "number"))
    )
    filling.set_fields(source, {wood: ["oak"], parts: ["oak", "teak"], order: ["A-1"], price: ["12.5"]}, SYSTEM, now)
    filling.set_fields(survivor, {wood: ["teak"]}, SYSTEM, now)
    merging.merge(source, survivor, world.alice.actor, now)
    carried = next(one for one in timeline.of_ticket(survivor.id) if one.kind == "merged_from").data["fields"]
    assert carried == [parts.id, order.id, price.id]
    assert [said(survivor, one) for one in (wood, parts, order, price)] == [
        ("teak",),
        ("oak", "teak"),
        ("A-1",),
        ("12.5",),
    ]
    filling.set_fields(survivor, {order: ["B-2"], parts: ["oak"]}, SYSTEM, now)
    merging.undo(source, world.alice.actor, now)
    db.session.expire_all()
    assert [said(survivor, one) for one in (wood, parts, order, price)] == [("teak",), ("oak",), ("B-2",), ()]
    assert [said(source, one) for one in (wood, parts, order, price)] == [
        ("oak",),
        ("oak", "teak"),
        ("A-1",),
        ("12.5",),
    ]


def test_a_contact_without_a_mail_address_is_typed_by_what_is_known_of_them(world: World, now: datetime) -> None:
    ticket, whom = people.open_for(world, world.care_queue), make(now, "whom", "reference", refers_to="contact")
    identity = resolving.resolve("external", "Shop:Dana-7", "Dana", now)
    contact_id = linking.contact_of(identity)
    filling.set_fields(ticket, {whom: ["Shop:Dana-7"]}, world.alice.actor, now, world.alice)
    assert said(ticket, whom) == (str(contact_id),)
    shown = referring.named("contact", [contact_id], world.alice)[contact_id]
    assert (shown.name, shown.typed) == ("Dana", "Shop:Dana-7")
    seq = ticket.last_seq
    filling.set_fields(ticket, {whom: [shown.typed]}, world.alice.actor, now, world.alice)
    assert (ticket.last_seq, said(ticket, whom)) == (seq, (str(contact_id),)), "saved as it was"
    linking.move([resolving.resolve("email", "zoe@x.example", "", now)], contact_id, "signed", now)
    assert referring.named("contact", [contact_id], world.alice)[contact_id].typed == "zoe@x.example", "mail first"


@pytest.mark.parametrize("typed", ["zoe@bücher.example", "Zoe@BÜCHER.example", "zoe@xn--bcher-kva.example"])
def test_a_contact_is_found_by_an_address_as_people_write_it(world: World, now: datetime, typed: str) -> None:
    ticket, whom = people.open_for(world, world.care_queue), make(now, "whom", "reference", refers_to="contact")
    zoe = linking.contact_of(resolving.resolve("email", "zoe@xn--bcher-kva.example", "Zoe", now))
    filling.set_fields(ticket, {whom: [typed]}, world.alice.actor, now, world.alice)
    assert said(ticket, whom) == (str(zoe),)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"key": "Not a key"}, "key"),
        ({"key": "wood"}, "key"),
        ({"label": " "}, "label"),
        ({"kind": "colour"}, "kind"),
        ({"options": []}, "options"),
        ({"options": ["Oak", "oak"]}, "options"),
        ({"options": ["X! = Oak"]}, "options"),
        ({"kind": "reference"}, "refers_to"),
        ({"kind": "reference", "refers_to": "ticket", "for_customers": True}, "for_customers"),
        ({"required_in_forms": True}, "required_in_forms"),
        ({"is_everywhere": False}, "queues"),
        ({"is_everywhere": False, "queue_ids": [999_999]}, "queues"),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused(
    world: World, now: datetime, wrong: dict[str, object], field: str
) -> None:
    make(now)
    with pytest.raises(Invalid) as refusal:
        make(now, **{"key": "other", **wrong})  # type: ignore[arg-type]
    assert refusal.value.field == field


def test_fields_are_put_into_order(world: World, now: datetime) -> None:
    one, two, three = (make(now, key, "text") for key in ("one", "two", "three"))
    fields.move(three, -2, SYSTEM, now)
    assert [field.key for field in fields.shown()] == ["three", "one", "two"]
    fields.move(two, 5, SYSTEM, now)
    fields.move(one, 1, SYSTEM, now)
    assert [field.key for field in fields.shown()] == ["three", "two", "one"]
