"""Proofs of who a visitor is: what is right is read, and whatever is not is refused with the right code."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ticketdesk.channels.chat import signed_identity
from ticketdesk.channels.chat.signed_identity import Claims, Unproven

SECRET = "tdw_" + "k" * 43
OTHER = "tdw_" + "o" * 43
KEY = "thewidget"
NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
MOMENT = int(NOW.timestamp())
HOUR = 3600


def packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def token_of(header: object, payload: bytes, secret: bytes = SECRET.encode()) -> str:
    """Signed by hand, so that nothing of what we test helps."""
    signing = f"{packed(json.dumps(header).encode() if not isinstance(header, bytes) else header)}.{packed(payload)}"
    return f"{signing}.{packed(hmac.new(secret, signing.encode(), hashlib.sha256).digest())}"


def token(secret: str = SECRET, header: dict[str, Any] | None = None, **claims: Any) -> str:
    said = {"sub": "42", "exp": MOMENT + HOUR, **claims}
    return token_of(
        header or {"alg": "HS256", "typ": "JWT"}, json.dumps(said, ensure_ascii=False).encode(), secret.encode()
    )


def read(said: str, secrets: tuple[str, ...] = (SECRET,)) -> Claims:
    return signed_identity.read_token(said, secrets, KEY, NOW)


GOOD = token(name="Dana  Keane", email="Dana@Customer.example", email_verified=True, iat=MOMENT, aud=KEY)


def test_a_good_token_says_who_it_is() -> None:
    assert read(GOOD) == Claims("42", SECRET, "Dana Keane", "Dana@Customer.example", True)
    assert read(token()) == Claims("42", SECRET)
    assert read(token(name=None, email=None)) == Claims("42", SECRET)
    assert read(token(header={"alg": "HS256", "kid": "../../etc/passwd"})).user_id == "42"
    assert read(token(aud=["another", KEY])).user_id == "42"
    assert read(token(email_verified="true")).email_verified is False


def test_either_of_two_secrets_is_good_and_says_which_it_was() -> None:
    assert read(token(OTHER), (SECRET, OTHER)).secret == OTHER
    assert read(GOOD, (SECRET, OTHER)).secret == SECRET


def nested(depth: int) -> bytes:
    return b'{"sub":' + b"[" * depth + b"]" * depth + b"}"


def swapped(said: str) -> str:
    """The payload of somebody else under the same signature."""
    head, _payload, signature = said.split(".")
    return f"{head}.{token(sub='1').split('.')[1]}.{signature}"


def confused() -> str:
    """Signed with a public key as if that were a shared secret."""
    public = rsa.generate_private_key(65537, 2048).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return token_of({"alg": "RS256", "typ": "JWT"}, b'{"sub":"42"}', pem)


HOSTILE: dict[str, tuple[Callable[[], str], str]] = {
    "empty": (lambda: "", "malformed"),
    "words": (lambda: "let me in", "malformed"),
    "dots": (lambda: "..", "malformed"),
    "two parts": (lambda: GOOD.rpartition(".")[0], "malformed"),
    "no signature": (lambda: GOOD.rpartition(".")[0] + ".", "malformed"),
    "four parts": (lambda: GOOD + ".x", "malformed"),
    "huge": (lambda: token(name="x" * 5000), "malformed"),
    "not ascii": (lambda: GOOD + "é", "malformed"),
    "header is no base64": (lambda: "!!!" + GOOD[3:], "malformed"),
    "header is no JSON": (lambda: token_of(b"\xff\xfe", b"{}"), "malformed"),
    "header is a list": (lambda: token_of([], b"{}"), "malformed"),
    "header nested": (lambda: token_of(b"[" * 1500, b"{}"), "malformed"),
    "header twice": (lambda: token_of(b'{"alg":"none","alg":"HS256"}', b"{}"), "malformed"),
    "alg none": (lambda: token_of({"alg": "none"}, b'{"sub":"42"}', b""), "malformed"),
    "alg None": (lambda: token(header={"alg": "None"}), "malformed"),
    "alg missing": (lambda: token(header={"typ": "JWT"}), "malformed"),
    "alg HS512": (lambda: token(header={"alg": "HS512"}), "malformed"),
    "alg hs256": (lambda: token(header={"alg": "hs256"}), "malformed"),
    "RS256 confusion": (confused, "malformed"),
    "key in the header": (lambda: token(header={"alg": "HS256", "jwk": {"kty": "oct", "k": "eA"}}), "malformed"),
    "key address": (lambda: token(header={"alg": "HS256", "jku": "https://evil.example/k"}), "malformed"),
    "critical": (lambda: token(header={"alg": "HS256", "crit": ["exp"]}), "malformed"),
    "not encoded": (lambda: token(header={"alg": "HS256", "b64": False, "crit": ["b64"]}), "malformed"),
    "kid no word": (lambda: token(header={"alg": "HS256", "kid": 7}), "malformed"),
    "signature is no base64": (lambda: GOOD.rpartition(".")[0] + ".!!!", "malformed"),
    "other secret": (lambda: token(OTHER), "signature"),
    "empty secret": (lambda: token(""), "signature"),
    "tampered": (lambda: swapped(GOOD), "signature"),
    "cut signature": (lambda: GOOD[:-11], "signature"),
    "payload is a list": (lambda: token_of({"alg": "HS256"}, b"[]"), "malformed"),
    "payload is no JSON": (lambda: token_of({"alg": "HS256"}, b"sub=42"), "malformed"),
    "payload nested": (lambda: token_of({"alg": "HS256"}, nested(1400)), "malformed"),
    "payload is not UTF-8": (lambda: token_of({"alg": "HS256"}, b'{"sub":"\xff"}'), "malformed"),
    "sub twice": (
        lambda: token_of({"alg": "HS256"}, f'{{"sub":"1","sub":"42","exp":{MOMENT + 60}}}'.encode()),
        "malformed",
    ),
    "expired": (lambda: token(exp=MOMENT - 61), "expired"),
    "for ever": (lambda: token(exp=MOMENT + 25 * HOUR), "lives_too_long"),
    "no exp": (lambda: token_of({"alg": "HS256"}, b'{"sub":"42"}'), "claims"),
    "exp is a word": (lambda: token(exp=str(MOMENT + HOUR)), "claims"),
    "exp is true": (lambda: token(exp=True), "claims"),
    "exp is endless": (lambda: token_of({"alg": "HS256"}, b'{"sub":"42","exp":1e999}'), "claims"),
    "exp is no number": (lambda: token_of({"alg": "HS256"}, b'{"sub":"42","exp":NaN}'), "claims"),
    "exp is enormous": (lambda: token(exp=10**300), "claims"),
    "iat ahead": (lambda: token(iat=MOMENT + 3600), "not_yet"),
    "nbf ahead": (lambda: token(nbf=MOMENT + 3600), "not_yet"),
    "iat is a word": (lambda: token(iat="now"), "claims"),
    "another widget": (lambda: token(aud="another"), "other_audience"),
    "other widgets": (lambda: token(aud=["another", 7]), "other_audience"),
    "aud is an object": (lambda: token(aud={KEY: KEY}), "other_audience"),
    "no sub": (lambda: token(sub=None), "no_subject"),
    "sub empty": (lambda: token(sub=""), "no_subject"),
    "sub is a number": (lambda: token(sub=42), "no_subject"),
    "sub is a list": (lambda: token(sub=["42"]), "no_subject"),
    "sub padded": (lambda: token(sub=" 42"), "no_subject"),
    "sub with NUL": (lambda: token(sub="4\x002"), "no_subject"),
    "sub with a turn": (lambda: token(sub="4\u202e2"), "no_subject"),
    "sub half a sign": (
        lambda: token_of({"alg": "HS256"}, f'{{"sub":"\\ud800","exp":{MOMENT + 60}}}'.encode()),
        "no_subject",
    ),
    "sub too long": (lambda: token(sub="4" * 201), "no_subject"),
    "name is a list": (lambda: token(name=["Dana"]), "claims"),
    "name too long": (lambda: token(name="x" * 121), "claims"),
    "name turns": (lambda: token(name="Dana\u202eanaD"), "claims"),
    "email is an object": (lambda: token(email={}), "claims"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_is_not_right_proves_nothing(name: str) -> None:
    make, reason = HOSTILE[name]
    with pytest.raises(Unproven) as refused:
        read(make())
    assert refused.value.reason == reason


def test_clocks_may_differ_by_a_minute() -> None:
    assert read(token(exp=MOMENT - 30)).user_id == "42"
    assert read(token(iat=MOMENT + 30, exp=MOMENT + 24 * HOUR + 30)).user_id == "42"


def test_ids_in_other_letters_are_ids() -> None:
    assert read(token(sub="Zoë|42/東京")).user_id == "Zoë|42/東京"


def test_a_token_may_be_shown_again_until_it_expires() -> None:
    assert read(GOOD) == read(GOOD)


def by_hand(user_id: str, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), user_id.encode(), "sha256").hexdigest()


def test_a_hash_proves_an_id_and_nothing_else() -> None:
    assert signed_identity.read_hash("42", by_hand("42"), (OTHER, SECRET)) == Claims("42", SECRET)
    assert signed_identity.read_hash("Zoë", by_hand("Zoë").upper(), (SECRET,)).user_id == "Zoë"


@pytest.mark.parametrize(
    ("user_id", "user_hash", "reason"),
    [
        ("42", by_hand("41"), "signature"),
        ("42", by_hand("42", OTHER), "signature"),
        ("42", by_hand("42", ""), "signature"),
        ("42", "", "signature"),
        ("42", by_hand("42")[:-1], "signature"),
        ("42", "é" * 64, "signature"),
        ("", by_hand(""), "no_subject"),
        (" 42", by_hand(" 42"), "no_subject"),
        ("4\n2", by_hand("4\n2"), "no_subject"),
        ("4" * 201, by_hand("4" * 201), "no_subject"),
    ],
)
def test_a_hash_that_does_not_fit(user_id: str, user_hash: str, reason: str) -> None:
    with pytest.raises(Unproven) as refused:
        signed_identity.read_hash(user_id, user_hash, (SECRET,))
    assert refused.value.reason == reason
