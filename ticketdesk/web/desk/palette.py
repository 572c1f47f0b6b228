"""The command palette: what a few words find while they are typed, beside what can be done on the page."""

from dataclasses import replace

from flask import render_template
from flask_babel import get_timezone

from ticketdesk.brands.brand import default_brand
from ticketdesk.core.fulltext import TooSlow, bounded
from ticketdesk.knowledge import reading
from ticketdesk.tickets import search_query, searching
from ticketdesk.web.desk import contact_rows, door, found
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.listing import Row

MOST_TICKETS = 6
MOST_CONTACTS = 4
MOST_ARTICLES = 3
LEAST = 3
"""Letters from which contacts are looked for: fewer are in nearly every name."""
PATIENCE_MS = 400
"""For each search: whoever types on asks again at once."""
LONGEST_NUMBER = 10


@blueprint.get("/palette")
def palette() -> str:
    """Tickets, contacts and articles that have the words; nothing where a search takes too long."""
    question, brand = found.question(), default_brand()
    articles = (
        reading.search(brand.id, question, limit=MOST_ARTICLES, patience_ms=PATIENCE_MS) if brand is not None else []
    )
    return render_template(
        "desk/_palette_found.html", tickets=_tickets(question), contacts=_contacts(question), articles=articles
    )


def _tickets(question: str) -> list[Row]:
    """The best few; a number alone is that ticket's before it is a word."""
    is_number = question.isascii() and question.isdecimal() and len(question) < LONGEST_NUMBER
    asked = [f"#{question}", question] if is_number else [question]
    for words in asked:
        query = search_query.understand(words)
        try:
            hits = searching.search(query, door.me(), door.now(), get_timezone(), patience_ms=PATIENCE_MS)
        except TooSlow:
            return []
        if hits.hits:
            return found.rows(replace(hits, hits=hits.hits[:MOST_TICKETS]))
    return []


def _contacts(question: str) -> list[contact_rows.Row]:
    """The first few in whose name, address or organization the words are."""
    if len(question) < LEAST:
        return []
    try:
        with bounded(PATIENCE_MS):
            return contact_rows.page(door.me(), question, None).rows[:MOST_CONTACTS]
    except TooSlow:
        return []
