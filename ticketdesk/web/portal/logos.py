"""A brand's logo: a picture whose bytes were read before it was kept, under an address that changes with it."""

from flask import Response
from sqlalchemy import select

from ticketdesk.brands.brand import Brand
from ticketdesk.core import storage
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.web import files
from ticketdesk.web.portal.door import blueprint

FOREVER = "public, max-age=31536000, immutable"


@blueprint.get("/brands/<slug>/logo/<version>")
def logo(slug: str, version: str) -> Response:
    """The picture; another one has another version."""
    found = db.session.scalar(select(Brand.logo_sha256).where(Brand.slug == slug))
    if found is None or found[:12] != version:
        raise NotFound
    try:
        answer = files.shown(storage.read(found), "logo")
    except FileNotFoundError:
        raise NotFound from None
    answer.headers["Cache-Control"] = FOREVER
    return answer
