"""A provider of mailboxes that are opened by token: what it answers, and what it was asked."""

import base64
import contextlib
import hashlib
import http.server
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpcore

from ticketdesk.channels.email.oauth_providers import Provider
from ticketdesk.core import outgoing

CLIENT_ID, CLIENT_SECRET = "a-desk", "the-secret-of-a-desk"
CODE, ACCOUNT = "a-code-worth-one-token", "jane@shop.example"


@dataclass
class House:
    """One provider with one account in it."""

    port: int = 0
    challenge: str | None = None  # what the code was asked for with (PKCE)
    codes: set[str] = field(default_factory=lambda: {CODE})
    stays: set[str] = field(default_factory=set)  # the tokens to stay that are good
    good: dict[str, str] = field(default_factory=dict)  # access tokens, each with the mailbox it opens
    opens: str = "support"
    lasts: int = 3600
    slow: float = 0.0
    rotates: bool = False  # a token to stay is good once
    says: tuple[int, bytes] | None = None  # answered to everything
    asked: list[dict[str, str]] = field(default_factory=list)
    made: int = 0

    def provider(self, **other: Any) -> Provider:
        """It as the desk knows it; the guarded client is led here instead of into the world."""
        return Provider(
            name="google",
            title="Google",
            authorise_url="https://accounts.google.example/auth",
            token_url="http://oauth2.google.example/token",
            scopes="openid email mail",
            post=partial(outgoing.post, resolve=_public, network=_Detour(self.port)),
            **{"imap_host": "127.0.0.1", "smtp_url": "smtp://127.0.0.1:1", "imap_security": "none", **other},
        )

    def consents(self, there: str) -> str:
        """Somebody follows the way to it and says yes; returns the state they go back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(there).query).items()}
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        self.challenge = asked["code_challenge"]
        return asked["state"]

    def revokes(self) -> None:
        """The owner of the account takes everything back."""
        self.stays.clear()
        self.good.clear()

    def answer(self, path: str, fields: Mapping[str, str]) -> tuple[int, bytes]:
        """What it says."""
        if path.startswith("/introspect"):
            token = parse_qs(urlsplit(path).query).get("token", [""])[0]
            user = self.good.get(token)
            return 200, json.dumps({"active": user is not None, **({"email": user} if user else {})}).encode()
        self.asked.append(dict(fields))
        time.sleep(self.slow)
        if self.says is not None:
            return self.says
        if (fields.get("client_id"), fields.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return 401, b'{"error": "invalid_client"}'
        if fields.get("grant_type") == "authorization_code":
            proof = hashlib.sha256(fields["code_verifier"].encode()).digest()
            if base64.urlsafe_b64encode(proof).rstrip(b"=").decode() != self.challenge:
                return 400, b'{"error": "invalid_grant"}'
            if fields["code"] not in self.codes:
                return 400, b'{"error": "invalid_grant"}'
            self.codes.discard(fields["code"])
        elif fields.get("refresh_token") not in self.stays:
            return 400, b'{"error": "invalid_grant", "error_description": "Token has been expired or revoked."}'
        return self._tokens(fields)

    def _tokens(self, fields: Mapping[str, str]) -> tuple[int, bytes]:
        self.made += 1
        given: dict[str, object] = {"access_token": f"access-{self.made}", "expires_in": self.lasts}
        self.good[f"access-{self.made}"] = self.opens
        if "code" in fields or self.rotates:
            self.stays.discard(fields.get("refresh_token", ""))
            self.stays.add(f"stay-{self.made}")
            given["refresh_token"] = f"stay-{self.made}"
        claims = base64.urlsafe_b64encode(json.dumps({"email": ACCOUNT}).encode()).rstrip(b"=").decode()
        return 200, json.dumps({**given, "id_token": f"head.{claims}.signature"}).encode()


@contextlib.contextmanager
def running() -> Iterator[House]:
    """The provider, on a port of its own."""
    house = House()

    class Asked(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(*house.answer(self.path, {}))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._say(*house.answer(self.path, {name: values[0] for name, values in parse_qs(body).items()}))

        def _say(self, code: int, words: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(words)))
            self.end_headers()
            self.wfile.write(words)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Asked) as server:
        house.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield house
        finally:
            server.shutdown()
            thread.join(5)


def _public(host: str, port: int, seconds: float) -> Sequence[str]:
    return ["93.184.216.34"]


class _Detour(httpcore.NetworkBackend):
    def __init__(self, port: int) -> None:
        self.port, self.network = port, httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *_: Any, **__: Any) -> Any:
        return self.network.connect_tcp("127.0.0.1", self.port, timeout)
