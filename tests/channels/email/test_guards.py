"""Automatic mail: what gets no answer, and what changes nothing."""

import pytest

from tests.channels.email.letters import letter
from ticketdesk.channels.email.parse import parse


@pytest.mark.parametrize(
    "header",
    ["Auto-Submitted: auto-replied", "X-Autoreply: yes", "X-Autorespond: ooo", "Precedence: auto_reply"],
)
def test_automatic_replies_are_inert(header: str) -> None:
    found = parse(letter(headers=header))
    assert found.is_auto_reply
    assert found.inert is not None
    assert found.no_automatic_answer is not None


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-forwarded",
        "X-Auto-Response-Suppress: OOF, DR",
        "Precedence: bulk",
        "Precedence: junk",
        "List-Id: <list.x.test>",
        "List-Unsubscribe: <mailto:u@x.test>",
        "X-Loop: support@example.com",
        "Return-Path: <>",
        "Feedback-ID: x",
        "\r\n".join(["Received: from a by b"] * 60),
    ],
)
def test_mail_without_an_automatic_answer_is_still_an_ordinary_ticket(header: str) -> None:
    found = parse(letter(headers=header))
    assert found.no_automatic_answer is not None
    assert found.inert is None
    assert not found.is_bounce


@pytest.mark.parametrize("sender", ["MAILER-DAEMON@x.test", "postmaster@x.test", "no-reply@x.test", "<>"])
def test_senders_who_read_nothing_get_nothing(sender: str) -> None:
    assert parse(letter(sender=sender)).no_automatic_answer is not None


@pytest.mark.parametrize(
    "subject",
    [
        "Out of Office: Printer", "Automatische Antwort: Printer", "Réponse automatique : Printer",
        "Respuesta automática: x",
        "Risposta automatica: x", "Automatisch antwoord: x", "Autosvar: x", "Automatyczna odpowiedź: x", "Автоответ: x",
        "自動返信: x", "不在通知: x", "自动回复: x", "Resposta automática: x", "Re: Automatic reply: x",
    ],
)  # fmt: skip
def test_absence_notices_in_many_languages(subject: str) -> None:
    found = parse(letter(subject=subject))
    assert found.is_auto_reply
    assert found.no_automatic_answer is not None
    assert found.inert is None


@pytest.mark.parametrize("header", ["Auto-Submitted: no", "X-Auto-Response-Suppress: none", "X-Autoreply: no"])
def test_people_are_answered(header: str) -> None:
    found = parse(letter(headers=header))
    assert (found.is_auto_reply, found.no_automatic_answer, found.inert) == (False, None, None)
