"""What a page is told after something that can be undone."""

from flask import url_for

from ticketdesk.web.texts import _


def told(words: str, undone_by: int | None) -> dict[str, object]:
    """The words, and with them the way back where there is a batch by which it can be undone."""
    return {"said": words} if undone_by is None else way_back(words, url_for("desk.undo", batch_id=undone_by))


def way_back(words: str, address: str, *, stays: bool = False) -> dict[str, object]:
    """The words with a button that posts to an address; a sheet that `stays` says more than they."""
    return {"undoable": {"said": words, "undo": _("Undo"), "address": address, "stays": stays}}
