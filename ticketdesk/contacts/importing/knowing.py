"""What there is that some lines speak of, asked for all of them at once."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import ARRAY, Text, cast, func, select

from ticketdesk.contacts import linking, resolving
from ticketdesk.contacts.attribute import ContactValue
from ticketdesk.contacts.contact import (
    NAMELESS,
    Contact,
    Identity,
    IdentityLink,
    Organization,
    OrganizationDomain,
    called,
)
from ticketdesk.contacts.importing.lines import Said
from ticketdesk.contacts.importing.planning import House, Known, Person
from ticketdesk.contacts.joined import ContactJoin
from ticketdesk.contacts.note import ContactNote
from ticketdesk.core.db import db

BEGINNING = 100
"""Characters of a value that its index knows."""


def known(lines: Sequence[Said], known_by: int | None, *, held: bool) -> Known:
    """Everything that these lines could meet; with `held`, the contacts are locked until the transaction ends."""
    found = Known()
    addresses = {address for said in lines for address in said.emails}
    keys = {said.values[known_by] for said in lines if known_by is not None and said.values.get(known_by)}
    locked: set[int] = set()
    while True:
        found.owners = _owners(addresses)
        found.keyed = _keyed(known_by, keys) if known_by is not None and keys else {}
        ids = {*found.owners.values(), *(number for numbers in found.keyed.values() for number in numbers)}
        if not held or ids <= locked:
            break
        linking.lock(ids)
        locked = ids
    found.shared = _shared(addresses)
    found.people = _people(ids, has_notes=any(said.note for said in lines))
    _houses(found, lines)
    return found


def _owners(addresses: Collection[str]) -> dict[str, int]:
    if not addresses:
        return {}
    rows = db.session.execute(
        select(Identity.value, IdentityLink.contact_id)
        .join(IdentityLink, IdentityLink.identity_id == Identity.id)
        .where(Identity.kind == "email", Identity.value.in_(addresses), IdentityLink.ended_at.is_(None))
    )
    return {row.value: row.contact_id for row in rows}


def _shared(addresses: Collection[str]) -> set[str]:
    """Those flagged as shared, and those that will be."""
    flagged = select(Identity.value).where(
        Identity.kind == "email", Identity.value.in_(addresses), Identity.is_shared.is_(True)
    )
    return {one for one in addresses if resolving.is_shared("email", one)} | set(db.session.scalars(flagged))


def _keyed(attribute_id: int, keys: Collection[str]) -> dict[str, set[int]]:
    """Who is known by these values; what is said of a part of a contact is said of the contact."""
    rows = db.session.execute(
        select(ContactValue.value, ContactValue.contact_id).where(
            ContactValue.attribute_id == attribute_id,
            func.left(ContactValue.value, BEGINNING).in_({key[:BEGINNING] for key in keys}),
            ContactValue.value.in_(keys),
        )
    ).all()
    ids = {row.contact_id for row in rows}
    living = _living(ids)
    # Hardly any was joined with another; only those are looked for one by one.
    ends = {number: number if number in living else linking.end_of(number) for number in ids}
    living |= _living(set(ends.values()) - living)
    found: dict[str, set[int]] = {}
    for row in rows:
        if ends[row.contact_id] in living:
            found.setdefault(row.value, set()).add(ends[row.contact_id])
    return found


def _living(ids: Collection[int]) -> set[int]:
    """Those of some contacts that are reached by anything; the others are parts of contacts."""
    if not ids:
        return set()
    links = select(IdentityLink.contact_id).where(IdentityLink.contact_id.in_(ids), IdentityLink.ended_at.is_(None))
    return set(db.session.scalars(links.distinct()))


def _people(ids: Collection[int], *, has_notes: bool) -> dict[int, Person]:
    if not ids:
        return {}
    called_so = _nameless(ids)
    parts = _parts(ids)
    everybody = {part for own in parts.values() for part in own}
    values: dict[int, dict[int, str]] = {}
    for one in db.session.scalars(select(ContactValue).where(ContactValue.contact_id.in_(everybody))):
        values.setdefault(one.contact_id, {})[one.attribute_id] = one.value
    notes: dict[int, set[str]] = {}
    if has_notes:
        written = select(ContactNote.contact_id, ContactNote.text).where(ContactNote.contact_id.in_(everybody))
        for row in db.session.execute(written):
            notes.setdefault(row.contact_id, set()).add(row.text)
    rows = select(Contact).where(Contact.id.in_(ids)).execution_options(populate_existing=True)
    return {
        contact.id: Person(
            id=contact.id,
            name=contact.name,
            is_nameless=contact.name in called_so.get(contact.id, ()) or contact.name in ("", NAMELESS),
            organization_id=contact.organization_id,
            # The contact itself comes first in its parts, so it is the last to be laid on.
            values={k: v for part in reversed(parts[contact.id]) for k, v in values.get(part, {}).items()},
            notes={text for part in parts[contact.id] for text in notes.get(part, ())},
        )
        for contact in db.session.scalars(rows)
    }


def _nameless(ids: Collection[int]) -> dict[int, set[str]]:
    """What contacts are called who never said a name."""
    rows = db.session.execute(
        select(IdentityLink.contact_id, Identity.kind, Identity.value)
        .join(Identity, Identity.id == IdentityLink.identity_id)
        .where(IdentityLink.contact_id.in_(ids), IdentityLink.ended_at.is_(None))
    )
    found: dict[int, set[str]] = {}
    for row in rows:
        found.setdefault(row.contact_id, set()).update((row.value, called(row.kind, "", row.value)))
    return found


def _parts(ids: Iterable[int]) -> dict[int, list[int]]:
    """Each contact with those that were joined into it; hardly any has such."""
    joined = select(ContactJoin.kept_id).where(ContactJoin.kept_id.in_(ids), ContactJoin.undone_at.is_(None))
    with_parts = set(db.session.scalars(joined))
    return {number: linking.parts_of(number) if number in with_parts else [number] for number in ids}


def _houses(found: Known, lines: Sequence[Said]) -> None:
    """The organizations that lines name or whose domains they name, with all their domains."""
    names = {name for said in lines for name in (said.organization, said.domain) if name}
    domains = {said.domain for said in lines if said.domain}
    if not names:
        return
    # The database says which names are the same, as its own rule is the one that holds.
    told = select(func.unnest(cast(sorted(names), ARRAY(Text))).label("name")).subquery()
    rows = db.session.execute(
        select(told.c.name.label("told"), Organization.id, Organization.name).join(
            Organization, func.lower(Organization.name) == func.lower(told.c.name)
        )
    ).all()
    owners = select(OrganizationDomain.organization_id).where(OrganizationDomain.domain.in_(domains))
    owning = db.session.execute(select(Organization.id, Organization.name).where(Organization.id.in_(owners)))
    houses = {row.id: House(row.name, row.id) for row in [*rows, *owning]}
    found.houses = {house.name.lower(): house for house in houses.values()}
    found.houses |= {row.told.lower(): houses[row.id] for row in rows}
    of = select(OrganizationDomain).where(OrganizationDomain.organization_id.in_(houses))
    for one in db.session.scalars(of) if houses else ():
        houses[one.organization_id].domains.add(one.domain)
        found.by_domain[one.domain] = houses[one.organization_id]
