"""What all reports begin with: who asks, when, and that they may."""

from datetime import datetime
from typing import cast

from flask import Blueprint, Response, g

from ticketdesk.accounts.agent import Agent
from ticketdesk.core import statements
from ticketdesk.web import auth

blueprint = Blueprint("supervisor", __name__, url_prefix="/supervisor")


@blueprint.before_request
def enter() -> None:
    """Supervisors see their teams', administrators all; what reports ask depends on its values."""
    auth.require("reports.read")
    statements.plan_anew()


@blueprint.context_processor
def moment() -> dict[str, datetime]:
    """Templates reckon with the same moment."""
    return {"now": now()}


def now() -> datetime:
    """The moment of this request."""
    return cast(datetime, g.now)


def me() -> Agent:
    """Who asks."""
    return auth.signed_in()


def as_file(content: bytes, name: str) -> Response:
    """A spreadsheet to be saved."""
    response = Response(content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
