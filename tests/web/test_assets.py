"""Stylesheets, scripts and pictures as they are served."""

import gzip
import re
from collections import defaultdict

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ticketdesk import ROOT
from ticketdesk.web import assets


def address(name: str, version: str | None = None) -> str:
    return f"/assets/{version or assets.shelf().version}/{name}"


def test_a_file_is_kept_for_good(client: FlaskClient) -> None:
    answer = client.get(address("js/desk.js"))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"].startswith("text/javascript")


def test_an_address_of_an_older_release_is_not_kept(client: FlaskClient) -> None:
    answer = client.get(address("js/desk.js", "000000000000"))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


def test_what_can_be_packed_is_packed(client: FlaskClient) -> None:
    plain = client.get(address("css/app.css"))
    packed = client.get(address("css/app.css"), headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3


def test_every_component_stands_in_a_stylesheet_that_pages_load() -> None:
    pages = "".join(path.read_text() for path in (assets.STATIC.parents[1] / "templates").rglob("*.html"))
    loaded = set(re.findall(r"""asset\(['"](css/[\w-]+\.css)['"]\)""", pages))
    assert loaded == {"css/app.css", "css/widget.css", "css/shop.css"}
    sheets = {name: assets.shelf().assets[name].body.decode() for name in loaded}
    for name, joined in sheets.items():
        assert "@import" not in joined, name
    for path in (assets.STATIC / "css").glob("*.css"):
        if f"css/{path.name}" not in loaded:
            assert any(path.read_text() in joined for joined in sheets.values()), path.name


def test_every_module_that_is_imported_is_there() -> None:
    names = set(assets.shelf().assets)
    for name, asset in assets.shelf().assets.items():
        if name.startswith("js/"):
            for wanted in re.findall(r'(?:from|import) "\./([\w-]+\.js)"', asset.body.decode()):
                assert f"js/{wanted}" in names, (name, wanted)


def test_every_icon_that_is_used_is_drawn() -> None:
    drawn = set(re.findall(r'id="i-([\w-]+)"', assets.shelf().assets["img/icons.svg"].body.decode()))
    templates = assets.STATIC.parents[1] / "templates"
    for path in templates.rglob("*.html"):
        for name in re.findall(r'\bicon\("([\w-]+)"', path.read_text()):
            assert name in drawn, (path.name, name)


def test_there_is_nothing_else(client: FlaskClient) -> None:
    for name in ("../desk/door.py", "css/none.css", "%2e%2e/desk/door.py", "css/"):
        assert client.get(address(name)).status_code == 404


def test_a_name_that_is_not_there_is_a_mistake(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(LookupError, match=r"img/none\.png"):
        assets.address("img/none.png")


def test_a_component_has_its_rule_in_one_file() -> None:
    """Two files that give the same name a look of its own undo each other wherever both are loaded."""
    folder = ROOT / "ticketdesk/static/css"
    owners: dict[str, set[str]] = defaultdict(set)
    for file in folder.glob("*.css"):
        for name in re.findall(r"^  (\.td-[a-z0-9-]+) \{", file.read_text(), re.MULTILINE):
            owners[name].add(file.name)
    assert {name: files for name, files in owners.items() if len(files) > 1} == {}
