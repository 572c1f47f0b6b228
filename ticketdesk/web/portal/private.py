"""Pages that are somebody's own are kept by nobody: not by search engines, and not by the history of a browser."""

from flask import Response, request

from ticketdesk.web.portal.door import blueprint

OWN = (
    "portal.ticket",
    "portal.my",
    "portal.sign_in",
    "portal.code",
    "portal.survey",
    "portal.answer_survey",
    "portal.leav",
    "portal.form_sent",
    "portal.embedded_form_sent",
)
"""How the names of their endpoints begin."""


@blueprint.after_request
def keep_private(response: Response) -> Response:
    """Say so in the answer.

    An address with a link's token goes to no other site (web.headers: same-origin). It is not withheld from our own
    pages, because browsers then hide the origin of the forms on it, by which forged requests are told from true ones.
    """
    if (request.endpoint or "").startswith(OWN):
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Cache-Control"] = "no-store"
    return response
