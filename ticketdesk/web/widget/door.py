"""What all doors of the widget begin with: which widget, who visits, and when."""

import re
from datetime import datetime
from typing import Any, cast

from flask import Blueprint, Response, g, jsonify, request
from flask_babel import refresh
from werkzeug.exceptions import Unauthorized

from ticketdesk.brands.brand import Brand
from ticketdesk.channels.chat import visiting
from ticketdesk.channels.chat import widget as widgets
from ticketdesk.channels.chat.visiting import TooFast
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core import catalogues
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, NotFound, Refused
from ticketdesk.web import errors
from ticketdesk.web.forms import Form
from ticketdesk.web.texts import _
from ticketdesk.web.widget import language

blueprint = Blueprint("widget", __name__)

SCHEME = "bearer "
KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
WAIT = 60
"""Seconds after which whoever was too fast may try again."""


@blueprint.context_processor
def moment() -> dict[str, datetime]:
    """Templates reckon with the same moment."""
    return {"now": now()}


@blueprint.errorhandler(Refused)
def refused(refusal: Refused) -> Response:
    """Scripts ask here, so a refusal is JSON: words by the name of their field, and one sentence for all of it."""
    if isinstance(refusal, TooFast):
        status = 429
    else:
        status = next((code for kind, code in errors.STATUS.items() if isinstance(refusal, kind)), 400)
    told: dict[str, Any] = {"status": status}
    if status != 404:
        told["detail"] = _(str(refusal))
    if isinstance(refusal, Invalid) and refusal.field is not None:
        told["errors"] = {refusal.field: [told["detail"]]}
    db.session.rollback()
    response = jsonify(told)
    response.status_code = status
    if status == 429:
        response.headers["Retry-After"] = str(WAIT)
    return response


def now() -> datetime:
    """The moment of this request."""
    return cast(datetime, g.now)


def widget(key: str) -> Widget:
    """The widget that a site names; the visitor's language and its brand's clock hold.

    Raises NotFound, for one out of use too.
    """
    named = widgets.with_key(key) if KEY.fullmatch(key) else None
    if named is None:
        raise NotFound
    _speak(*named)
    return named[0]


def _speak(found: Widget, under: Brand) -> None:
    g.brand = under
    wanted = (request.args.get("locale", ""), found.locale)
    g.locale = language.chosen(g.brand.locale, wanted, request.accept_languages.values())
    refresh()
    catalogues.speak()


def brand() -> Brand:
    """Under whose name the widget speaks."""
    return cast(Brand, g.brand)


def visitor(of: Widget, *, locked: bool = False) -> Visitor:
    """Who asks, by the secret that their browser got here, locked if something will be said; raises Unauthorized."""
    found = visiting.find(of, _secret(), locked=locked)
    if found is None:
        raise Unauthorized
    return found


def here(key: str, *, locked: bool = False) -> tuple[Widget, Visitor]:
    """As `widget` and `visitor`, in one question as a rule: it is asked for every word of a chat."""
    secret = _secret()
    known = visiting.find_at(key, secret, locked=locked) if KEY.fullmatch(key) and secret else None
    if known is None:
        named = widget(key)
        return named, visitor(named, locked=locked)
    found, named, under = known
    _speak(named, under)
    return named, found


def _secret() -> str:
    said = request.headers.get("Authorization", "")
    return said[len(SCHEME) :].strip() if said[: len(SCHEME)].lower() == SCHEME else ""


def taken(form: Form) -> None:
    """Raises Invalid with the first thing in a form that does not fit."""
    if form.validate():
        return
    for field in form:
        if field.errors:
            raise Invalid(str(field.errors[0]), field.name)
    raise Invalid(str(form.form_errors[0]))
