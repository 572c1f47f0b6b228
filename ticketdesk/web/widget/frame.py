"""The script that a site puts into its page, and the frame which that script opens."""

from urllib.parse import urlsplit

from flask import Response, current_app, make_response, render_template

from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core.config import Config
from ticketdesk.web import assets, headers
from ticketdesk.web.widget import door, hours
from ticketdesk.web.widget.door import blueprint

LOADER = "js/widget-loader.js"
PLACE = b"__PUBLIC_URL__"
KEPT = "public, max-age=300"


@blueprint.get("/widget.js")
def loader() -> Response:
    """The loader, which any site may run."""
    config: Config = current_app.extensions["ticketdesk.config"]
    body = assets.shelf().assets[LOADER].body.replace(PLACE, config.public_url.encode())
    response = Response(body, content_type=assets.KINDS[".js"])
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = KEPT
    return response


@blueprint.get("/widget/<key>")
def frame(key: str) -> Response:
    """The page in the frame; only the listed sites may show it, and we ourselves to try it."""
    widget = door.widget(key)
    opening = hours.of(widget, door.now())
    response = make_response(
        render_template(
            "widget/frame.html",
            widget=widget,
            brand=door.brand(),
            opening=opening,
            is_open=opening.is_open,
            next_opening=opening.next_opening,
            answer=opening.answer,
            expected=opening.expected,
        )
    )
    response.headers["Content-Security-Policy"] = policy(widget)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def policy(widget: Widget) -> str:
    """The content policy of our own pages, but for who may frame it; pictures of the talk are shown from memory."""
    config: Config = current_app.extensions["ticketdesk.config"]
    own = urlsplit(config.public_url)
    socket = f"{'wss' if own.scheme == 'https' else 'ws'}://{own.netloc}"
    found = headers.policy(headers.nonce())
    found = found.replace("img-src 'self' data:", "img-src 'self' data: blob:")
    found = found.replace("frame-ancestors 'none'", " ".join(["frame-ancestors 'self'", *widget.origins]))
    return f"{found}; connect-src 'self' {socket}"
