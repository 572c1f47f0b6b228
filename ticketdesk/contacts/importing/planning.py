"""What a line would do to what is known: make a contact, change one, or leave it as it is."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from ticketdesk.contacts.importing.lines import Refused, Said
from ticketdesk.contacts.organizations import MOST_DOMAINS

Verdict = Literal["made", "changed", "unchanged"]
NAMED = 3
"""Contacts that a refusal names."""


@dataclass(slots=True)
class House:
    """An organization, whether it is there or only on lines so far."""

    name: str
    id: int | None = None
    domains: set[str] = field(default_factory=set)
    new_domains: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Person:
    """A contact as it stands."""

    id: int
    name: str
    is_nameless: bool  # it is called by nothing better than one of its addresses
    organization_id: int | None
    values: dict[int, str] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Known:
    """What there is that some lines speak of."""

    owners: dict[str, int] = field(default_factory=dict)  # contacts by address
    shared: Collection[str] = ()  # of the addresses on the lines, those that many people share
    keyed: dict[str, set[int]] = field(default_factory=dict)  # contacts by what they are known by besides
    people: dict[int, Person] = field(default_factory=dict)
    houses: dict[str, House] = field(default_factory=dict)  # by name in small letters
    by_domain: dict[str, House] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """What is to be done for one line."""

    said: Said
    contact_id: int | None  # None: one is made
    name: str | None = None
    emails: list[str] = field(default_factory=list)  # to be added
    house: House | None = None
    values: dict[int, str] = field(default_factory=dict)
    note: str = ""
    brings: House | None = None  # the organization to which its domain is new

    @property
    def verdict(self) -> Verdict:
        """What comes of the line."""
        if self.contact_id is None:
            return "made"
        changes = (self.name, self.emails, self.house, self.values, self.note, self.brings)
        return "changed" if any(changes) else "unchanged"


def plan(said: Said, known: Known, known_by: int | None, overwrites: bool) -> Plan:
    """What is to be done; raises Refused. A new organization or domain is known to the lines that follow."""
    person = _whose(said, known, known_by)
    if person is None and not said.emails:
        raise Refused("It has no mail address, and nobody is known by what it says instead.")
    house = _house(said, known)
    if person is None:
        found = Plan(said, None, said.name or said.emails[0], list(said.emails), house, said.values, said.note)
    else:
        found = _changes(said, person, house, known, overwrites)
    if house is not None and (found.house is house or (person is not None and person.organization_id == house.id)):
        found.brings = house if _learn(house, said.domain, known) else None
    return found


def _changes(said: Said, person: Person, house: House | None, known: Known, overwrites: bool) -> Plan:
    """What a line says otherwise of a contact, or what it says first."""
    found = Plan(said, person.id, emails=[one for one in said.emails if one not in known.owners])
    if said.name and said.name != person.name and (overwrites or person.is_nameless):
        found.name = said.name
    if house is not None and (house.id is None or house.id != person.organization_id):
        found.house = house if overwrites or person.organization_id is None else None
    found.values = {
        number: value
        for number, value in said.values.items()
        if value != person.values.get(number) and (overwrites or not person.values.get(number))
    }
    found.note = "" if said.note in person.notes else said.note
    return found


def _whose(said: Said, known: Known, known_by: int | None) -> Person | None:
    """The contact that a line speaks of; raises Refused where it would join two, or join by a shared mailbox."""
    own = [one for one in said.emails if one not in known.shared]
    shared = [one for one in said.emails if one in known.shared]
    found = {known.owners[one] for one in own if one in known.owners}
    if known_by is not None and (key := said.values.get(known_by)):
        found |= known.keyed.get(key, set())
    if not own and not found:  # the mailbox itself is meant
        found = {known.owners[one] for one in shared if one in known.owners}
    if len(found) > 1:
        names = [_named(known.people[number]) for number in sorted(found)]
        more = " and others" if len(names) > NAMED else ""
        raise Refused(f"It speaks of {' and '.join(names[:NAMED])}{more}, and a line never joins two contacts.")
    for address in shared:
        if known.owners.get(address) not in (None, *found):
            raise Refused(
                f"{address} is a mailbox that many people share, and belongs to "
                f"{_named(known.people[known.owners[address]])}."
            )
    return known.people[found.pop()] if found else None


def _house(said: Said, known: Known) -> House | None:
    """The organization that a line names, or one to be made; raises Refused."""
    if not said.organization and not said.domain:
        return None
    of_domain = known.by_domain.get(said.domain) if said.domain else None
    named = known.houses.get((said.organization or said.domain).lower())
    if of_domain is not None and said.organization and named is not of_domain:
        raise Refused(f"{said.domain} belongs to {of_domain.name}, and the line says {said.organization}.")
    house = of_domain or named or House(said.organization or said.domain)
    if said.domain and said.domain not in house.domains and len(house.domains) >= MOST_DOMAINS:
        raise Refused(f"{house.name} has {MOST_DOMAINS} domains already.")
    return house


def _learn(house: House, domain: str, known: Known) -> bool:
    """Let the lines that follow find it; whether the domain is new to it."""
    known.houses.setdefault(house.name.lower(), house)
    if not domain or domain in house.domains:
        return False
    house.domains.add(domain)
    house.new_domains.add(domain)
    known.by_domain[domain] = house
    return True


def _named(person: Person) -> str:
    return f"{person.name} (contact {person.id})"
