"""Contacts come from a file: what each line makes, changes, leaves alone, and why lines are refused."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from tests.channels.test_kills import dies
from tests.contacts.importing.files import (
    HEAD,
    brought,
    carried,
    contact,
    counts,
    everything,
    imported,
    reasons,
    tried,
    worked,
    written,
)
from tests.people import World
from ticketdesk.contacts import (
    attributes,
    changing,
    entering,
    joining,
    linking,
    noting,
    organizations,
    resolving,
    separating,
)
from ticketdesk.contacts.attribute import ContactAttribute
from ticketdesk.contacts.attributes import Definition
from ticketdesk.contacts.contact import IMPORTED, Identity, Organization
from ticketdesk.contacts.importing import asking, carrying, working
from ticketdesk.contacts.importing.asking import Wishes
from ticketdesk.contacts.importing.contact_import import ContactImport, ContactImportLine
from ticketdesk.core import jobs, storage_sweep
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.audit import AuditEntry
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.core.storage import Blob

DANA = "dana@customer.example"
EVE = "eve@customer.example"


def identity(address: str) -> Identity:
    return db.session.scalars(select(Identity).where(Identity.value == address)).one()


def test_lines_become_contacts_with_addresses_that_nobody_has_proven(world: World, now: datetime) -> None:
    rows = [["Ann Elm", "Ann@Elm.example; ann@home.example", "Elm & Sons"], ["", "bea@elm.example", "elm & sons"]]
    one = imported(world, now, written(rows))
    assert counts(one) == (2, 0, 0, 0)
    ann, bea = contact("ann@elm.example"), contact("bea@elm.example")
    assert contact("ann@home.example") is ann
    assert (ann.name, bea.name) == ("Ann Elm", "bea@elm.example")
    assert ann.organization_id == bea.organization_id is not None
    assert [one.verification for one in linking.identities_of(ann.id)] == ["none", "none"]
    assert db.session.scalars(select(AuditEntry.subject_id).where(AuditEntry.action == "contact_imported")).all() == [
        ann.id,
        bea.id,
    ]


def test_the_same_file_twice_changes_nothing(world: World, now: datetime) -> None:
    rows = [[f"Person {n}", f"p{n}@elm.example", f"House {n % 3}", f"+49 {n}", "Rings twice."] for n in range(450)]
    file = written(rows, [*HEAD, "Phone", "Note"])
    assert counts(imported(world, now, file)) == (450, 0, 0, 0)
    before = everything()
    again = imported(world, now, file)
    assert counts(again) == (0, 0, 450, 0)
    assert everything() == before
    assert len(noting.of([contact("p7@elm.example").id])) == 1
    assert counts(imported(world, now, file, overwrites=True)) == (0, 0, 450, 0)
    assert db.session.scalar(select(func.count(ContactAttribute.id))) == 1  # the second file found the first's phone


def test_what_is_there_is_filled_not_replaced(world: World, now: datetime) -> None:
    plan = attributes.define(Definition("Plan", "plan", "choice", ["Silver", "Gold"]), SYSTEM, now)
    since = attributes.define(Definition("Since", "since", "date"), SYSTEM, now)
    dana = contact(DANA)
    changing.rename(dana, "Dana Oak", SYSTEM, now)
    attributes.say(dana, {plan: "Gold"}, SYSTEM, now)
    db.session.commit()
    file = written([["D. Elm", DANA, "Elm", "silver", "2026-01-02"]], [*HEAD, "Plan", "Since"])
    assert counts(imported(world, now, file)) == (0, 1, 0, 0)
    dana = contact(DANA)
    assert dana.name == "Dana Oak"
    assert attributes.values_of([dana.id]) == {plan.id: "Gold", since.id: "2026-01-02"}
    assert dana.organization_id == db.session.scalars(select(Organization.id)).one()
    file = written([["D. Elm", DANA, "Oak", "silver", ""]], [*HEAD, "Plan", "Since"])
    assert counts(imported(world, now, file)) == (0, 0, 1, 0)
    assert counts(imported(world, now, file, overwrites=True)) == (0, 1, 0, 0)
    dana = contact(DANA)
    assert dana.name == "D. Elm"
    assert attributes.values_of([dana.id]) == {plan.id: "Silver", since.id: "2026-01-02"}  # an empty cell says nothing
    assert db.session.get_one(Organization, dana.organization_id).name == "Oak"


def test_whoever_is_called_by_an_address_gets_a_name(world: World, now: datetime) -> None:
    resolving.resolve("email", "nameless@elm.example", "", now)
    db.session.commit()
    assert counts(imported(world, now, written([["Nan", "nameless@elm.example", ""]]))) == (0, 1, 0, 0)
    assert contact("nameless@elm.example").name == "Nan"


def test_a_line_never_joins_two_contacts(world: World, now: datetime) -> None:
    before = everything()
    one = imported(world, now, written([["Both", f"{DANA};{EVE};new@elm.example", "Elm"]]), overwrites=True)
    assert counts(one) == (0, 0, 0, 1)
    for address in (DANA, EVE):
        assert f"{contact(address).name} (contact {contact(address).id})" in reasons(one)[2]
    assert everything() == before
    assert db.session.scalars(select(Organization.id)).all() == []


def test_a_shared_mailbox_is_flagged_and_means_nobody_else(world: World, now: datetime) -> None:
    rows = [
        ["Ann", "ann@elm.example, info@elm.example", ""],
        ["Bea", "bea@oak.example", ""],
        ["Office", "office@oak.example", ""],
    ]
    assert counts(imported(world, now, written(rows))) == (3, 0, 0, 0)
    assert identity("info@elm.example").is_shared
    ann = contact("ann@elm.example")
    assert contact("info@elm.example") is ann
    one = imported(world, now, written([["Cy", "cy@elm.example;info@elm.example", ""]]))
    assert counts(one) == (0, 0, 0, 1)
    assert "many people share, and belongs to Ann" in reasons(one)[2]
    one = imported(world, now, written([["", "office@oak.example", "Oak"]]))  # the mailbox itself is meant
    assert counts(one) == (0, 1, 0, 0)


def test_lines_that_do_not_fit_are_refused_one_by_one(world: World, now: datetime) -> None:
    attributes.define(Definition("Plan", "plan", "choice", ["Gold"]), SYSTEM, now)
    rows = [
        ["Ann", "ann@elm.example", "", "Gold", ""],
        ["", "", "Elm", "", ""],
        ["Bea", "bea at elm", "", "", ""],
        ["Cy", "cy@elm.example", "", "Lead", ""],
        ["Ann again", "ANN@elm.example", "", "", ""],
        ["Di", "di@elm.example", "", "", "gmail.com"],
        ["Ed", "ed@elm.example", "", "", "no domain"],
        ["x" * 121, "fay@elm.example", "", "", ""],
        ["Gil", ";".join(f"g{n}@elm.example" for n in range(11)), "", "", ""],
        ["Hal", "hal@elm.example", "y" * 121, "", ""],
        ["Ida", "ida@elm.example", "", "", "", "one cell too many"],
        ["Joy", "joy@elm.example"],
    ]
    one = imported(world, now, written(rows, [*HEAD, "Plan", "Domain"]))
    assert counts(one) == (2, 0, 0, 10)
    for at, words in {
        3: "no mail address",
        4: "“bea at elm” is no mail address",
        5: "Plan: This is none of the choices",
        6: "ann@elm.example stands on line 2 already",
        7: "Everybody can have an address at gmail.com",
        8: "“no domain” is no mail domain",
        9: "name is longer than 120",
        10: "more than 10 mail addresses",
        11: "organization is longer than 120",
        12: "It has 6 cells, and there are 5 headings",
    }.items():
        assert words in reasons(one)[at], at


def test_organizations_are_found_by_name_or_domain_and_get_domains(world: World, now: datetime) -> None:
    elm = organizations.create("Elm", SYSTEM, now)
    organizations.add_domains(elm, ["elm.example"], SYSTEM, now)
    db.session.commit()
    rows = [
        ["Ann", "ann@x.example", "ELM", ""],
        ["Bea", "bea@x.example", "", "elm.example"],
        ["Cy", "cy@x.example", "Oak", "elm.example"],
        ["Di", "di@x.example", "Oak", "oak.example"],
        ["Ed", "ed@x.example", "", "oak.example"],
        ["Fay", "fay@x.example", "Elm", "oak.example"],
        ["Gil", "gil@x.example", "", "ash.example"],
        ["Ann", "ann@y.example", "Elm", "elm2.example"],
    ]
    one = imported(world, now, written(rows, [*HEAD, "Domain"]))
    assert counts(one) == (6, 0, 0, 2)
    assert "elm.example belongs to Elm, and the line says Oak" in reasons(one)[4]
    assert "oak.example belongs to Oak, and the line says Elm" in reasons(one)[7]
    where = {row.id: row.name for row in db.session.scalars(select(Organization))}
    names = [where[contact(f"{who}@x.example").organization_id or 0] for who in ("ann", "bea", "di", "ed", "gil")]
    assert names == ["Elm", "Elm", "Oak", "Oak", "ash.example"]
    assert organizations.domains_of(elm.id) == ["elm.example", "elm2.example"]
    assert counts(imported(world, now, written(rows, [*HEAD, "Domain"]))) == (0, 0, 6, 2)


def test_an_organization_that_nobody_needs_is_not_made(world: World, now: datetime) -> None:
    imported(world, now, written([["Dana", DANA, "Elm"]]))
    imported(world, now, written([["Dana", DANA, "Oak", "oak.example"]], [*HEAD, "Domain"]))
    assert db.session.scalars(select(Organization.name)).all() == ["Elm"]


def test_people_are_known_again_by_an_attribute(world: World, now: datetime) -> None:
    number = attributes.define(Definition("Customer number", "number"), SYSTEM, now)
    friend = resolving.resolve("email", "friend@customer.example", "", now)
    attributes.say(contact("friend@customer.example"), {number: "K-17"}, SYSTEM, now)
    joining.join(world.dana, friend, "replied", now)  # what was said of a part is said of the whole
    db.session.commit()
    head = ["Customer number", "Name", "Email", "Plan"]
    plan = attributes.define(Definition("Plan", "plan"), SYSTEM, now)
    db.session.commit()
    rows = [["K-17", "", "", "Gold"], ["K-18", "New", "", ""], ["K-17", "Two", "two@elm.example", ""]]
    one = imported(world, now, written(rows, head), known_by_id=number.id)
    assert counts(one) == (0, 1, 0, 2)
    assert attributes.values_of([contact(DANA).id])[plan.id] == "Gold"
    assert "nobody is known by" in reasons(one)[3]
    assert "K-17 stands on line 2 already" in reasons(one)[4]
    one = imported(world, now, written([["K-17", "", EVE, ""]], head), known_by_id=number.id)
    assert "a line never joins two contacts" in reasons(one)[2]
    one = imported(world, now, written([["K-17", "", "third@elm.example", ""]], head), known_by_id=number.id)
    assert counts(one) == (0, 1, 0, 0)
    assert contact("third@elm.example") is contact(DANA)


def test_what_makes_no_sense_is_refused_before_anything_is_tried(world: World, now: datetime) -> None:
    one = brought(world, now, written([["Ann", "ann@elm.example", ""]]))
    for targets, words in (
        (["name", "", ""], "mail addresses"),
        (["organization", "email", "organization"], "Another column"),
    ):
        with pytest.raises(Invalid, match=words):
            asking.choose(one, Wishes(targets), 1, world.ada.actor, now)
    for targets in (["name", "email"], ["name", "email", "attribute-99"], ["name", "email", "is_shared"]):
        with pytest.raises(Conflict):
            asking.choose(one, Wishes(targets), 1, world.ada.actor, now)
    with pytest.raises(Conflict):
        asking.start(one, 1, world.ada.actor, now)
    asking.choose(one, Wishes(list(one.targets)), 1, world.ada.actor, now)
    with pytest.raises(Conflict):
        asking.choose(one, Wishes(list(one.targets)), 1, world.ada.actor, now)
    with pytest.raises(Conflict, match="Stop it first"):
        asking.forget(one, world.ada.actor, now)
    worked(one, now)
    with pytest.raises(Conflict):  # what was shown to whoever starts it is not what it says now
        asking.start(one, 1, world.ada.actor, now)


def test_trying_changes_nothing_but_the_import(world: World, now: datetime) -> None:
    before = everything()
    one = tried(world, now, brought(world, now, written([["Ann", "ann@elm.example", "Elm"], ["D", DANA, "Elm"]])))
    assert (one.state, counts(one)) == ("checked", (1, 1, 0, 0))
    assert everything() == before
    assert db.session.scalars(select(Organization.id)).all() == []


def test_it_is_stopped_and_goes_on(world: World, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "TURN", 0)
    monkeypatch.setattr(working.advance, "__defaults__", (2,))
    one = tried(world, now, brought(world, now, written([["", f"p{n}@elm.example", ""] for n in range(7)])))
    asking.start(one, one.revision, world.ada.actor, now)
    db.session.commit()
    row = db.session.scalars(
        select(OutboxRow).where(OutboxRow.task == asking.TASK).order_by(OutboxRow.id.desc())
    ).first()
    assert row is not None and jobs.run(row.id, now) == "queued"
    asking.stop(one, now)
    db.session.commit()
    worked(one, now)
    assert (one.state, one.reached, counts(one)) == ("stopped", 2, (2, 0, 0, 0))
    carried(world, now, one)
    assert (one.state, counts(one)) == ("done", (7, 0, 0, 0))


@pytest.mark.parametrize("point", ["contact import batch", "contact import between"])
def test_a_killed_worker_loses_nothing_and_does_nothing_twice(
    committed_app: Flask, committed_world: World, now: datetime, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = committed_world
    monkeypatch.setattr(working.advance, "__defaults__", (2,))
    rows = [["", f"p{n}@elm.example", f"House {n}", "Rings."] for n in range(7)]
    one = tried(world, now, brought(world, now, written(rows, [*HEAD, "Note"])))
    asking.start(one, one.revision, world.ada.actor, now)
    db.session.commit()
    row_id = db.session.scalars(select(OutboxRow.id).order_by(OutboxRow.id.desc()).limit(1)).one()
    at = now
    for death in range(2):
        assert dies(committed_app, point, lambda at=at: jobs.run(row_id, at))  # type: ignore[misc]
        db.session.refresh(one)
        assert one.reached == (2 * (death + 1) if point.endswith("between") else 0)
        at += timedelta(minutes=2)
        jobs.relay(at)
    worked(one, at)
    assert (one.state, one.reached, counts(one)) == ("done", 7, (7, 0, 0, 0))
    assert [contact(f"p{n}@elm.example").name for n in range(7)] == [f"p{n}@elm.example" for n in range(7)]
    assert len(noting.of([contact(f"p{n}@elm.example").id for n in range(7)])) == 7
    assert db.session.scalar(select(func.count(Organization.id))) == 7


def test_whoever_writes_meanwhile_is_found_not_doubled(
    committed_app: Flask, committed_world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mail makes an address and a name its organization between looking and making: the lines are planned anew."""
    world, attach, create = committed_world, resolving.attach, organizations.create

    def elsewhere(work: Callable[[], object]) -> None:
        def run() -> None:
            with committed_app.app_context():
                work()
                db.session.commit()

        with ThreadPoolExecutor(1) as pool:
            pool.submit(run).result()

    def late(addresses: Any, at: datetime) -> bool:
        monkeypatch.setattr(resolving, "attach", attach)
        elsewhere(lambda: resolving.resolve("email", "ann@elm.example", "Ann by mail", at))
        return attach(addresses, at)

    def later(name: str, *rest: Any) -> Organization:
        monkeypatch.setattr(organizations, "create", create)
        monkeypatch.setattr(organizations, "_name", lambda typed, _own: typed)  # it looked before the other was there
        elsewhere(lambda: create(name, *rest))
        return create(name, *rest)

    one = tried(
        world, now, brought(world, now, written([["Ann", "ann@elm.example", ""], ["B", "b@elm.example", "Elm"]]))
    )
    assert counts(one) == (2, 0, 0, 0)
    monkeypatch.setattr(resolving, "attach", late)
    monkeypatch.setattr(organizations, "create", later)
    carried(world, now, one)
    assert (one.state, counts(one)) == ("done", (1, 0, 1, 0))
    assert contact("ann@elm.example").name == "Ann by mail"
    assert db.session.scalars(select(Organization.id)).one() == contact("b@elm.example").organization_id


def test_a_line_that_nobody_foresaw_stops_no_others(
    world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = organizations.create

    def refusing(name: str, *rest: Any) -> Organization:
        if name == "Elm":
            raise Invalid("Another organization is called so.", "name")
        return create(name, *rest)

    rows = [["Ann", "ann@elm.example", "Elm"], ["Bea", "bea@elm.example", "Oak"], ["Cy", "cy@elm.example", ""]]
    one = tried(world, now, brought(world, now, written(rows)))
    monkeypatch.setattr(organizations, "create", refusing)
    carried(world, now, one)
    assert (one.state, counts(one)) == ("done", (2, 0, 0, 1))
    assert reasons(one) == {2: carrying.STRANGE}


def test_names_of_organizations_are_the_same_when_the_database_says_so(world: World, now: datetime) -> None:
    rows = [[f"P{n}", f"p{n}@elm.example", name] for n, name in enumerate(("İstanbul", "STRAẞE", "ΣΊΣΥΦΟΣ", "elm"))]
    assert counts(imported(world, now, written(rows))) == (4, 0, 0, 0)
    again = [[f"Q{n}", f"q{n}@elm.example", row[2]] for n, row in enumerate(rows)]
    assert counts(imported(world, now, written(again))) == (4, 0, 0, 0)
    assert db.session.scalar(select(func.count(Organization.id))) == 4


def test_an_address_of_a_file_opens_nobody_elses_tickets(world: World, now: datetime) -> None:
    identity(DANA).verification = "replied"
    rows = [["", f"{DANA}; other@elm.example", ""], ["New", "new@elm.example; more@elm.example", ""]]
    assert counts(imported(world, now, written(rows))) == (1, 1, 0, 0)
    assert contact("other@elm.example") is contact(DANA)
    first, other = identity("new@elm.example"), identity("other@elm.example")
    for one in (first, other, identity("more@elm.example")):
        one.verification = "confirmed"
    assert entering.identities_of(other) == [other.id]
    assert entering.identities_of(identity(DANA)) == [identity(DANA).id]
    assert entering.identities_of(first) == [first.id]
    # Once something proves that it is theirs, it is as good as any other.
    assert joining.join(identity(DANA), other, "replied", now) is contact(DANA)
    assert entering.identities_of(other) == [other.id, identity(DANA).id]


def from_file(world: World, now: datetime, address: str, to: str = DANA) -> Identity:
    """An address that a file gave to somebody."""
    imported(world, now, written([["", f"{to}; {address}", ""]]))
    made = identity(address)
    assert contact(address) is contact(to)
    made.verification = "confirmed"
    return made


def signed(who: str, now: datetime) -> Identity:
    return resolving.resolve("external", who, "", now, verification="signed")


def test_an_address_of_a_file_brings_nobody_along_to_whom_it_belongs(world: World, now: datetime) -> None:
    dana = identity(DANA)
    dana.verification = "confirmed"
    placed, person = from_file(world, now, "placed@elm.example"), signed("U1", now)
    assert joining.join(person, placed, "signed", now) is not contact(DANA)
    assert set(entering.identities_of(placed)) == {placed.id, person.id}
    assert entering.identities_of(dana) == [dana.id]


def test_two_addresses_of_files_are_no_reason_to_join_anybody(world: World, now: datetime) -> None:
    for address in (DANA, EVE):
        identity(address).verification = "confirmed"
    one, other, beside = (
        from_file(world, now, address, to)
        for address, to in (("one@elm.example", DANA), ("other@elm.example", EVE), ("third@elm.example", DANA))
    )
    assert joining.join(one, other, "replied", now) is None
    assert joining.join(one, beside, "replied", now) is contact(DANA)
    for address in (one, other, beside):
        assert entering.identities_of(address) == [address.id]


def test_an_address_of_a_file_proves_nothing_after_a_join_of_others(world: World, now: datetime) -> None:
    dana, eve = identity(DANA), identity(EVE)
    dana.verification = eve.verification = "confirmed"
    placed = from_file(world, now, "placed@elm.example", EVE)
    assert joining.join(dana, eve, "replied", now) is contact(DANA)
    assert entering.identities_of(placed) == [placed.id]
    assert set(entering.identities_of(dana)) == {dana.id, eve.id}
    separating.separate(contact(DANA), {eve.id, placed.id}, world.alice.actor, now + timedelta(hours=1))
    assert contact("placed@elm.example") is contact(EVE)
    assert entering.identities_of(placed) == [placed.id]


def test_a_join_by_hand_that_is_undone_leaves_a_file_s_word_as_it_was(world: World, now: datetime) -> None:
    dana, eve = identity(DANA), identity(EVE)
    dana.verification = eve.verification = "confirmed"
    placed = from_file(world, now, "placed@elm.example", EVE)
    made = joining.join_by_hand(contact(DANA), contact(EVE), world.alice.actor, now)
    assert set(entering.identities_of(placed)) == {placed.id, dana.id, eve.id}, "a person was shown all of them"
    joining.undo(made, world.alice.actor, now + timedelta(hours=1))
    assert entering.identities_of(placed) == [placed.id]


def test_known_addresses_are_attached_to_nobody(world: World, now: datetime) -> None:
    assert resolving.attach({DANA: (contact(EVE).id, "", IMPORTED)}, now) is False
    assert contact(DANA).id != contact(EVE).id


def test_few_questions_a_line(world: World, now: datetime) -> None:
    head = [*HEAD, "Phone", "Note"]
    rows = [[f"Person {n}", f"p{n}@elm.example", f"House {n % 20}", f"+49 {n}", "Rings."] for n in range(200)]
    one = tried(world, now, brought(world, now, written(rows, head)))
    asked: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    for verdict in ("made", "changed"):
        asked.clear()
        event.listen(db.engine, "before_cursor_execute", listen)
        try:
            carried(world, now, one)
        finally:
            event.remove(db.engine, "before_cursor_execute", listen)
        assert getattr(one, verdict) == 200
        assert len(asked) <= 240, f"{len(asked)} questions for 200 lines that are {verdict}"
        rows = [[f"P {n}", f"p{n}@elm.example", f"Home {n % 20}", f"+50 {n}", "Knocks."] for n in range(200)]
        one = tried(world, now, brought(world, now, written(rows, head)), overwrites=True)


def test_old_imports_are_forgotten_with_their_files(world: World, now: datetime) -> None:
    one = imported(world, now, written([["Ann", "ann@elm.example", ""]]))
    assert asking.forget_old(now + asking.KEPT - timedelta(hours=1)) == 0
    later = now + asking.KEPT + timedelta(hours=1)
    assert asking.forget_old(later) == 1
    assert db.session.scalars(select(ContactImportLine.number)).all() == []
    assert db.session.get(ContactImport, one.id, populate_existing=True) is None
    db.session.commit()
    storage_sweep.sweep(later)
    assert db.session.scalars(select(Blob.sha256)).all() == []
    assert contact("ann@elm.example").name == "Ann"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ten_thousand_lines_take_seconds(
    committed_app: Flask, committed_world: World, now: datetime, record_property: Callable[[str, object], None]
) -> None:
    """Bounded far above what it takes, so that it fails for a question too many, not for a busy day."""
    head = [*HEAD, "Domain", "Phone", "Note"]
    rows = [
        [f"P {n}", f"p{n}@h{n % 400}.example", f"House {n % 400}", f"h{n % 400}.example", f"+44 {n}", "Rings."]
        for n in range(10_000)
    ]
    one = tried(committed_world, now, brought(committed_world, now, written(rows, head)))
    begun = time.monotonic()
    carried(committed_world, now, one)
    took = time.monotonic() - begun
    record_property("contacts_per_s", round(10_000 / took))
    assert counts(one) == (10_000, 0, 0, 0)
    assert took < 120
