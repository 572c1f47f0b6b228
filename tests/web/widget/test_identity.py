"""The doors of signed visitors: recognised, refused in few words, signed out; and what a page says of them."""

import hmac
import json
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.channels.chat.talks import answers, widget_of
from tests.people import World, sign_in
from tests.web.widget.conftest import Browser
from ticketdesk.channels.chat import widget_secrets
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.surveys import settings
from ticketdesk.surveys.answer import SurveyAnswer
from ticketdesk.surveys.settings import Rules
from ticketdesk.tickets import progress

Comes = Callable[..., Browser]


@pytest.fixture
def secret(widget: Widget) -> str:
    """What the site's server signs with."""
    _row, plain = widget_secrets.make(widget, SYSTEM, clock.now())
    db.session.commit()
    return plain


def token(secret: str, sub: str = "42", minutes: int = 60, **claims: object) -> str:
    """As the site's server would make it."""
    said = {"sub": sub, "exp": clock.now() + timedelta(minutes=minutes), **claims}
    return jwt.encode(said, secret, algorithm="HS256")


def recognised(browser: Browser, **proof: str) -> Browser:
    """The same browser, whose page shows a proof."""
    answer = browser.post("identity", **proof)
    assert answer.status_code in (200, 201), answer.text
    return Browser(browser.client, browser.key, json.loads(answer.text)["token"] or browser.token)


def test_a_token_recognises_and_a_talk_follows_to_another_device(comes: Comes, secret: str) -> None:
    laptop = recognised(Browser(comes().client, comes().key), user_token=token(secret, name="Dana"))
    laptop.says("From the laptop")
    phone = recognised(comes(), user_token=token(secret))
    assert "From the laptop" in phone.get("talk").text
    assert "td-chat__row--out" in phone.get("talk").text, "one's own words stand on one's own side"
    again = phone.post("identity", user_token=token(secret))
    assert (again.status_code, json.loads(again.text)) == (200, {"token": None, "name": "Dana", "email": ""})
    assert again.headers["Cache-Control"] == "no-store"


def test_a_hash_recognises_too(comes: Comes, secret: str) -> None:
    proof = hmac.new(secret.encode(), b"42", "sha256").hexdigest()
    browser = recognised(comes(), user_id="42", user_hash=proof, name="Dana", email="dana@customer.example")
    assert browser.visitor.external_id is not None and browser.visitor.external_id.endswith(":42")
    assert (browser.visitor.name, browser.visitor.signed_email) == ("Dana", None)


def test_what_was_written_a_moment_ago_stays_and_its_old_secret_is_void(comes: Comes, secret: str) -> None:
    nobody = comes()
    nobody.says("Before signing in")
    dana = recognised(nobody, user_token=token(secret))
    assert "Before signing in" in dana.get("talk").text
    assert "td-chat__row--out" in dana.get("talk").text
    assert nobody.get("talk").status_code == 401


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda secret: token("x" * 43), "signature"),
        (lambda secret: token(secret, minutes=-5), "expired"),
        (lambda secret: token(secret, aud="another"), "other_audience"),
        (lambda secret: "rubbish", "malformed"),
        (lambda secret: "", "no_subject"),
    ],
)
def test_a_proof_that_does_not_hold_leaves_the_visitor_who_they_were(
    comes: Comes, secret: str, made: Callable[[str], str], reason: str
) -> None:
    browser = comes()
    answer = browser.post("identity", user_token=made(secret))
    assert answer.status_code == 403
    assert json.loads(answer.text)["reason"] == reason
    assert "token" not in json.loads(answer.text)
    assert browser.visitor.external_id is None
    assert browser.says("Hello").status_code == 201


def test_a_token_of_another_widget_is_refused(world: World, comes: Comes, secret: str) -> None:
    other = widget_of(world)
    widget_secrets.make(other, SYSTEM, clock.now())
    db.session.commit()
    assert comes(other.key).post("identity", user_token=token(secret)).status_code == 403


def test_without_a_secret_nothing_is_proven(comes: Comes) -> None:
    assert comes().post("identity", user_token=token("x" * 43)).status_code == 403
    assert comes().post("identity", user_id="1", user_hash="0" * 64).status_code == 403


def test_a_secret_taken_back_opens_nothing(comes: Comes, widget: Widget, secret: str) -> None:
    dana = recognised(comes(), user_token=token(secret))
    widget_secrets.revoke(widget_secrets.of(widget)[0], SYSTEM, clock.now())
    db.session.commit()
    assert dana.get("talk").status_code == 401
    assert comes().post("identity", user_token=token(secret)).status_code == 403


def test_signing_out(comes: Comes, secret: str) -> None:
    dana = recognised(comes(), user_token=token(secret))
    dana.says("Hello")
    place = f"/widget/{dana.key}/identity"
    assert dana.client.delete(place).status_code == 401
    assert dana.client.delete(place, headers=dana.headers).status_code == 204
    assert dana.get("talk").status_code == 401
    assert "Hello" in recognised(comes(), user_token=token(secret)).get("talk").text


def test_only_the_signed_may_write(comes: Comes, widget: Widget, secret: str) -> None:
    before = comes()
    db.session.execute(update(Widget).where(Widget.id == widget.id).values(signed_only=True))
    db.session.commit()
    refused = before.says("Hello")
    assert (refused.status_code, json.loads(refused.text)["detail"]) == (
        403,
        "Please sign in on this site to write to us.",
    )
    assert before.post("visits").status_code == 403
    assert recognised(before, user_token=token(secret)).says("Hello").status_code == 201


def test_facts_of_a_page_are_kept_as_said(comes: Comes) -> None:
    browser = comes(attributes='{"Plan": "Pro"}')
    assert browser.visitor.attributes == {"Plan": "Pro"}
    assert browser.post("attributes", attributes='{"Cart": 3}', page="https://shop.example/cart").status_code == 204
    assert (browser.visitor.attributes, browser.visitor.page) == ({"Cart": 3}, "https://shop.example/cart")
    assert browser.post("attributes", attributes='{"a": {}}').status_code == 422
    assert browser.post("attributes", admin="1").status_code == 422
    assert Browser(browser.client, browser.key).post("attributes", attributes="{}").status_code == 401


def test_where_a_visitor_goes_is_shown_to_agents(app: Flask, world: World, comes: Comes) -> None:
    shop = "https://shop.example"
    browser = comes(page=f"{shop}/")
    browser.says("Hallo", page=f"{shop}/")
    for page in (f"{shop}/chairs", f"{shop}/chairs", f"{shop}/chairs/skye"):
        assert browser.post("attributes", page=page).status_code == 204
    visitor = browser.visitor
    assert (visitor.page, [one["url"] for one in visitor.pages]) == (
        f"{shop}/chairs/skye",
        [f"{shop}/", f"{shop}/chairs"],
    )
    for number in range(20):
        browser.post("attributes", page=f"{shop}/{number}")
    assert len(browser.visitor.pages) == 10
    browser.visitor.language, browser.visitor.timezone = "en-GB", "Asia/Kathmandu"
    db.session.commit()
    page = sign_in(app.test_client(), world.alice).get(f"/desk/tickets/{browser.ticket.number}").text
    assert f"{shop}/19" in page and f"{shop}/18" in page
    assert "en-GB" in page and "Their time" in page


def test_the_doors_have_their_methods_and_their_widget(comes: Comes, secret: str) -> None:
    browser = comes()
    assert browser.get("identity").status_code == 405
    assert browser.get("attributes").status_code == 405
    assert browser.client.post("/widget/nothing/identity", data={"user_token": token(secret)}).status_code == 404
    assert browser.post("identity", user_token="x" * 9000).status_code == 422
    assert browser.post("identity", user_token=token(secret), role="admin").status_code == 422


def test_agents_answer_in_the_chat_and_see_who_it_is(
    app: Flask, world: World, comes: Comes, widget: Widget, secret: str
) -> None:
    dana = recognised(comes(attributes='{"Plan": "<b>Pro"}'), user_token=token(secret, name="Dana Keane"))
    dana.says("Hello")
    alice = sign_in(app.test_client(), world.alice)
    page = alice.get(f"/desk/tickets/{dana.ticket.number}").text
    assert "proven by Shop" in page
    assert "&lt;b&gt;Pro" in page and "not proven" in page
    assert "In the chat, where they are now" in page
    answers(world.alice, dana.ticket, "Hello Dana", clock.now())
    assert "Hello Dana" in dana.get("talk").text
    assert "proven by" not in dana.get("talk").text


def test_words_from_before_are_the_same_talk_in_everything(world: World, comes: Comes, secret: str) -> None:
    nobody = comes()
    nobody.says("Before signing in")
    answers(world.alice, nobody.ticket, "An answer", clock.now())
    dana = recognised(nobody, user_token=token(secret))
    assert dana.get("talk").headers["X-State"] == "open"
    assert dana.post("end").status_code == 204, "it was they who asked"
    assert dana.ticket.category == "solved"
    eve = recognised(comes(), user_token=token(secret, "43"))
    assert eve.post("end").status_code == 404


def test_how_it_was_is_asked_after_a_signature_too(world: World, comes: Comes, secret: str) -> None:
    settings.save(world.brand.id, Rules(enabled=True), SYSTEM, clock.now())
    nobody = comes()
    nobody.says("Before signing in")
    answers(world.alice, nobody.ticket, "An answer", clock.now())
    dana = recognised(nobody, user_token=token(secret))
    progress.solve(dana.ticket, Actor("agent", world.alice.id), clock.now())
    db.session.commit()
    assert dana.get("talk").headers["X-State"] == "asked"
    assert dana.post("rating", score="5", comment="").status_code == 200
    assert db.session.scalars(select(SurveyAnswer.score)).one() == 5


def test_sent_again_after_being_recognised_anew_it_is_one_message(comes: Comes, secret: str) -> None:
    dana = recognised(comes(), user_token=token(secret))
    dana.says("Did that arrive?", client_key="the-same")
    dana.client.delete(f"/widget/{dana.key}/identity", headers=dana.headers)
    assert dana.get("talk").status_code == 401
    again = recognised(comes(), user_token=token(secret))
    again.says("Did that arrive?", client_key="the-same")
    assert again.get("talk").headers["X-Seq"] == "1"
    eve = recognised(comes(), user_token=token(secret, "43"))
    eve.says("Something else", client_key="the-same")
    assert eve.get("talk").headers["X-Seq"] == "1"
    assert "Did that arrive?" not in eve.get("talk").text
