"""The first brand, under which everything begins."""

from datetime import datetime

from ticketdesk.brands.brand import Brand, default_brand
from ticketdesk.core import audit
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid

LONGEST_NAME = 80


def name_company(name: str, by: Actor, at: datetime) -> Brand:
    """Call the default brand by this name, and make it when there is none; raises Invalid for an empty name."""
    plain = " ".join(name.split())
    if not 0 < len(plain) <= LONGEST_NAME:
        raise Invalid(f"Give a name of at most {LONGEST_NAME} letters.", "name")
    brand = default_brand()
    if brand is None:
        brand = Brand(name=plain, slug=_slug(plain), is_default=True, host_name=None, created_at=at)
        db.session.add(brand)
        db.session.flush()
        audit.note("brand_created", "brand", brand.id, by, at)
    elif brand.name != plain:
        brand.name = plain
        audit.note("brand_renamed", "brand", brand.id, by, at)
    return brand


def _slug(name: str) -> str:
    """The name as it may stand in an address."""
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in name.lower()).split()
    return "-".join(words)[:40] or "desk"
