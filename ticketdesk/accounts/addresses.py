"""The address an agent signs in with, in the one form in which it is kept and compared."""

import re

from ticketdesk.core.errors import Invalid

LONGEST = 254
_PLAIN = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,20}[a-z0-9-]{1,63}")


def normalised(email: str) -> str:
    """Lower-case with the domain in IDNA form; raises Invalid for what is not one plain address."""
    local, at, domain = email.strip().lower().rpartition("@")
    if at and not domain.isascii() and len(domain) <= LONGEST:
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            raise Invalid("This is not an email address.", "email") from None
    address = f"{local}@{domain}"
    if len(address) > LONGEST or not _PLAIN.fullmatch(address):
        raise Invalid("This is not an email address.", "email")
    return address
