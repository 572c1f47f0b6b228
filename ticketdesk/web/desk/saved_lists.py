"""The list of a saved view: its rows with what they show besides, and what is to be said about it."""

from dataclasses import replace

from ticketdesk.core.fulltext import TooSlow, bounded
from ticketdesk.tickets import saved_views
from ticketdesk.tickets.saved_view import SavedView
from ticketdesk.web.desk import door, listing, view_columns, view_gone, views
from ticketdesk.web.desk.listing import Page
from ticketdesk.web.desk.views import View
from ticketdesk.web.texts import _

PATIENCE_MS = 3_000


def page(view: View, saved: SavedView, after: str | None) -> tuple[Page, list[str]]:
    """One page of a view that was put together, and sentences about it; one that takes too long says so."""
    me, now = door.me(), door.now()
    remarks = view_gone.remarks(saved_views.wanted(saved).conditions)
    try:
        with bounded(PATIENCE_MS):
            shown = listing.page(views.tickets(view, me, now), me, now, after, order=view.order)
    except TooSlow:
        return Page([], None), [_("This view takes too long. Add a condition that few tickets fulfil."), *remarks]
    facts = view_columns.facts([row.id for row in shown.rows], saved.columns, me, now)
    return Page([replace(row, facts=facts.get(row.id, ())) for row in shown.rows], shown.after), remarks
