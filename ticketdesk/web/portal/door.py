"""What all pages for customers begin with: when, and under which brand."""

from datetime import datetime
from typing import cast

from flask import Blueprint, g

from ticketdesk.brands import brand as brands
from ticketdesk.brands.brand import Brand
from ticketdesk.core.errors import NotFound

blueprint = Blueprint("portal", __name__)


@blueprint.context_processor
def moment() -> dict[str, object]:
    """Templates reckon with the same moment, and speak under the brand of the request."""
    return {"now": now(), "brand": g.get("brand")}


def now() -> datetime:
    """The moment of this request."""
    return cast(datetime, g.now)


def brand() -> Brand:
    """The brand whose house this is; raises NotFound before any was made."""
    found = brands.default_brand()
    if found is None:
        raise NotFound
    return speak_for(found)


def speak_for(found: Brand) -> Brand:
    """Let the page of this request have a brand's language and clock; before anything of it is written."""
    g.brand = found
    return found
