"""Searching the desk."""

from ticketdesk.web.desk import showing, views
from ticketdesk.web.desk.door import blueprint


@blueprint.get("/search")
def search() -> str:
    """What a few words find, beside nothing opened."""
    return showing.page(views.SEARCH)
