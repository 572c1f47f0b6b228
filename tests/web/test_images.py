"""Pictures of the internet through us: signed, checked, kept, and never fetched for anybody else."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.core.test_pictures import gif, png
from tests.people import World
from tests.web.desk.conftest import Browser, Write, alice, browser, htmx, write  # noqa: F401  # fixtures
from ticketdesk.channels.email import remote_pictures
from ticketdesk.channels.email.remote_pictures import RemotePicture
from ticketdesk.core import clock, html, outgoing, storage_sweep
from ticketdesk.core.db import db
from ticketdesk.core.outgoing import Moved, Unreachable
from ticketdesk.core.storage import Blob
from ticketdesk.tickets import redacting
from ticketdesk.web import images

URL = "https://shop.test/chair.png?for=dana"
BODY = f'<p>Look:</p><img src="{URL}" width="300"><img src="https://track.test/o.gif" width="1" height="1">'


class Internet:
    """What stands at which address, and what was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | Exception] = {URL: png(300, 200)}
        self.asked: list[str] = []

    def get(self, url: str, accept: str = "", *, largest: int = 0, **_rest: Any) -> bytes:
        """As outgoing.get."""
        self.asked.append(url)
        page = self.pages.get(url, Unreachable("Nobody answers there."))
        if isinstance(page, Exception):
            raise page
        return page


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    found = Internet()
    monkeypatch.setattr(outgoing, "get", found.get)
    return found


@pytest.fixture
def mail(write: Write) -> Any:  # noqa: F811
    facts = {"rich": True, "pictures": 1, "traces": 1}
    return write("Look:", html=html.clean(BODY), cleaner_version=html.CLEANER_VERSION, facts=facts)


def address(app: Flask, message_id: int, url: str = URL) -> str:
    with app.test_request_context():
        return images.address(message_id, url)


def test_pictures_are_shown_only_when_asked_for_and_only_through_us(
    alice: FlaskClient,  # noqa: F811
    browser: Browser,  # noqa: F811
    mail: Any,
    internet: Internet,
) -> None:
    at = f"/desk/tickets/{mail.ticket.number}/messages/{mail.message.id}"
    page = alice.get(f"/desk/tickets/{mail.ticket.number}").text
    assert "Show pictures" in page and "One hidden tracking picture is never fetched." in page
    assert "shop.test" not in page and "shop.test" not in alice.get(f"{at}/sheet").text
    shown = alice.post(f"{at}/pictures", data={"of": "message"}, headers=htmx())
    assert shown.status_code == 200 and "Hide pictures" in shown.text
    sheet = alice.get(f"{at}/sheet")
    assert "/images/" in sheet.text and 'src="https://' not in sheet.text and "track.test" not in sheet.text
    assert "https:" not in sheet.headers["Content-Security-Policy"]
    assert "/images/" not in browser("bob").get(f"{at}/sheet").text, "one agent's choice is not another's"
    assert alice.delete(f"{at}/pictures", headers=htmx()).status_code == 200
    assert "/images/" not in alice.get(f"{at}/sheet").text
    assert internet.asked == []


def test_a_sender_may_be_trusted_for_what_comes_later(alice: FlaskClient, mail: Any, write: Write) -> None:  # noqa: F811
    at = f"/desk/tickets/{mail.ticket.number}/messages"
    assert alice.post(f"{at}/{mail.message.id}/pictures", data={"of": "sender"}).status_code == 303
    later = write("Again", mail.ticket, html=html.clean(BODY), cleaner_version=2, facts={"pictures": 1})
    assert "/images/" in alice.get(f"{at}/{later.message.id}/sheet").text
    assert alice.post(f"{at}/{mail.message.id}/pictures", data={"of": "everybody"}).status_code == 422


def test_the_signature_is_the_right_and_needs_no_cookie(
    app: Flask, client: FlaskClient, mail: Any, internet: Internet
) -> None:
    answer = client.get(address(app, mail.message.id))
    assert (answer.status_code, answer.content_type) == (200, "image/png")
    assert answer.data == internet.pages[URL]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == remote_pictures_life()
    assert client.get(address(app, mail.message.id)).status_code == 200
    assert internet.asked == [URL], "the second look is answered from what was kept"


def remote_pictures_life() -> str:
    return images.LIFE


def test_an_address_that_was_changed_shows_nothing(
    app: Flask, client: FlaskClient, mail: Any, internet: Internet
) -> None:
    right = address(app, mail.message.id)
    path, _, query = right.partition("?")
    _, _, number, until, proof = path.split("/")
    rest = f"{proof}?{query}"
    other = "A" if proof[0] != "a" else "b"
    for wrong in (
        f"/images/{int(number) + 1}/{until}/{rest}",
        f"/images/{number}/{int(until) + 1}/{rest}",
        f"/images/{number}/{until}/{other}{proof[1:]}?{query}",
        f"/images/{number}/{until}/{proof}?of=https://evil.test/",
        f"/images/{number}/{until}/{proof}",
        f"/images/{number}/{until}/x?{query}",
    ):
        assert client.get(wrong).status_code == 404, wrong
    assert internet.asked == []


def test_links_end_with_their_days_and_with_their_message(
    app: Flask, client: FlaskClient, mail: Any, internet: Internet, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, now = address(app, mail.message.id), clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=3))
    assert client.get(link).status_code == 404
    monkeypatch.setattr(clock, "now", lambda: now)
    redacting.redact(mail.message.id, world.ada.actor, now)
    db.session.commit()
    assert client.get(link).status_code == 404
    assert internet.asked == []


@pytest.mark.parametrize(
    "found",
    [b"<svg onload=alert(1)>", b"<html>", png(60_000, 60_000), gif(1, 1), Unreachable("It leads into a private net.")],
)
def test_what_is_no_picture_to_be_seen_is_not_handed_on_nor_asked_for_again_soon(
    app: Flask, client: FlaskClient, mail: Any, internet: Internet, found: bytes | Exception
) -> None:
    internet.pages[URL] = found
    for _ in range(2):
        assert client.get(address(app, mail.message.id)).status_code == 404
    assert internet.asked == [URL]
    assert db.session.scalars(select(RemotePicture.problem)).one()


def test_each_step_of_a_redirect_is_looked_at_anew_and_they_end(
    app: Flask, client: FlaskClient, mail: Any, internet: Internet
) -> None:
    internet.pages[URL] = Moved("/big.png")
    internet.pages["https://shop.test/big.png"] = Moved("http://10.0.0.1/x.png")
    internet.pages["http://10.0.0.1/x.png"] = Unreachable("It leads into a private network, where we fetch nothing.")
    assert client.get(address(app, mail.message.id)).status_code == 404
    assert internet.asked[-1] == "http://10.0.0.1/x.png"
    round_and_round = "https://shop.test/round"
    internet.pages[round_and_round] = Moved("/round")
    assert client.get(address(app, mail.message.id, round_and_round)).status_code == 404
    assert internet.asked.count(round_and_round) == remote_pictures.MOST_HOPS + 1


@pytest.mark.parametrize("url", ["http://127.0.0.1/x.png", "http://169.254.169.254/", "http://[::1]/", "ftp://x/", "x"])
def test_no_private_place_is_ever_asked(app: Flask, client: FlaskClient, mail: Any, url: str) -> None:
    assert client.get(address(app, mail.message.id, url)).status_code == 404


def test_what_was_kept_is_forgotten_with_its_bytes(
    app: Flask, client: FlaskClient, mail: Any, internet: Internet
) -> None:
    client.get(address(app, mail.message.id))
    later = clock.now() + remote_pictures.KEPT + timedelta(minutes=1)
    assert remote_pictures.forget_old(later) == 1
    storage_sweep.sweep(later)
    assert db.session.scalars(select(Blob.size).where(Blob.size == len(internet.pages[URL]))).all() == []
    assert db.session.scalar(select(func.count()).select_from(RemotePicture)) == 0
