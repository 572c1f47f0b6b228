"""Brands are made, given a look, and one of them is the default."""

import re
from dataclasses import dataclass
from datetime import datetime

from babel import Locale, UnknownLocaleError
from sqlalchemy import ColumnElement, select, update

from ticketdesk.brands import colours, pictures
from ticketdesk.brands.brand import Brand
from ticketdesk.core import audit, rows, storage
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.core.locales import zones

LONGEST_NAME = 80
LONGEST_SLUG = 40
LARGEST_LOGO = 512 * 1024
"""Bytes."""
LARGEST_SIDE = 4000
"""Pixels."""
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HOST = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Setup:
    """How a brand presents itself."""

    name: str
    slug: str
    locale: str = "en"
    timezone: str = "UTC"
    colour: str = "#6b2c64"
    host_name: str = ""


def create(setup: Setup, by: Actor, at: datetime) -> Brand:
    """A new brand, the default one when it is the first; raises Invalid."""
    values = _checked(setup, None)
    is_first = db.session.scalar(select(Brand.id).where(Brand.is_default)) is None
    brand = Brand(is_default=is_first, created_at=at, **values)
    db.session.add(brand)
    db.session.flush()
    audit.note("brand_created", "brand", brand.id, by, at)
    return brand


def lock(brand_id: int) -> Brand:
    """The brand, held until the end of the transaction; raises NoResultFound."""
    return rows.held(Brand, brand_id)


def change(brand: Brand, setup: Setup, by: Actor, at: datetime) -> None:
    """Let a brand present itself in another way; raises Invalid."""
    brand = lock(brand.id)
    changed = rows.apply(brand, _checked(setup, brand.id))
    if changed:
        audit.note("brand_changed", "brand", brand.id, by, at, {"changed": changed})


def make_default(brand: Brand, by: Actor, at: datetime) -> None:
    """Let this brand stand where none is named: the help centre, new queues."""
    brand = lock(brand.id)
    if not brand.is_default:
        db.session.execute(update(Brand).where(Brand.is_default).values(is_default=False))
        brand.is_default = True
        audit.note("brand_made_default", "brand", brand.id, by, at)


def give_logo(brand: Brand, content: bytes, by: Actor, at: datetime) -> None:
    """Show this picture beside the name; raises Invalid for what is no picture, or too large a one."""
    brand = lock(brand.id)
    if len(content) > LARGEST_LOGO:
        raise Invalid(f"The picture is too large: at most {LARGEST_LOGO // 1024} KB.", "logo")
    picture = pictures.look(content)
    if picture is None:
        raise Invalid("This is no picture that can be shown. Choose a PNG, JPEG or WebP file.", "logo")
    if max(picture.width, picture.height) > LARGEST_SIDE:
        raise Invalid(f"The picture has too many pixels: at most {LARGEST_SIDE} on each side.", "logo")
    brand.logo_sha256 = storage.keep(content, at)
    brand.logo_width, brand.logo_height = picture.width, picture.height
    audit.note("brand_logo_given", "brand", brand.id, by, at)


def remove_logo(brand: Brand, by: Actor, at: datetime) -> None:
    """Show the name alone."""
    brand = lock(brand.id)
    if brand.logo_sha256 is not None:
        brand.logo_sha256, brand.logo_width, brand.logo_height = None, None, None
        audit.note("brand_logo_removed", "brand", brand.id, by, at)


def _checked(setup: Setup, brand_id: int | None) -> dict[str, str | None]:
    """What is to be stored; raises Invalid naming the field."""
    name, slug = " ".join(setup.name.split()), setup.slug.strip().lower()
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid(f"Give a name of at most {LONGEST_NAME} letters.", "name")
    if len(slug) > LONGEST_SLUG or _SLUG.fullmatch(slug) is None:
        raise Invalid("Use small letters, digits and single dashes, as in harbour-pine.", "slug")
    if _taken(Brand.slug == slug, brand_id):
        raise Invalid("Another brand has this address.", "slug")
    if not _is_locale(setup.locale):
        raise Invalid("Choose one of the languages offered.", "locale")
    if setup.timezone not in zones():
        raise Invalid("Choose one of the time zones offered.", "timezone")
    host = setup.host_name.strip().lower().rstrip(".") or None
    if host is not None and (len(host) > 253 or _HOST.fullmatch(host) is None):
        raise Invalid("Write the host alone, as in help.example.com.", "host_name")
    if host is not None and _taken(Brand.host_name == host, brand_id):
        raise Invalid("Another brand has this host.", "host_name")
    return {
        "name": name,
        "slug": slug,
        "locale": setup.locale,
        "timezone": setup.timezone,
        "colour": _colour(setup.colour),
        "host_name": host,
    }


def _colour(given: str) -> str:
    colour = given.strip().lower()
    if not colours.is_colour(colour):
        raise Invalid("Write the colour as six hexadecimal digits, as in #22483b.", "colour")
    if colours.fits(colour):
        return colour
    better = colours.nearest(colour)
    if colours.contrast(colours.words_on(colour), colour) < colours.TEXT:
        raise Invalid(
            f"Neither white nor dark words can be read well on it. The nearest that works is {better}.", "colour"
        )
    raise Invalid(f"It is too pale to be told from a white page. The nearest that works is {better}.", "colour")


def _taken(condition: ColumnElement[bool], brand_id: int | None) -> bool:
    found = db.session.scalar(select(Brand.id).where(condition))
    return found is not None and found != brand_id


def _is_locale(name: str) -> bool:
    try:
        return str(Locale.parse(name)) == name
    except (UnknownLocaleError, ValueError):
        return False
