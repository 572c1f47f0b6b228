"""Delivery reports, and mail that only talks about delivery."""

import pytest

from tests.channels.email.letters import letter, parts
from ticketdesk.channels.email import bounce_reasons
from ticketdesk.channels.email.parse import parse

_DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.test>"
_RETURNED = (
    "Content-Type: message/rfc822\r\n\r\nMessage-ID: <ours.1@example.com>\r\nFrom: "
    "support@example.com\r\nTo: dana@x.test\r\nSubject: Hi\r\n\r\nHi"
)


def _report(fields: str) -> bytes:
    raw = parts(
        "Content-Type: text/plain\r\n\r\nSorry.",
        f"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\n{fields}\r\n",
        _RETURNED,
        kind="multipart/report; report-type=delivery-status",
    )
    return raw.replace(b"Dana Customer <dana@customer.test>", _DAEMON.encode())


def test_a_standard_report() -> None:
    found = parse(
        _report(
            "Final-Recipient: rfc822; Dana@x.test\r\nAction: failed\r\nStatus: 5.0.0\r\n"
            "Diagnostic-Code: smtp; 550 5.1.1 no such user"
        )
    )
    assert found.is_bounce
    (failed,) = found.failed_recipients
    assert (failed.address, failed.status, failed.permanent) == ("dana@x.test", "5.1.1", True)
    assert found.original_message_ids == ("ours.1@example.com",)
    assert found.inert == "a delivery report"


def test_a_delay_is_no_permanent_failure() -> None:
    found = parse(_report("Final-Recipient: rfc822; dana@x.test\r\nAction: delayed\r\nStatus: 4.4.1"))
    assert [(one.status, one.permanent) for one in found.failed_recipients] == [("4.4.1", False)]


def test_a_receipt_of_success_is_no_bounce() -> None:
    assert not parse(_report("Final-Recipient: rfc822; dana@x.test\r\nAction: delivered\r\nStatus: 2.0.0")).is_bounce


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (
            (
                "Hi. This is the mail program at mx.test.\n\n<dana@x.test>:\nRemote host said: 550 5.1.1 "
                "User unknown\n\n--- Below this line is a copy of the message.\n\nMessage-ID: "
                "<ours.1@example.com>\nTo: dana@x.test"
            ),
            "5.1.1",
        ),
        (
            (
                "A message that you sent could not be delivered to one or more of its recipients.\n\n  "
                "dana@x.test\n    mailbox is full: retry timeout exceeded\n\n------ This is a copy of "
                "the message ------\n\nReturn-path: <support@example.com>\nMessage-ID: "
                "<ours.1@example.com>"
            ),
            "5.0.922",
        ),
        (
            (
                "The following address failed:\n\n  dana@x.test\n    Unrouteable address\n\nReceived: "
                "from a\nMessage-ID: <ours.1@example.com>"
            ),
            "5.0.912",
        ),
    ],
)
def test_home_made_reports(body: str, status: str) -> None:
    found = parse(letter(body, sender=_DAEMON, subject="Mail delivery failed: returning message to sender"))
    assert found.is_bounce
    assert [(one.address, one.status) for one in found.failed_recipients] == [("dana@x.test", status)]
    assert found.original_message_ids == ("ours.1@example.com",)


def test_the_header_of_exim_names_the_recipient() -> None:
    found = parse(letter("gone", sender=_DAEMON, headers="X-Failed-Recipients: dana@x.test"))
    assert [one.address for one in found.failed_recipients] == ["dana@x.test"]


@pytest.mark.parametrize(
    ("sender", "subject", "body"),
    [
        (
            "Dana <dana@customer.test>",
            "Delivery failure again",
            "My parcel could not be delivered to the following address. Please help.",
        ),
        ("Dana <dana@customer.test>", "Re: Undelivered mail", "I get user unknown when I write to bob@x.test, why?"),
        ("no-reply@parcel.test", "Your parcel", "The parcel could not be delivered."),
        ("Dana <dana@customer.test>", "My mailbox is full", "Quota exceeded, it says."),
    ],
)
def test_people_who_write_about_delivery_are_left_alone(sender: str, subject: str, body: str) -> None:
    assert not parse(letter(body, sender=sender, subject=subject)).is_bounce


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("550 no such user", "5.0.911"),
        ("553 mail.shop.test does not exist", "5.0.912"),
        ("553 dana@mail.x.test does not exist", "5.0.911"),
        ("550 dana.long does not exist", "5.0.911"),
        ("550 no such user (in reply to end of DATA command)", "5.0.910"),
        ("550 no such user (in reply to RCPT TO command)", "5.0.911"),
    ],
)
def test_reasons_read_off_the_words_of_a_server(words: str, status: str) -> None:
    assert bounce_reasons.status_of(words) == status


def test_a_report_that_explains_itself_only_to_people() -> None:
    fields = "Final-Recipient: rfc822; dana@x.test\r\nAction: failed\r\nStatus: 5.0.0"
    raw = _report(fields).replace(b"Sorry.", b"eve@x.test: Mailbox full\r\ndana@x.test: Domain does not exist")
    assert [one.status for one in parse(raw).failed_recipients] == ["5.0.912"]
    raw = _report(fields).replace(b"Sorry.", b"eve@x.test: Mailbox full\r\n")
    assert [one.status for one in parse(raw).failed_recipients] == ["5.0.0"]
