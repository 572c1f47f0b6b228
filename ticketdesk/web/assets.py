"""Stylesheets, scripts and pictures, under an address that changes when they do.

The address carries a digest of everything served here, so that a browser may keep each file for good, and so that
modules and stylesheets reach each other by relative addresses.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, abort, request

blueprint = Blueprint("assets", __name__)

STATIC = Path(__file__).resolve().parents[1] / "static"
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
}
FOREVER = "public, max-age=31536000, immutable"
JOINED = ("css/app.css", "css/widget.css")
"""Stylesheets that only name others; a page asks for one of these, once."""
IMPORT = re.compile(rb'@import "([a-z-]+\.css)";')


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent, plain and packed."""

    kind: str
    body: bytes
    packed: bytes


@dataclass(frozen=True, slots=True)
class Shelf:
    """All files by name, and the digest that stands for all of them."""

    version: str
    assets: dict[str, Asset]


@cache
def shelf() -> Shelf:
    """Everything that is served, read once."""
    bodies = {
        str(path.relative_to(STATIC)): path.read_bytes()
        for path in sorted(STATIC.rglob("*"))
        if path.suffix in KINDS and path.is_file()
    }
    for name in JOINED:
        bodies[name] = _joined(bodies, name)
    bodies["vendor/htmx.min.js"] = _htmx().read_bytes()
    digest = hashlib.sha256()
    for name, body in sorted(bodies.items()):
        digest.update(f"{name} {len(body)}\n".encode() + body)
    assets = {
        name: Asset(KINDS[Path(name).suffix], body, gzip.compress(body, 9, mtime=0)) for name, body in bodies.items()
    }
    return Shelf(digest.hexdigest()[:12], assets)


@blueprint.get("/assets/<version>/<path:name>")
def file(version: str, name: str) -> Response:
    """One file; an address of an older release gets the present file, unkept."""
    asset = shelf().assets.get(name)
    if asset is None:
        abort(404)
    packs = request.accept_encodings.best_match(["gzip"]) == "gzip" and len(asset.packed) < len(asset.body)
    response = Response(asset.packed if packs else asset.body, content_type=asset.kind)
    if packs:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = FOREVER if version == shelf().version else "no-cache"
    return response


@blueprint.app_template_global("asset")
def address(name: str) -> str:
    """Where a page finds a file; written by hand, since a page asks for an icon a hundred times."""
    if name not in shelf().assets:
        raise LookupError(f"no such asset: {name}")
    return f"{request.script_root}/assets/{shelf().version}/{name}"


def _joined(bodies: dict[str, bytes], name: str) -> bytes:
    """A stylesheet with its imports replaced by the files they name."""
    return IMPORT.sub(lambda found: bodies[f"css/{found[1].decode()}"], bodies[name])


def _htmx() -> Path:
    """htmx 2 lies inside an installed package for another framework, which is found but never imported."""
    spec = find_spec("django_htmx")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the package django-htmx, which carries htmx, is not installed")
    return Path(spec.submodule_search_locations[0]) / "static" / "django_htmx" / "htmx-2.min.js"
