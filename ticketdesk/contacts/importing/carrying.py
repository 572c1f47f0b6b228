"""Doing what was planned for some lines, all at once, by the rules that hold for one contact."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ticketdesk.contacts import attributes, changing, noting, organizations, resolving
from ticketdesk.contacts.contact import FIRST_SEEN, IMPORTED, Contact, Organization
from ticketdesk.contacts.importing import knowing, planning
from ticketdesk.contacts.importing.lines import Mapped, Refused, Said
from ticketdesk.contacts.importing.planning import House, Plan
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid

STRANGE = "It could not be taken: what it says is there in another way already. Look for it by hand."
TRIES = 3
"""How often some lines are planned anew because mail or an agent was quicker."""

Answer = Plan | Refused


class Overtaken(Exception):
    """Somebody made in between what was to be made."""


def preview(lines: Sequence[Said], mapped: Mapped) -> list[Answer]:
    """What would come of these lines, in their order."""
    return _planned(lines, mapped, held=False)


def carry(lines: Sequence[Said], mapped: Mapped, import_id: int, by: Actor, at: datetime) -> list[Answer]:
    """Do it, and say what came of these lines.

    Where something in the way of all of them does not go away, each is done by itself, so that one line that nobody
    foresaw does not stop the others.
    """
    answers = _tried(lines, mapped, import_id, by, at)
    if answers is not None:
        return answers
    one_by_one: list[Answer] = []
    for said in lines:
        one_by_one += _tried([said], mapped, import_id, by, at) or [Refused(STRANGE)]
    return one_by_one


def _tried(lines: Sequence[Said], mapped: Mapped, import_id: int, by: Actor, at: datetime) -> list[Answer] | None:
    """The same for all or none of them; None when others were quicker again and again, or a verb refuses."""
    for _try in range(TRIES):
        try:
            with db.session.begin_nested():
                answers = _planned(lines, mapped, held=True)
                _apply([one for one in answers if isinstance(one, Plan)], import_id, by, at)
                db.session.flush()
                return answers
        except (Overtaken, IntegrityError, Invalid):
            continue
    return None


def _planned(lines: Sequence[Said], mapped: Mapped, *, held: bool) -> list[Answer]:
    known = knowing.known(lines, mapped.known_by, held=held)
    answers: list[Answer] = []
    for said in lines:
        try:
            answers.append(planning.plan(said, known, mapped.known_by, mapped.overwrites))
        except Refused as refused:
            answers.append(refused)
    return answers


def _apply(plans: Sequence[Plan], import_id: int, by: Actor, at: datetime) -> None:
    houses = _set_up(plans, by, at)
    made = [plan for plan in plans if plan.contact_id is None]
    contacts = [Contact(name=plan.name or "", organization_id=_id(plan.house), created_at=at) for plan in made]
    db.session.add_all(contacts)
    db.session.flush()
    ids = {id(plan): contact.id for plan, contact in zip(made, contacts, strict=True)}
    for plan in plans:
        ids.setdefault(id(plan), plan.contact_id or 0)
    addresses = {
        address: (ids[id(plan)], plan.said.name, IMPORTED if plan.contact_id or number else FIRST_SEEN)
        for plan in plans
        for number, address in enumerate(plan.emails)
    }
    if not resolving.attach(addresses, at):
        raise Overtaken
    for contact in contacts:
        audit.note("contact_imported", "contact", contact.id, by, at, {"import": import_id})
    _change([plan for plan in plans if plan.contact_id is not None], houses, import_id, by, at)
    attributes.say_of_many(
        {ids[id(plan)]: plan.values for plan in made},
        {ids[id(plan)]: plan.values for plan in plans if plan.contact_id is not None},
        by,
        at,
    )
    noting.write_many(((ids[id(plan)], plan.note) for plan in plans if plan.note), by.id or 0, at)


def _change(plans: Sequence[Plan], houses: dict[int, Organization], import_id: int, by: Actor, at: datetime) -> None:
    """Names and organizations of contacts that there are, and that addresses came to them."""
    ids = [plan.contact_id for plan in plans]
    contacts = {one.id: one for one in db.session.scalars(select(Contact).where(Contact.id.in_(ids)))} if ids else {}
    for plan in plans:
        contact = contacts[plan.contact_id or 0]
        if plan.name:
            changing.rename(contact, plan.name, by, at)
        if plan.house is not None:
            changing.belong(contact, houses[_id(plan.house) or 0], by, at)
        if plan.emails:
            audit.note("contact_addresses_imported", "contact", contact.id, by, at, {"import": import_id})


def _set_up(plans: Sequence[Plan], by: Actor, at: datetime) -> dict[int, Organization]:
    """Make the organizations that are new, and give domains to those that had them not."""
    wanted = {id(plan.house): plan.house for plan in plans if plan.house is not None}
    new = [house for house in wanted.values() if house.id is None]
    found = _organizations(house.id for house in wanted.values() if house.id is not None)
    for house in new:
        made = organizations.create(house.name, by, at)
        house.id, found[made.id] = made.id, made
    for house in _with_domains(plans):
        owner = found.get(house.id or 0) or db.session.get_one(Organization, house.id)
        organizations.add_domains(owner, house.new_domains, by, at)
    return found


def _with_domains(plans: Iterable[Plan]) -> list[House]:
    """Organizations to which some lines bring a domain, each once."""
    return list({id(plan.brings): plan.brings for plan in plans if plan.brings is not None}.values())


def _organizations(ids: Iterable[int]) -> dict[int, Organization]:
    rows = db.session.scalars(select(Organization).where(Organization.id.in_(set(ids))))
    return {row.id: row for row in rows}


def _id(house: House | None) -> int | None:
    return house.id if house is not None else None
