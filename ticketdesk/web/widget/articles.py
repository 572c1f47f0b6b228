"""What the help centre says to words that are being written, and one article, to be read beside the talk."""

from flask import render_template, request
from flask_babel import get_locale

from ticketdesk.accounts import throttling
from ticketdesk.core import markdown
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.knowledge import languages, reading
from ticketdesk.knowledge.article import Article
from ticketdesk.web import limits
from ticketdesk.web.portal import cookies
from ticketdesk.web.portal.help import VOTES
from ticketdesk.web.widget import door
from ticketdesk.web.widget.door import blueprint
from ticketdesk.web.widget.forms import HelpedForm

SUGGESTED = 3
PATIENCE_MS = 200
SHORTEST = 3
"""Letters below which nothing is looked for."""


@blueprint.get("/widget/<key>/articles")
def articles(key: str) -> str:
    """Articles in the visitor's language; in the brand's where there are none."""
    door.widget(key)
    question = request.args.get("q", "").strip()[: reading.LONGEST_QUESTION]
    return render_template("widget/_articles.html", found=_found(question) if len(question) >= SHORTEST else [])


@blueprint.get("/widget/<key>/articles/<slug>")
def article(key: str, slug: str) -> str:
    """One article; raises NotFound for none, and for one that is not published."""
    found = _article(key, slug)
    return render_template("widget/_article.html", article=found, body=markdown.article(found.body))


@blueprint.post("/widget/<key>/articles/<slug>/vote")
def vote(key: str, slug: str) -> tuple[str, int]:
    """Whether it answered what was to be asked; counted once for each browser, like a vote in the help centre."""
    found, form = _article(key, slug), HelpedForm()
    door.taken(form)
    if throttling.count(f"help:vote:{limits.source()}", cookies.HOUR, door.now()) <= VOTES:
        reading.vote(found, form.browser.data, form.helpful.data == "yes", door.now())
    db.session.commit()
    return "", 204


def _found(question: str) -> list[reading.Found]:
    theirs, brand = languages.of_locale(str(get_locale())), door.brand()
    ours = languages.of_locale(brand.locale)
    for language in dict.fromkeys([theirs, ours]):
        found = reading.search(brand.id, question, limit=SUGGESTED, patience_ms=PATIENCE_MS, language=language)
        if found:
            return found
    return []


def _article(key: str, slug: str) -> Article:
    door.widget(key)
    found = reading.article(door.brand().id, slug)
    if found is None:
        raise NotFound
    return found
