"""In which form mail addresses are compared."""

from contextlib import suppress

LONGEST_DOMAIN = 253


def normal(address: str) -> str:
    """Lower-case, the domain in IDNA form, parts unfolded (SEMANTICS 2); what is no address is lower-case alone."""
    address = address.strip().lower()
    local, at, domain = address.rpartition("@")
    if not at:
        return address
    domain = domain.strip().rstrip(".")
    if not domain.isascii() and len(domain) <= LONGEST_DOMAIN:
        with suppress(UnicodeError):
            domain = domain.encode("idna").decode("ascii").lower()
    return f"{local.strip()}@{domain}"
