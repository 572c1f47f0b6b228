"""The page behind the bare address, for whoever happens to come by."""

from flask import Blueprint, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from ticketdesk.brands import brand

blueprint = Blueprint("start", __name__)


@blueprint.get("/")
def page() -> Response | str:
    """Agents go on to the desk; others learn where they are."""
    if current_user.is_authenticated:
        return redirect(url_for("desk.home"))
    return render_template("start.html", brand=brand.default_brand())
