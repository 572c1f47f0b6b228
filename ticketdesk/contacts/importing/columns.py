"""What the columns of a file say: the choices there are, and a guess by their headings."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ticketdesk.contacts.importing import addresses
from ticketdesk.contacts.importing.reading import Line

NOTHING = ""
NAME, EMAIL, ORGANIZATION, DOMAIN, NOTE = "name", "email", "organization", "domain", "note"
NEW = "new"
"""A new attribute, called as the column is."""
ATTRIBUTE = "attribute-"
OFTEN = frozenset((NOTHING, NAME, EMAIL, NOTE, NEW))
"""What several columns may say; their words are put together."""
SAMPLE = 20

_WORDS: dict[str, frozenset[str]] = {
    EMAIL: frozenset(
        ["email", "emailaddress", "emailaddresses", "emails", "mail", "mailaddress", "primaryemail", "workemail"]
    )
    | frozenset(
        ["emailadresse", "mailadresse", "adressemail", "courriel", "correo", "correoelectronico", "emailadres"]
    ),
    NAME: frozenset(
        ["name", "fullname", "contact", "contactname", "customer", "customername", "displayname", "requester", "person"]
    )
    | frozenset(["firstname", "givenname", "lastname", "surname", "familyname", "middlename"])
    | frozenset(
        [
            "vorname",
            "nachname",
            "familienname",
            "prenom",
            "nom",
            "nombre",
            "apellido",
            "apellidos",
            "voornaam",
            "achternaam",
            "naam",
        ]
    ),
    ORGANIZATION: frozenset(
        ["organization", "organisation", "company", "companyname", "account", "accountname", "employer"]
    )
    | frozenset(
        ["organizationname", "firma", "unternehmen", "societe", "entreprise", "empresa", "organizacion", "bedrijf"]
    ),
    DOMAIN: frozenset(
        ["domain", "maildomain", "emaildomain", "companydomain", "organizationdomain", "website", "domaine", "dominio"]
    ),
    NOTE: frozenset(
        [
            "note",
            "notes",
            "comment",
            "comments",
            "remark",
            "remarks",
            "notiz",
            "notizen",
            "bemerkung",
            "bemerkungen",
            "notas",
        ]
    ),
    NEW: frozenset(
        [
            "phone",
            "phonenumber",
            "telephone",
            "mobile",
            "mobilephone",
            "workphone",
            "tel",
            "telefon",
            "handy",
            "telefono",
        ]
    )
    | frozenset(
        ["externalid", "externalreference", "customerid", "customernumber", "contactid", "userid", "kundennummer", "id"]
    ),
}


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of contacts that there is."""

    id: int
    key: str
    label: str


def of_attribute(number: int) -> str:
    """What a column is marked with that says an attribute."""
    return f"{ATTRIBUTE}{number}"


def attribute_of(target: str) -> int | None:
    """The attribute that a column says, if it says one."""
    number = target.removeprefix(ATTRIBUTE)
    return int(number) if target.startswith(ATTRIBUTE) and number.isdecimal() else None


def guess(headings: Sequence[str], lines: Sequence[Line], attributes: Iterable[Attribute]) -> list[str]:
    """What each column may say, by its heading; where no heading speaks of mail, by what looks like an address."""
    own = {bare(words): of_attribute(one.id) for one in attributes for words in (one.key, one.label)}
    found: list[str] = []
    for heading in headings:
        word = bare(heading)
        target = own.get(word) or next((name for name, words in _WORDS.items() if _is_one(word, words)), NOTHING)
        found.append(target if target in OFTEN or target not in found else NOTHING)
    if EMAIL not in found:
        for place, target in enumerate(found):
            if target == NOTHING and _has_addresses(place, lines[:SAMPLE]):
                found[place] = EMAIL
                break
    return found


def bare(heading: str) -> str:
    """A heading without signs, spaces, accents, and small."""
    plain = unicodedata.normalize("NFKD", heading).casefold()
    return "".join(sign for sign in plain if sign.isalnum())


def key_of(heading: str, taken: Iterable[str]) -> str:
    """A key for a new attribute of this name that no other has."""
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode().lower()
    first = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:30] or "column"
    others, key, number = set(taken), first, 2
    while key in others:
        key, number = f"{first}_{number}", number + 1
    return key


def _is_one(word: str, words: frozenset[str]) -> bool:
    return word in words or word.rstrip("0123456789") in words


def _has_addresses(place: int, lines: Sequence[Line]) -> bool:
    said = [line.cells[place] for line in lines if place < len(line.cells) and line.cells[place].strip()]
    return bool(said) and all(addresses.normalised(words) for one in said for words in addresses.split(one))
