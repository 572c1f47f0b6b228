"""Three dozen ways in which machines write to each other: each is taken in, and no machine of ours answers (ML-05).

Dana's ticket was acknowledged, and that is the last automatic mail. What comes then is told by a function of the mail
that she was sent.
"""

import email
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage

import pytest
from flask import Flask

from tests.channels.mails import SUPPORT, later, mail, rows, take, work_all
from tests.people import World
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core.db import db

Headers = list[tuple[str, str]]
DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.customer.example>"


@dataclass(frozen=True)
class Sent:
    """The acknowledgement that went to Dana."""

    raw: bytes
    mail: EmailMessage

    @property
    def reply_to(self) -> str:
        """Where a machine answers to."""
        return str(self.mail["reply-to"])

    @property
    def thread(self) -> Headers:
        """The headers of an answer to it."""
        return [("In-Reply-To", str(self.mail["message-id"])), ("References", str(self.mail["message-id"]))]

    @property
    def subject(self) -> str:
        """What it is about."""
        return str(self.mail["subject"])


@pytest.fixture
def sent(world: World, app: Flask, now: datetime) -> Sent:
    take(mail(), now)
    work_all(now)
    (row,) = rows()
    raw = (app.extensions["ticketdesk.config"].outbox / f"{row.id}.eml").read_bytes()
    return Sent(raw, email.message_from_bytes(raw, policy=policy.default))  # type: ignore[arg-type]


def parts(kind: str, *each: str, about: str = "") -> dict[str, str]:
    """The content type and the text of a mail in parts."""
    text = "".join(f"--cut\r\n{one}\r\n" for one in each) + "--cut--"
    return {"content_type": f'{kind}; boundary="cut"{about}', "text": text}


def report(action: str, status: str) -> dict[str, str]:
    """A delivery report as RFC 3464 wants it."""
    return parts(
        "multipart/report",
        "Content-Type: text/plain\r\n\r\nYour message to dana@customer.example: see below.",
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.customer.example\r\n\r\n"
        f"Final-Recipient: rfc822; dana@customer.example\r\nAction: {action}\r\nStatus: {status}\r\n",
        about="; report-type=delivery-status",
    )


def gmail_vacation(sent: Sent) -> bytes:
    return mail(
        headers=[*sent.thread, ("Auto-Submitted", "auto-replied"), ("Precedence", "bulk"), ("X-Autoreply", "yes")],
        to=sent.reply_to,
        subject=f"Away Re: {sent.subject}",
    )


def exchange_absence(sent: Sent) -> bytes:
    return mail(
        headers=[*sent.thread, ("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")],
        subject=f"Automatic reply: {sent.subject}",
    )


def old_exchange_absence_without_headers(sent: Sent) -> bytes:
    return mail(subject=f"Out of Office AutoReply: {sent.subject}")


def absence_in_german_without_headers(sent: Sent) -> bytes:
    return mail(subject=f"Abwesenheitsnotiz: {sent.subject}")


def sieve_vacation(sent: Sent) -> bytes:
    return mail(headers=[("Auto-Submitted", "auto-replied (vacation)")], subject=f"Auto: {sent.subject}")


def notes_absence(sent: Sent) -> bytes:
    headers = [("Auto-Submitted", "auto-generated"), ("X-Mailer", "Lotus Domino Web Server Release 8.5")]
    return mail(headers=headers, subject="AUTO: Dana is out of the office (returning 09.03.2026)")


def panels_autoresponder(sent: Sent) -> bytes:
    headers = [("X-Autorespond", "Re: it has come"), ("X-Precedence", "auto_reply"), ("Precedence", "auto_reply")]
    return mail(headers=headers, subject="I am on the beach")


def absence_that_hides_what_it_is(sent: Sent) -> bytes:
    return mail(to=sent.reply_to, subject=f"Re: {sent.subject}", text="I am on the beach.")


def absence_that_hides_and_answers_by_references_only(sent: Sent) -> bytes:
    return mail(headers=sent.thread, subject="On the beach", text="I am on the beach.")


def postfix_bounce(sent: Sent) -> bytes:
    return mail(sender=DAEMON, subject="Undelivered Mail Returned to Sender", **report("failed", "5.1.1"))


def delay_notice(sent: Sent) -> bytes:
    return mail(sender=DAEMON, subject="Delayed Mail (still being retried)", **report("delayed", "4.4.1"))


def exim_bounce(sent: Sent) -> bytes:
    return mail(
        sender="Mail Delivery System <Mailer-Daemon@mx.customer.example>",
        headers=[("X-Failed-Recipients", "dana@customer.example"), ("Auto-Submitted", "auto-replied")],
        subject="Mail delivery failed: returning message to sender",
        text="This message was created automatically by mail delivery software.\r\n\r\n  dana@customer.example\r\n"
        "    mailbox is full",
    )


def qmail_bounce(sent: Sent) -> bytes:
    return mail(
        sender="MAILER-DAEMON@mx.customer.example",
        subject="failure notice",
        text="Hi. This is the qmail-send program at mx.customer.example.\r\nI'm afraid I wasn't able to deliver your "
        "message to the following addresses.\r\n\r\n<dana@customer.example>:\r\nno mailbox here by that name. (#5.1.1)",
    )


def bounce_under_a_persons_name(sent: Sent) -> bytes:
    return mail(sender="Helpful Admin <admin@customer.example>", subject="Undeliverable", **report("failed", "5.2.2"))


def read_receipt(sent: Sent) -> bytes:
    return mail(
        to=sent.reply_to,
        subject=f"Read: {sent.subject}",
        **parts(
            "multipart/report",
            "Content-Type: text/plain\r\n\r\nYour message was read.",
            "Content-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822;dana@customer.example\r\n"
            "Disposition: automatic-action/MDN-sent-automatically; displayed\r\n",
            about="; report-type=disposition-notification",
        ),
    )


def outlooks_receipt_without_a_report(sent: Sent) -> bytes:
    return mail(
        subject="Read: The bench", text="Your message\r\n\r\n  To: Dana\r\n  Subject: The bench\r\n\r\nwas read."
    )


def answer_to_an_invitation(sent: Sent) -> bytes:
    return mail(
        subject="Accepted: Looking at the bench",
        **parts(
            "multipart/alternative",
            "Content-Type: text/plain\r\n\r\nDana has accepted.",
            "Content-Type: text/calendar; method=REPLY; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n"
            "VERSION:2.0\r\nEND:VCALENDAR",
        ),
    )


def complaint_of_a_provider(sent: Sent) -> bytes:
    return mail(
        sender="Feedback <feedback@provider.example>",
        subject="Abuse report",
        **parts(
            "multipart/report",
            "Content-Type: text/plain\r\n\r\nThis was called spam.",
            "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n",
            about="; report-type=feedback-report",
        ),
    )


def complaint_without_a_report(sent: Sent) -> bytes:
    return mail(
        sender="staff@provider.example",
        subject="complaint about message from 192.0.2.2",
        **parts(
            "multipart/mixed",
            "Content-Type: message/rfc822\r\n\r\nX-HmXmrOriginalRecipient: dana@customer.example\r\n"
            "From: support@desk.example\r\nSubject: The bench\r\n\r\nWe have your message.",
        ),
    )


def program_of_a_list(sent: Sent) -> bytes:
    return mail(sender="gardeners-admin@lists.example", headers=[("X-MLServer", "fml")], subject="Loop Alert")


def mail_through_a_list(sent: Sent) -> bytes:
    return mail(headers=[("List-Id", "Gardeners <gardeners.lists.example>"), ("Precedence", "list")])


def list_that_waits_for_its_moderator(sent: Sent) -> bytes:
    return mail(
        sender="gardeners-owner@lists.example",
        headers=[("Precedence", "bulk"), ("X-List-Administrivia", "yes"), ("X-BeenThere", "gardeners@lists.example")],
        subject="Your message to Gardeners awaits moderator approval",
    )


def newsletter(sent: Sent) -> bytes:
    return mail(sender="News <news@shop.example>", headers=[("List-Unsubscribe", "<https://shop.example/out>")])


def our_own_mail_brought_back(sent: Sent) -> bytes:
    return sent.raw


def our_own_mail_under_another_id(sent: Sent) -> bytes:
    return sent.raw.replace(b"Message-ID: <", b"Message-ID: <again-")


def our_own_mailbox_writes_to_us(sent: Sent) -> bytes:
    return mail(sender=f"Desk <{SUPPORT}>", subject="Forwarded")


def our_other_mailbox_writes_to_us(sent: Sent) -> bytes:
    return mail(sender="Orders <orders@desk.example>", subject="It has come")


def acknowledgement_of_another_desk(sent: Sent) -> bytes:
    return mail(
        sender="Other desk <help@other.example>",
        headers=[("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All"), ("X-Mailer", "A desk")],
        subject="[Request received]",
    )


def desk_that_answers_all_and_says_nothing(sent: Sent) -> bytes:
    return mail(sender="Dana <dana@customer.example>", to=sent.reply_to, subject="[#42] Request received")


def tracker_in_bulk(sent: Sent) -> bytes:
    return mail(sender="Tracker <tracker@other.example>", headers=[("Precedence", "bulk"), ("X-JIRA-FingerPrint", "1")])


def challenge_of_a_spam_filter(sent: Sent) -> bytes:
    return mail(
        headers=[*sent.thread, ("Auto-Submitted", "auto-replied"), ("X-Delivery-Agent", "TMDA/1.1.12")],
        subject="Please confirm your message",
    )


def challenge_without_headers(sent: Sent) -> bytes:
    return mail(headers=sent.thread, subject=f"Re: {sent.subject} (verification required)")


def shop_that_reads_no_answers(sent: Sent) -> bytes:
    return mail(sender="Shop <no-reply@shop.example>", subject="Your order 42")


def virus_scanner(sent: Sent) -> bytes:
    return mail(sender="postmaster@customer.example", subject="VIRUS IN YOUR MAIL")


def forwarder_with_a_mark_against_loops(sent: Sent) -> bytes:
    return mail(headers=[("X-Loop", SUPPORT)])


def mail_that_went_round_fifty_times(sent: Sent) -> bytes:
    return mail(
        headers=[("Received", f"from a{n}.example by b{n}.example; Wed, 4 Mar 2026 09:59:00 +0000") for n in range(60)]
    )


CASES: list[Callable[[Sent], bytes]] = [
    gmail_vacation,
    exchange_absence,
    old_exchange_absence_without_headers,
    absence_in_german_without_headers,
    sieve_vacation,
    notes_absence,
    panels_autoresponder,
    absence_that_hides_what_it_is,
    absence_that_hides_and_answers_by_references_only,
    postfix_bounce,
    delay_notice,
    exim_bounce,
    qmail_bounce,
    bounce_under_a_persons_name,
    read_receipt,
    outlooks_receipt_without_a_report,
    answer_to_an_invitation,
    complaint_of_a_provider,
    complaint_without_a_report,
    program_of_a_list,
    mail_through_a_list,
    list_that_waits_for_its_moderator,
    newsletter,
    our_own_mail_brought_back,
    our_own_mail_under_another_id,
    our_own_mailbox_writes_to_us,
    our_other_mailbox_writes_to_us,
    acknowledgement_of_another_desk,
    desk_that_answers_all_and_says_nothing,
    tracker_in_bulk,
    challenge_of_a_spam_filter,
    challenge_without_headers,
    shop_that_reads_no_answers,
    virus_scanner,
    forwarder_with_a_mark_against_loops,
    mail_that_went_round_fifty_times,
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_no_machine_of_ours_answers(
    case: Callable[[Sent], bytes], world: World, app: Flask, sent: Sent, now: datetime
) -> None:
    first = world.mailbox
    db.session.add(
        Mailbox(
            brand_id=first.brand_id, queue_id=first.queue_id, address="orders@desk.example", name="", created_at=now
        )
    )
    db.session.commit()
    raw = take(case(sent), later(now, minutes=1))
    assert raw.state in ("message", "inert"), "taken in all the same"
    for minutes in (1, 30, 60 * 24):
        work_all(later(now, minutes=minutes))
    assert len(rows()) == 1, f"{raw.state}: {raw.label}, {raw.reason}"


def test_a_person_is_answered(world: World, app: Flask, sent: Sent, now: datetime) -> None:
    """The same way in, so that the cases above can fail."""
    take(mail(sender="Eve <eve@customer.example>"), later(now, minutes=1), envelope_from="eve@customer.example")
    work_all(later(now, minutes=1))
    assert len(rows()) == 2
