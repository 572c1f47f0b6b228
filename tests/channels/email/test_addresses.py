"""Who a header names, and who may be believed."""

from contextlib import suppress

import pytest

from ticketdesk.channels.email.addresses import find_addresses, normalise, parse_list, parse_strict
from ticketdesk.channels.email.model import Mailbox, Unreadable


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (b"dana@customer.test", [("", "dana@customer.test")]),
        (b"Dana C. <Dana@Customer.TEST>", [("Dana C.", "dana@customer.test")]),
        (
            b'"Customer, Dana" <dana@customer.test>, eve@x.test',
            [("Customer, Dana", "dana@customer.test"), ("", "eve@x.test")],
        ),
        (b"Customer, Dana <dana@customer.test>", [("Customer, Dana", "dana@customer.test")]),
        (b"dana@customer.test (Dana)", [("Dana", "dana@customer.test")]),
        (b"a@x.test; b@x.test", [("", "a@x.test"), ("", "b@x.test")]),
        (b"undisclosed-recipients:;", []),
        (b"Team: a@x.test, B <b@x.test>;", [("", "a@x.test"), ("B", "b@x.test")]),
        (b"=?utf-8?q?J=C3=BCrgen_M=2C?= <j@x.test>", [("Jürgen M,", "j@x.test")]),
        ("Jürgen <j@x.test>".encode(), [("Jürgen", "j@x.test")]),
        (b'"Dana <dana@x.test>', [("Dana", "dana@x.test")]),
        (b"<>", []),
    ],
)
def test_lists_are_read_as_people_write_them(written: bytes, expected: list[tuple[str, str]]) -> None:
    assert [(one.name, one.address) for one in parse_list(written)] == expected


def test_addresses_are_compared_in_one_form_without_folding_their_parts() -> None:
    assert normalise("Dana+Shop@MÜNCHEN.test.") == "dana+shop@xn--mnchen-3ya.test"
    assert normalise("d.a.n.a@x.test") != normalise("dana@x.test")


@pytest.mark.parametrize(
    "written",
    [
        b"dana@customer.test",
        b"Dana <dana@customer.test>",
        b"dana@customer.test (Dana)",
        b"DANA@CUSTOMER.TEST.",
        b"d+x@customer.test",
    ],
)
def test_a_plain_sender_is_known(written: bytes) -> None:
    found = parse_strict([written])
    assert isinstance(found, Mailbox)
    assert found.address.endswith("@customer.test")


@pytest.mark.parametrize(
    "written",
    [
        b"alice@corp.test <bob@evil.test>",
        b"<bob@evil.test>alice@corp.test",
        b"bob@evil.test<alice@corp.test>",
        b"alice@corp.test)bob@evil.test",
        b"=?utf-8?q?a=40corp.test?=@evil.test",
        b"=?utf-8?q?alice=40corp.test=3E?= <bob@evil.test>",
        b"@corp.test:bob@evil.test",
        b"a@b@c.test",
        b'"alice@corp.test,bob"@evil.test',
        b"alice(@corp.test)@evil.test",
        b"alice@corp.test\0@evil.test",
        "alice@\u0441orp.test".encode(),
        b"alice@corp.test, bob@evil.test",
        b"",
        b"<>",
    ],
)
def test_a_sender_that_can_be_read_in_two_ways_is_unknown(written: bytes) -> None:
    assert parse_strict([written]) is None


def test_two_from_headers_name_nobody() -> None:
    assert parse_strict([b"dana@customer.test", b"dana@customer.test"]) is None


@pytest.mark.parametrize("written", [b"(" * 60_000, b'"\\' * 30_000, b"<" * 60_000, b"a@:" * 20_000, b"=?" * 30_000])
def test_unbalanced_headers_take_no_time(written: bytes) -> None:
    with suppress(Unreadable):
        parse_list(written)


def test_more_recipients_than_anyone_writes_to_are_refused() -> None:
    with pytest.raises(Unreadable):
        parse_list(b", ".join(b"u%d@x.test" % number for number in range(1_001)))


def test_addresses_are_found_in_loose_text() -> None:
    assert find_addresses("to <A@x.test>: 550 (b@x.test.) or a@x.test") == ["a@x.test", "b@x.test"]
