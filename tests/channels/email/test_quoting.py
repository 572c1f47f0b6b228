"""The newest words, what they quote, and the signature."""

import pytest

from ticketdesk.channels.email import quoting, quoting_html

_OLD = "\n\n> Please restart it.\n> Alice\n"


@pytest.mark.parametrize(
    "attribution",
    [
        "On Mon, Mar 2, 2026 at 10:00 AM Alice <alice@example.com> wrote:",
        "On Mon, Mar 2, 2026 at 10:00 AM Alice Long Name <\nalice@example.com> wrote:",
        "Am Mo., 2. März 2026 um 10:00 Uhr schrieb Alice <alice@example.com>:",
        "Le lun. 2 mars 2026 à 10:00, Alice <alice@example.com> a écrit :",
        "El lun, 2 mar 2026 a las 10:00, Alice (<alice@example.com>) escribió:",
        "Il giorno lun 2 mar 2026 alle ore 10:00 Alice <alice@example.com> ha scritto:",
        "Op ma 2 mrt 2026 om 10:00 schreef Alice <alice@example.com>:",
        "Em seg., 2 de mar. de 2026 às 10:00, Alice <alice@example.com> escreveu:",
        "Den mån 2 mars 2026 kl 10:00 skrev Alice <alice@example.com>:",
        "man. 2. mar. 2026 kl. 10.00 skrev Alice <alice@example.com>:",
        "pon., 2 mar 2026 o 10:00 Alice <alice@example.com> napisał(a):",
        "po 2. 3. 2026 v 10:00 odesílatel Alice <alice@example.com> napsal:",
        "пн, 2 мар. 2026 г. в 10:00, Alice <alice@example.com>:",
        "2 марта 2026 г., 10:00 пользователь Alice <alice@example.com> написал:",
        "Alice <alice@example.com>, 2 Mar 2026 Pzt, 10:00 tarihinde şunu yazdı:",
        "ma 2. maalisk. 2026 klo 10.00 Alice (alice@example.com) kirjoitti:",
        "Alice <alice@example.com> 于2026年3月2日周一 10:00写道：",
        "2026年3月2日(月) 10:00 Alice <alice@example.com>:",
        "2026년 3월 2일 (월) 오전 10:00, Alice <alice@example.com>님이 작성:",
        "2026-03-02 10:00 GMT+01:00 Alice <alice@example.com>:",
    ],
)
def test_attributions_in_many_languages(attribution: str) -> None:
    cut = quoting.split(f"It works now.\n\n{attribution}{_OLD}")
    assert cut.reply == "It works now."
    assert "Please restart it." in cut.quoted
    assert "Alice" in cut.quoted


@pytest.mark.parametrize(
    "block",
    [
        "From: Alice <alice@example.com>\nSent: Monday, March 2, 2026 10:00\nTo: Dana\nSubject: Printer",
        "*From:* Alice\n*Sent:* Monday, 10:00\n*To:* Dana\n*Subject:* Printer",
        "Von: Alice\nGesendet: Montag, 2. März 2026 10:00\nAn: Dana\nBetreff: Drucker",
        "De : Alice\nEnvoyé : lundi 2 mars 2026 10:00\nÀ : Dana\nObjet : Imprimante",
        "De: Alice\nEnviado el: lunes, 2 de marzo de 2026\nPara: Dana\nAsunto: Impresora",
        "Da: Alice\nInviato: lunedì 2 marzo 2026\nA: Dana\nOggetto: Stampante",
        "Van: Alice\nVerzonden: maandag 2 maart 2026\nAan: Dana\nOnderwerp: Printer",
        "Från: Alice\nSkickat: den 2 mars 2026\nTill: Dana\nÄmne: Skrivare",
        "Od: Alice\nWysłano: poniedziałek, 2 marca 2026\nDo: Dana\nTemat: Drukarka",
        "От: Alice\nОтправлено: 2 марта 2026 г.\nКому: Dana\nТема: Принтер",
        "发件人: Alice\n发送时间: 2026年3月2日\n收件人: Dana\n主题: 打印机",
        "差出人: Alice\n送信日時: 2026年3月2日\n宛先: Dana\n件名: プリンタ",
        "-----Original Message-----\nFrom: Alice",
        "-----Ursprüngliche Nachricht-----\nVon: Alice",
        "________________________________\nFrom: Alice\nSent: Monday\nTo: Dana\nSubject: Printer",
    ],
)
def test_header_blocks_and_separators(block: str) -> None:
    cut = quoting.split(f"It works now.\n\n{block}\n\nPlease restart it.\n")
    assert cut.reply == "It works now."
    assert "Please restart it." in cut.quoted


def test_answers_between_the_quoted_lines_are_all_kept() -> None:
    cut = quoting.split("On 2 Mar 2026, Alice wrote:\n> Does it beep?\nYes.\n> Is it on?\nNo.\n")
    assert cut.reply == "Yes.\nNo."


def test_when_nothing_would_be_left_the_whole_is_shown() -> None:
    text = "On 2 Mar 2026, Alice wrote:\n> Does it beep?"
    assert quoting.split(text).reply == text


def test_a_forwarded_mail_is_what_the_writer_wants_read() -> None:
    text = "FYI\n\n---------- Forwarded message ----------\nFrom: Eve <eve@x.test>\nSubject: Bill\n\nPay me."
    assert quoting.split(text).reply == text


@pytest.mark.parametrize(
    "sign", ["Sent from my iPhone", "Von meinem Handy gesendet", "Envoyé de mon iPhone", "Get Outlook for iOS"]
)
def test_what_a_telephone_appends_is_signature(sign: str) -> None:
    cut = quoting.split(f"It works now.\n\n{sign}\n")
    assert (cut.reply, cut.signature) == ("It works now.", sign)


def test_the_signature_is_set_apart() -> None:
    cut = quoting.split("It works now.\n-- \nDana\nCustomer Ltd\n")
    assert (cut.reply, cut.signature) == ("It works now.", "--\nDana\nCustomer Ltd")


@pytest.mark.parametrize(
    "text",
    [
        "I need the following:\nDate: Wednesday 3, October 2011\nTime: 7:00\nAddress: 130 Fox St",
        "On Monday I will be away.\nPlease note:\n- first\n-- second",
        "What she wrote: nothing.\nFrom here on it is dark.",
        "Bitte an: die Buchhaltung\nDanke",
    ],
)
def test_prose_is_left_alone(text: str) -> None:
    assert quoting.split(text).reply == text


@pytest.mark.parametrize(
    "quoted",
    [
        (
            '<div class="gmail_quote"><div class="gmail_attr">On Monday Alice wrote:</div>'
            "<blockquote>Please restart it.</blockquote></div>"
        ),
        '<blockquote type="cite">Please restart it.</blockquote>',
        (
            '<div class="moz-cite-prefix">Am 02.03.26 schrieb Alice:</div><blockquote type="cite">'
            "Please restart it.</blockquote>"
        ),
        (
            '<div id="divRplyFwdMsg"><b>From:</b> Alice<br><b>Sent:</b> Monday<br><b>To:</b> Dana<br>'
            "<b>Subject:</b> x</div><div>Please restart it.</div>"
        ),
        '<div class="yahoo_quoted"><div>On Monday, Alice wrote:</div><div>Please restart it.</div></div>',
        (
            "<hr><p><b>From:</b> Alice<br><b>Sent:</b> Monday<br><b>To:</b> Dana<br><b>Subject:</b> "
            "x</p><p>Please restart it.</p>"
        ),
    ],
)
def test_html_quotes(quoted: str) -> None:
    cut = quoting_html.split(quoting_html.read(f"<div>It works <b>now</b>.</div>{quoted}"))
    assert cut.reply == "It works now."
    assert "Please restart it." in cut.quoted


def test_html_signatures() -> None:
    cut = quoting_html.split(
        quoting_html.read('<p>It works now.</p><div class="gmail_signature">Dana<br>Customer Ltd</div>')
    )
    assert (cut.reply, cut.signature) == ("It works now.", "Dana\nCustomer Ltd")
