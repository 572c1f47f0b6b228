"""The mails of the intake benchmark: plain and with HTML, a fifth of them answers, a tenth with a file of 100 kB."""

import random
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import format_datetime

from bench.moments import MONDAY

SUPPORT = "support@bench.example"
SENDERS = 1000
FILE = 100_000
BACK = 250
"""How many mails after the one it answers an answer comes, at least."""
_SAID = (
    "the armrest of our chair came off yesterday and we would like to know what to do now because delivery was only "
    "last week please tell us whether somebody can come or whether we should send it back in its box the invoice says "
    "two years of warranty and the number stands below many thanks for looking into this so soon"
)
WORDS = _SAID.split()


def letters(count: int) -> Iterator[tuple[str, bytes]]:
    """Sender and content of each mail, the same ones every time."""
    chance = random.Random(7)
    asked: list[tuple[str, str, str, str]] = []
    for number in range(count):
        answers = number >= BACK and chance.random() < 0.2 * count / max(1, count - BACK)
        if answers:
            sender, subject, first, words = asked[chance.randrange(max(1, len(asked) - BACK))]
            mail = _answer(sender, subject, first, words, chance)
        else:
            sender = f"customer{chance.randrange(SENDERS)}@customers.example"
            subject, words = " ".join(chance.choices(WORDS, k=6)), _words(chance)
            mail = EmailMessage()
            mail["Subject"] = subject
            mail.set_content(words)
            if chance.random() < 0.5:
                mail.add_alternative(_page(words), subtype="html")
        if chance.random() < 0.1:
            mail.add_attachment(chance.randbytes(FILE), maintype="image", subtype="jpeg", filename="chair.jpg")
        identifier = f"{number}.bench@customers.example"
        mail["From"] = f"A Customer <{sender}>"
        mail["To"] = SUPPORT
        mail["Date"] = format_datetime(MONDAY)
        mail["Message-ID"] = f"<{identifier}>"
        mail["Received"] = "from customers.example by mx.bench.example; Mon, 02 Mar 2026 09:00:00 +0000"
        if not answers:
            asked.append((sender, subject, identifier, words))
        yield sender, mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _answer(sender: str, subject: str, first: str, words: str, chance: random.Random) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = f"Re: {subject}"
    mail["In-Reply-To"] = f"<{first}>"
    mail["References"] = f"<{first}>"
    quoted = "\n".join(f"> {line}" for line in words.splitlines())
    said = _words(chance)
    mail.set_content(f"{said}\n\nOn Mon, 2 Mar 2026 at 09:00, A Customer <{sender}> wrote:\n{quoted}\n")
    if chance.random() < 0.5:
        attribution = f"On Mon, 2 Mar 2026 at 09:00, A Customer &lt;{sender}&gt; wrote:"
        quote = f'<div class="gmail_quote"><div>{attribution}</div><blockquote>{_page(words)}</blockquote></div>'
        mail.add_alternative(f"<div>{said}</div><br>{quote}", subtype="html")
    return mail


def _words(chance: random.Random) -> str:
    lines = [" ".join(chance.choices(WORDS, k=12)) for _ in range(chance.randrange(4, 16))]
    return "Hello,\n\n" + "\n".join(lines) + "\n\nKind regards\n-- \nA Customer\nCustomers & Co\n"


def _page(words: str) -> str:
    paragraphs = "".join(f"<p style='margin:0'>{line}</p>" for line in words.splitlines())
    return f"<html><body><div style='font-family:Arial'>{paragraphs}</div></body></html>"
