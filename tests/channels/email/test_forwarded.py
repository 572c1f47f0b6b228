"""The original inside forwarded mail."""

import pytest

from tests.channels.email.letters import letter, parts
from ticketdesk.channels.email.parse import parse

_BLOCK = (
    "From: Eve Stone <eve@x.test>\nDate: Mon, 2 Mar 2026 10:00:00 +0000\nSubject: The bill\n"
    "To: Dana <dana@customer.test>\n\nPay me."
)


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Fwd: The bill", f"See below\n\n---------- Forwarded message ----------\n{_BLOCK}"),
        ("The bill", f"Begin forwarded message:\n\n> {_BLOCK.replace(chr(10), chr(10) + '> ')}"),
        ("WG: The bill", f"Bitte lesen\n\n________________________________\n{_BLOCK}"),
        ("FW: The bill", _BLOCK),
        (
            "Tr : La facture",
            "---- Message transféré ----\nDe : Eve Stone <eve@x.test>\nObjet : The bill\nÀ : Dana\n\nPay me.",
        ),
        ("x", "----- Weitergeleitete Nachricht ----- Von: Eve Stone <eve@x.test>An: Dana\nPay me."),
    ],
)
def test_the_original_sender_is_found(subject: str, body: str) -> None:
    found = parse(letter(body, subject=subject)).forwarded
    assert found is not None
    assert found.sender is not None
    assert (found.sender.name, found.sender.address) == ("Eve Stone", "eve@x.test")
    assert "Pay me." in found.text


def test_what_the_block_says_is_read() -> None:
    found = parse(letter(f"---------- Forwarded message ----------\n{_BLOCK}")).forwarded
    assert found is not None
    assert (found.subject, found.text) == ("The bill", "Pay me.")
    assert [mailbox.address for mailbox in found.to] == ["dana@customer.test"]
    assert found.date is not None
    assert found.date.isoformat() == "2026-03-02T10:00:00+00:00"


def test_a_mail_attached_whole_is_forwarded_too() -> None:
    inner = "Content-Type: message/rfc822\r\n\r\nFrom: Eve <eve@x.test>\r\nSubject: The bill\r\n\r\nPay me."
    raw = parts("Content-Type: text/plain\r\n\r\nFYI", inner).replace(b"Subject: Printer", b"Subject: Fwd: The bill")
    found = parse(raw).forwarded
    assert found is not None
    assert found.sender is not None
    assert (found.sender.address, found.text) == ("eve@x.test", "Pay me.")


@pytest.mark.parametrize(
    "body",
    [
        "It works.\n\nOn 2 Mar 2026, Alice <alice@example.com> wrote:\n> Please restart it.",
        f"It works.\n\n{_BLOCK}",
        "It works.",
    ],
)
def test_an_answer_is_no_forward(body: str) -> None:
    assert parse(letter(body, subject="Re: Printer")).forwarded is None
