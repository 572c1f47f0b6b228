"""The page of one ticket, opened by its link without any account: whoever has the link may read, answer and solve."""

from flask import Response as FileResponse
from flask import request
from werkzeug.wrappers import Response

from ticketdesk.web.portal import looking, talking
from ticketdesk.web.portal.door import blueprint


@blueprint.get("/t/<token>")
def ticket(token: str) -> Response:
    """The ticket, or what is new in it for a page that is open."""
    found = looking.by_link(token)
    return talking.news(found, request.args["after"]) if "after" in request.args else talking.page(found)


@blueprint.post("/t/<token>/answers")
def ticket_answer(token: str) -> Response:
    """Add to it."""
    return talking.answer(looking.by_link(token))


@blueprint.post("/t/<token>/resolution")
def ticket_solve(token: str) -> Response:
    """Say that it is done."""
    return talking.solve(looking.by_link(token))


@blueprint.post("/t/<token>/reopening")
def ticket_reopen(token: str) -> Response:
    """Say that it is not."""
    return talking.reopen(looking.by_link(token))


@blueprint.get("/t/<token>/files/<reference>")
def ticket_file(token: str, reference: str) -> FileResponse:
    """One of its files."""
    return talking.file(looking.by_link(token), reference)
