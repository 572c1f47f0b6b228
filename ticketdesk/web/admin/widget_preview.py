"""How a chat would look: the real frame with words of our own, on the page of a shop that is none."""

from datetime import datetime, timedelta

from flask import Response, make_response, render_template, request
from sqlalchemy import select

from ticketdesk.brands.brand import Brand, default_brand
from ticketdesk.channels.chat import widgets as verbs
from ticketdesk.channels.chat.widget import ASKING, POSITIONS, Widget
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.web import headers
from ticketdesk.web.admin import door
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.desk import words
from ticketdesk.web.texts import _
from ticketdesk.web.widget.entries import Entry, Side

THEMES = ("light", "dark")
SHOWN = ("brand_id", "title", "greeting", "away_text", "ask_name", "ask_email", "position", "theme", "closed")


@blueprint.get("/widgets/preview")
def widget_shop() -> Response:
    """The page around it."""
    query = {name: request.args[name] for name in SHOWN if name in request.args}
    page = "admin/widget_shop.html"
    return _framed(render_template(page, widget=_widget(), brand=_brand(), theme=_chosen("theme", THEMES), query=query))


@blueprint.get("/widgets/preview/chat")
def widget_sample() -> Response:
    """The chat itself, with what somebody might say in it."""
    return _framed(
        render_template(
            "widget/frame.html",
            widget=_widget(),
            brand=_brand(),
            theme=_chosen("theme", THEMES),
            sample=True,
            is_open=request.args.get("closed") is None,
            answer=_("Usually answers within %(span)s", span=_("2 minutes")),
            entries=_talk(door.now()),
        )
    )


def _widget() -> Widget:
    """What stands in the form by now; it is never stored."""
    return Widget(
        key="",
        origins=[],
        title=_text("title", verbs.LONGEST_TITLE),
        greeting=_text("greeting", verbs.LONGEST_TEXT),
        away_text=_text("away_text", verbs.LONGEST_TEXT),
        ask_name=_chosen("ask_name", ASKING),
        ask_email=_chosen("ask_email", ASKING),
        position=_chosen("position", POSITIONS),
    )


def _brand() -> Brand:
    number = request.args.get("brand_id", "")
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    brand = db.session.scalar(select(Brand).where(Brand.id == wanted)) or default_brand()
    if brand is None:
        raise NotFound
    return brand


def _text(name: str, longest: int) -> str:
    return request.args.get(name, "").replace("\x00", "").strip()[:longest]


def _chosen(name: str, offered: tuple[str, ...]) -> str:
    said = request.args.get(name, "")
    return said if said in offered else offered[0]


def _talk(now: datetime) -> list[Entry]:
    return [
        _entry(1, "visitor", _("You"), _("The armrest of my bench came loose. Can I order it singly?"), now),
        _entry(2, "agent", "Ines", _("You can, and it is free within five years. Shall I send one?"), now),
    ]


def _entry(seq: int, side: Side, author: str, text: str, now: datetime) -> Entry:
    return Entry(
        seq=seq,
        key=str(seq),
        side=side,
        author=author,
        initials=author[:1],
        at=now - timedelta(minutes=3 - seq),
        markdown=None,
        paragraphs=words.paragraphs(text),
        files=[],
    )


def _framed(page: str) -> Response:
    """Shown in a frame of the settings, so our own pages may hold it."""
    response = make_response(page)
    policy = headers.policy(headers.nonce()).replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    response.headers["Content-Security-Policy"] = policy
    return response
