"""Web Push as the standards write it: the example of RFC 8291, and a token that a push service would take."""

import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from tests.pushed import Recipient
from ticketdesk.core import secrets, webpush

# RFC 8291, appendix A
OURS = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
THEIRS = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
THEIRS_PRIVATE = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
WORDS = b"When I grow up, I want to be a watermelon"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
    "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(webpush.decoded(text)), ec.SECP256R1())


def test_the_example_of_the_standard() -> None:
    sealed = webpush.sealed(WORDS, *webpush.browser_keys(THEIRS, AUTH), ours=private(OURS), salt=webpush.decoded(SALT))
    assert webpush.encoded(sealed) == BODY


def test_a_browser_reads_it_and_no_two_are_alike() -> None:
    assert Recipient(private(THEIRS_PRIVATE), webpush.decoded(AUTH)).opened(webpush.decoded(BODY)) == WORDS
    one, other = Recipient(), Recipient()
    words = "Zürich, 12 € 🪑".encode()
    sealed = [webpush.sealed(words, *webpush.browser_keys(one.p256dh, one.auth)) for _ in range(2)]
    assert [one.opened(each) for each in sealed] == [words, words]
    assert sealed[0] != sealed[1]
    with pytest.raises(InvalidTag):
        other.opened(sealed[0])


def test_what_fits_and_what_does_not() -> None:
    browser = Recipient()
    keys = webpush.browser_keys(browser.p256dh, browser.auth)
    most = webpush.sealed(b"x" * webpush.LONGEST, *keys)
    assert len(most) == 4096
    assert browser.opened(most) == b"x" * webpush.LONGEST
    with pytest.raises(ValueError, match="too long"):
        webpush.sealed(b"x" * (webpush.LONGEST + 1), *keys)


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [(THEIRS[:-2], AUTH), (THEIRS, AUTH[:-2]), ("!" + THEIRS[1:], AUTH), ("", ""), ("B" + "A" * 86, AUTH), ("ü", AUTH)],
)
def test_what_no_browser_gives(p256dh: str, auth: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        webpush.browser_keys(p256dh, auth)


def test_a_push_service_knows_us_by_our_token() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    header = webpush.authorization("https://push.example:8443/a/b?c", "https://desk.example", key, NOW)
    kind, _space, rest = header.partition(" ")
    said = dict(part.split("=", 1) for part in rest.split(", "))
    assert kind == "vapid"
    assert webpush.decoded(said["k"]) == webpush.point(key.public_key())
    assert jwt.get_unverified_header(said["t"]) == {"alg": "ES256", "typ": "JWT"}
    claims = jwt.decode(
        said["t"], key.public_key(), ["ES256"], audience="https://push.example:8443", options={"verify_exp": False}
    )
    assert claims["sub"] == "https://desk.example"
    assert NOW < datetime.fromtimestamp(claims["exp"], UTC) <= NOW + timedelta(hours=24)
    assert json.dumps(claims)


def test_our_key_is_made_once(app: Flask) -> None:
    with app.app_context():
        first = webpush.point(secrets.push_key().public_key())
        assert webpush.point(secrets.push_key().public_key()) == first
        was = app.config["SECRET_KEY"]
        app.config["SECRET_KEY"] = "another secret key that is long enough"
        try:
            assert webpush.point(secrets.push_key().public_key()) != first
        finally:
            app.config["SECRET_KEY"] = was
