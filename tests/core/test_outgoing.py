"""IN-06: what people point us to never leads to ourselves or into a private network, in bounded time and room."""

import http.server
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import httpcore
import pytest

from ticketdesk.core import outgoing
from ticketdesk.core.errors import Invalid
from ticketdesk.core.public_addresses import is_public

PUBLIC = "93.184.216.34"

_CLOSED = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.1.2.3 127.255.255.254 168.63.129.16
169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1
192.168.255.255 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:7f00:1 ::ffff:0:127.0.0.1
64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1
2002:7f00:1:: 2002:a00:1::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fdff::1 fe80::1 fe80::1%lo fec0::1 ff02::1 ff05::2
rubbish 1.2.3 1.2.3.4.5
"""

OPEN = ["1.1.1.1", "8.8.8.8", PUBLIC, "172.32.0.1", "192.169.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"]

# {p} is the port of a server that listens on loopback and counts whoever comes.
_HERE = """
http://127.0.0.1:{p}/ http://127.0.0.1:{p}/latest/meta-data/ http://127.1:{p}/ http://127.0.1:{p}/ http://0:{p}/
http://0.0.0.0:{p}/ http://0/ http://00000177.0.0.1:{p}/ http://0177.0.0.1:{p}/ http://0177.0.0.01:{p}/
http://0x7f.0.0.1:{p}/ http://0x7f.1:{p}/ http://0x7f000001:{p}/ http://0X7F000001:{p}/ http://2130706433:{p}/
http://017700000001:{p}/ http://127.0.0.1.:{p}/ http://127.127.127.127:{p}/ http://127.255.255.254:{p}/
http://localhost:{p}/ http://LOCALHOST:{p}/ http://LocalHost:{p}/ http://localhost.:{p}/ http://[::1]:{p}/
http://[0:0:0:0:0:0:0:1]:{p}/ http://[0000::1]:{p}/ http://[::]:{p}/ http://[::ffff:127.0.0.1]:{p}/
http://[::ffff:7f00:1]:{p}/ http://[0:0:0:0:0:ffff:127.0.0.1]:{p}/ http://[::127.0.0.1]:{p}/
http://[64:ff9b::7f00:1]:{p}/ http://[2002:7f00:1::]:{p}/ http://[fe80::1]:{p}/ http://[fe80::1%25lo]:{p}/
http://[::1%25lo]:{p}/ http://[ff02::1]:{p}/ http://[::ffff:0:127.0.0.1]:{p}/ https://127.0.0.1:{p}/
https://localhost:{p}/ https://[::1]:{p}/ http://user@127.0.0.1:{p}/ http://user:pw@127.0.0.1:{p}/
http://example.com@127.0.0.1:{p}/ http://127.0.0.1:{p}@example.com/ http://example.com:80@127.0.0.1:{p}/
http://example.com%2f@127.0.0.1:{p}/ http://127.0.0.1:{p}#@example.com/ http://127.0.0.1:{p}?@example.com/
http://127.0.0.1:{p}\\@example.com/ http://example.com\\@127.0.0.1:{p}/ http:\\\\127.0.0.1:{p}/ //127.0.0.1:{p}/
http:/127.0.0.1:{p}/ http:127.0.0.1:{p}/ http:///127.0.0.1:{p}/ http://①②⑦.⓪.⓪.①:{p}/ http://127。0。0。1:{p}/
http://127.0.0.1:{p} http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{p}/ http://%31%32%37.0.0.1:{p}/ http://%6cocalhost:{p}/
http://127.0.0.1%00.example.com:{p}/ http://127.0.0.1%0d%0aHost:x:{p}/ http://169.254.169.254/latest/meta-data/
http://169.254.169.254.:{p}/ http://[::ffff:169.254.169.254]/ http://[fd00:ec2::254]/ http://2852039166/
http://0xa9fea9fe/ http://0251.0376.0251.0376/ http://10.0.0.1:{p}/ http://192.168.0.1:{p}/ http://172.16.0.1:{p}/
http://100.100.100.200/ http://168.63.129.16/ http://255.255.255.255:{p}/ http://224.0.0.1:{p}/ http://240.0.0.1:{p}/
file:///etc/passwd file://127.0.0.1/etc/passwd ftp://127.0.0.1:{p}/ gopher://127.0.0.1:{p}/_GET dict://127.0.0.1:{p}/
ldap://127.0.0.1:{p}/ ws://127.0.0.1:{p}/ jar:http://127.0.0.1:{p}/!/ javascript:alert(1) data:text/calendar,x
HTTP://127.0.0.1:{p}/ hTTpS://127.0.0.1:{p}/ http://127.0.0.1:{p}/%0d%0a http://127.0.0.1:99999/ http://127.0.0.1:-1/
http://127.0.0.1:0/ http://127.0.0.1:{p}x/ http:// http://: http://. http://.. http://-/ http://[/ http://]/
http://[::1/ http://[]:{p}/ http://[127.0.0.1]:{p}/ http://unix:/run/redis.sock http://::1:{p}/ http:0x7f000001:{p}
"""
CLOSED, HERE = _CLOSED.split(), _HERE.split()
TYPED = [
    "",
    " ",
    "http://127.0.0.1 :{p}/",
    "http://127.0.0.1\n:{p}/",
    "\thttp://127.0.0.1:{p}/",
    "http://127.0.0.1:{p}/\r\nHost: x",
    "http://" + "a" * 2100,
]


class Server:
    """A web server on loopback that counts its visitors and answers as a test wants."""

    def __init__(self, answer: Any, host: str = "127.0.0.1") -> None:
        outer, self.hits = self, 0

        class Seen(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Counting(http.server.ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
            daemon_threads = True

            def get_request(self) -> Any:
                outer.hits += 1
                return super().get_request()

            def handle_error(self, request: object, client_address: object) -> None:
                pass

        self.server = Counting((host, 0), Seen)
        self.port = self.server.server_address[1]


@contextmanager
def serving(answer: Any, host: str = "127.0.0.1") -> Iterator[Server]:
    made = Server(answer, host)
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        thread.join()
        made.server.server_close()


def hello(seen: http.server.BaseHTTPRequestHandler) -> None:
    seen.send_response(200)
    seen.end_headers()
    seen.wfile.write(b"hello")


class Detour(httpcore.NetworkBackend):
    """Takes whoever goes to a public address to our own server instead, and notes where they wanted to go."""

    def __init__(self, port: int) -> None:
        self.port, self.asked, self.network = port, list[tuple[str, int]](), httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *_: Any, **__: Any) -> Any:
        self.asked.append((host, port))
        return self.network.connect_tcp("127.0.0.1", self.port, timeout)


def as_public(host: str, port: int, seconds: float) -> Sequence[str]:
    return [PUBLIC]


@pytest.mark.parametrize("address", CLOSED)
def test_an_address_that_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OPEN)
def test_an_address_that_is(address: str) -> None:
    assert is_public(address)


def test_no_way_of_writing_it_leads_to_ourselves() -> None:
    with ExitStack() as stack:
        four = stack.enter_context(serving(hello))
        try:
            six: Server | None = stack.enter_context(serving(hello, "::1"))
        except OSError:
            six = None  # a machine without IPv6
        forms = [form.replace("{p}", str(one.port)) for one in (four, six) if one for form in (*HERE, *TYPED)]
        for url in forms:
            with pytest.raises((Invalid, outgoing.Unreachable)):
                outgoing.get(url, seconds=2)
        assert len(HERE) >= 100
        assert four.hits == 0
        assert six is None or six.hits == 0


def test_the_canary_would_sing() -> None:
    with serving(hello) as canary:
        network = Detour(canary.port)
        assert outgoing.get("http://days.example/a?b=c", resolve=as_public, network=network) == b"hello"
        assert (canary.hits, network.asked) == (1, [(PUBLIC, 80)])


def test_a_name_is_asked_for_once_and_cannot_mean_something_else_afterwards() -> None:
    answers = [[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]]
    asked = []

    def rebinding(host: str, port: int, seconds: float) -> Sequence[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    with serving(hello) as canary:
        network = Detour(canary.port)
        outgoing.get(f"http://rebind.example:{canary.port}/", resolve=rebinding, network=network)
        assert (asked, network.asked) == (["rebind.example"], [(PUBLIC, canary.port)])
        with pytest.raises(outgoing.Unreachable, match="private network"):
            outgoing.get(f"http://rebind.example:{canary.port}/", resolve=rebinding, network=network)
        assert canary.hits == 1


@pytest.mark.parametrize("others", [["127.0.0.1"], ["::1"], ["10.0.0.1", "1.1.1.1"], ["::ffff:127.0.0.1"]])
def test_one_private_address_among_public_ones_is_enough_to_stay_away(others: list[str]) -> None:
    with serving(hello) as canary, pytest.raises(outgoing.Unreachable, match="private network"):
        outgoing.get(
            f"http://many.example:{canary.port}/", resolve=lambda *_: [PUBLIC, *others], network=Detour(canary.port)
        )
    assert canary.hits == 0


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_nobody_sends_us_on(code: int) -> None:
    with serving(hello) as canary:

        def away(seen: http.server.BaseHTTPRequestHandler) -> None:
            seen.send_response(code)
            seen.send_header("Location", f"http://127.0.0.1:{canary.port}/")
            seen.end_headers()

        with serving(away) as there, pytest.raises(outgoing.Unreachable, match="another address"):
            outgoing.get("http://days.example/", resolve=as_public, network=Detour(there.port))
        assert (there.hits, canary.hits) == (1, 0)


@pytest.mark.parametrize("code", [201, 204, 206, 401, 404, 500])
def test_another_code_is_said(code: int) -> None:
    def answer(seen: http.server.BaseHTTPRequestHandler) -> None:
        seen.send_response(code)
        seen.end_headers()

    with serving(answer) as there, pytest.raises(outgoing.Unreachable, match=f"code {code}"):
        outgoing.get("http://days.example/", resolve=as_public, network=Detour(there.port))


@pytest.mark.parametrize("said", [True, False])
def test_more_than_a_mebibyte_is_not_read(said: bool) -> None:
    sent = []

    def much(seen: http.server.BaseHTTPRequestHandler) -> None:
        seen.send_response(200)
        if said:
            seen.send_header("Content-Length", str(1 << 30))
        seen.end_headers()
        for _ in range(1 << 14):
            sent.append(seen.wfile.write(b"x" * 65_536))

    with serving(much) as there, pytest.raises(outgoing.Unreachable, match="larger than 1024 KiB"):
        outgoing.get("http://days.example/", resolve=as_public, network=Detour(there.port))
    assert sum(sent) < 64 * outgoing.LARGEST  # what the system's buffers took


def _drip(head: bytes) -> Any:
    def answer(seen: http.server.BaseHTTPRequestHandler) -> None:
        seen.wfile.write(head)
        for _ in range(100):
            time.sleep(0.05)
            seen.wfile.write(b"X")
            seen.wfile.flush()

    return answer


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_dripping_does_not_make_the_time_longer(head: bytes) -> None:
    begun = time.monotonic()
    with serving(_drip(head)) as there:
        with pytest.raises(outgoing.Unreachable):
            outgoing.get("http://days.example/", resolve=as_public, network=Detour(there.port), seconds=0.4)
        assert time.monotonic() - begun < 2


def test_packed_answers_are_not_asked_for_and_the_name_is_sent() -> None:
    seen_headers: dict[str, str] = {}

    def answer(seen: http.server.BaseHTTPRequestHandler) -> None:
        seen_headers.update(seen.headers.items())
        hello(seen)

    with serving(answer) as there:
        outgoing.get("http://days.example:8080/x", "text/calendar", resolve=as_public, network=Detour(there.port))
    assert seen_headers["Host"] == "days.example:8080"
    assert (seen_headers["Accept"], seen_headers["Accept-Encoding"]) == ("text/calendar", "identity")


def test_a_server_without_tls_is_told_apart() -> None:
    with serving(hello) as there, pytest.raises(outgoing.Unreachable, match="TLS"):
        outgoing.get("https://days.example/", resolve=as_public, network=Detour(there.port))


def test_a_name_nobody_has() -> None:
    with pytest.raises(outgoing.Unreachable):
        outgoing.get("http://nobody.invalid/", seconds=5)
