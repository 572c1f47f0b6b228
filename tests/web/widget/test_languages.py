"""Visitors are spoken to in their language, from the first word to the last."""

import re
from collections.abc import Callable

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

from tests.people import World
from tests.web.widget.conftest import Browser
from tests.web.widget.wordlist import words
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core import catalogues
from ticketdesk.core.db import db
from ticketdesk.web.widget.language import chosen

Comes = Callable[..., Browser]
TRANSLATED = [language for language in catalogues.OFFERED if language != catalogues.SOURCE]
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def written(language: str) -> Catalog:
    with catalogues.path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def test_five_languages_are_offered() -> None:
    assert set(catalogues.OFFERED) >= {"en", "de", "es", "fr", "nl"}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_word_is_translated(language: str) -> None:
    known = {
        message.id if isinstance(message.id, str) else tuple(message.id): message
        for message in written(language)
        if message.id and not message.fuzzy
    }
    missing = {text: place for text, place in words().items() if text not in known or not known[text].string}
    assert missing == {}


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_filled_in_is_the_same(language: str) -> None:
    for message in written(language):
        wanted = sorted(PLACEHOLDER.findall(str(message.id)))
        found = message.string if isinstance(message.string, str) else " ".join(message.string)
        assert sorted(PLACEHOLDER.findall(found)) == wanted, message.id
        assert "%(" not in PLACEHOLDER.sub("", found), message.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_kept_that_nobody_says(language: str) -> None:
    said = set(words())
    assert [message.id for message in written(language) if message.id and message.id not in said] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_numbers_have_their_forms(language: str) -> None:
    catalogue = written(language)
    assert catalogue.num_plurals == len(set(map(catalogues.of(language).plural, range(100))))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("wanted", "accepted", "brand", "found"),
    [
        ((), [], "en_GB", "en_GB"),
        ((), ["de-AT", "en"], "en_GB", "de_AT"),
        ((), ["pl", "fr;q=0.5", "fr"], "en_GB", "fr"),
        ((), ["pl"], "pl_PL", "en"),
        ((), ["en"], "en_GB", "en_GB"),
        ((), ["en-US"], "en_GB", "en_US"),
        (("nl",), ["de"], "en_GB", "nl"),
        (("", "es"), ["de"], "en_GB", "es"),
        (("de-XX",), [], "en_GB", "de"),
        (("../../etc", "<script>", "de\x00"), ["fr"], "en_GB", "fr"),
        (("de-" + "x" * 500,), [], "en_GB", "en_GB"),
    ],
)
def test_the_language(wanted: tuple[str, ...], accepted: list[str], brand: str, found: str) -> None:
    assert chosen(brand, wanted, accepted) == found


@pytest.mark.parametrize(
    ("language", "word"),
    [
        ("en", "Write a message"),
        ("de", "Nachricht schreiben"),
        ("fr", "Écrire un message"),
        ("es", "Escriba un mensaje"),
        ("nl", "Schrijf een bericht"),
    ],
)
def test_the_frame_speaks_it(client: FlaskClient, widget: Widget, language: str, word: str) -> None:
    by_browser = client.get(f"/widget/{widget.key}", headers={"Accept-Language": f"{language};q=0.9, pl"})
    by_site = client.get(f"/widget/{widget.key}?locale={language}", headers={"Accept-Language": "pl"})
    for page in (by_browser, by_site):
        assert f'<html lang="{language}' in page.text
        assert word in page.text


def test_refusals_speak_it(comes: Comes, widget: Widget) -> None:
    widget.ask_name = "required"
    db.session.commit()
    browser = comes(name="Dana")
    answer = browser.client.post(f"/widget/{widget.key}/visits", headers={"Accept-Language": "de"}, data={})
    assert answer.status_code == 422
    assert answer.json == {
        "status": 422,
        "detail": "Bitte sagen Sie Ihren Namen.",
        "errors": {"name": ["Bitte sagen Sie Ihren Namen."]},
    }


def test_times_and_expectations_speak_it(world: World, comes: Comes) -> None:
    browser = comes()
    browser.says("Hallo")
    page = browser.client.get(
        f"/widget/{browser.key}/talk", headers={**browser.headers, "Accept-Language": "de-DE"}
    ).text
    assert "Gesendet" in page and "Sent" not in page


def test_other_pages_stay_as_they_are(world: World, client: FlaskClient) -> None:
    world.brand.locale = "de"
    db.session.commit()
    page = client.get("/", headers={"Accept-Language": "de"})
    assert "Hilfebereich" not in page.text and "Artikel" not in page.text
