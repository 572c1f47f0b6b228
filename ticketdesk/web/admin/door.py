"""What all settings begin with: who asks, when, and that they may."""

from datetime import datetime
from typing import TypeVar, cast

from flask import Blueprint, g

from ticketdesk.core.actor import Actor
from ticketdesk.core.db import Base, db
from ticketdesk.core.errors import NotFound
from ticketdesk.web import auth

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

Row = TypeVar("Row", bound=Base)


@blueprint.before_request
def enter() -> None:
    """Nobody but administrators."""
    auth.require("settings.change")


@blueprint.context_processor
def moment() -> dict[str, datetime]:
    """Templates reckon with the same moment."""
    return {"now": now()}


def now() -> datetime:
    """The moment of this request."""
    return cast(datetime, g.now)


def me() -> Actor:
    """Who asks, as the doer of a change."""
    return auth.signed_in().actor


def find(model: type[Row], row_id: int) -> Row:
    """A row by its id; raises NotFound."""
    found = db.session.get(model, row_id)
    if found is None:
        raise NotFound
    return found
