"""The words of a delivery report that keeps to no standard."""

from dataclasses import dataclass

from ticketdesk.channels.email import bounce_reasons
from ticketdesk.channels.email.addresses import find_addresses
from ticketdesk.channels.email.headers import ids

_MAX_LINES = 400
# Lines after which the returned mail begins.
_RETURNED = (
    "--- below this line", "------ this is a copy of", "----- original message", "original message follows",
    "your original message",
    "--- the header of the original", "----- unsent message", "the original message", "message header",
    "--- message headers",
    "--------------returned message", "returned message", "text of your message", "message text follows",
    "original message headers",
    "----- message header", "your message reads", "the first 100 lines", "the first 50 lines",
    "--- undelivered message", "undelivered message follows",
    "---- start of returned message", "start of returned message", "the text you sent follows",
    "the following is a copy of", "------ original message",
    "copy of the message", "copy of your message", "reply message", "a copy of the original message",
    "message follows", "included message",
    "the unsent message follows", "原文", "here is your returned mail", "--- original message",
    "headers of the original message",
    "the message headers", "the body of the message", "first few lines", "mail data", "message contents",
    "attached below",
    "the rejected message", "--- enclosed is a copy", "original text follows", "the original letter", "received:",
    "return-path:",
    "<<< returned", "--- returned message ---", "unsent message below", "the headers of your message",
    "begin message header",
)  # fmt: skip
_RETURNED_BARE = tuple(sign.strip("-_=*<> ") for sign in _RETURNED)
# Sentences that nobody but a mail system writes.
_CERTAIN = (
    "could not be delivered", "couldn't be delivered", "wasn't able to deliver", "was not able to deliver",
    "unable to deliver", "not deliverable",
    "undeliverable", "delivery to the following", "delivery failed", "delivery has failed",
    "the following address", "following recipient",
    "permanent fatal errors", "permanent error", "returned to sender", "did not reach", "has not been delivered",
    "was not delivered",
    "not delivered to", "failed to deliver", "delivery attempts", "message delivery", "user unknown",
    "delivery failure", "mailbox full",
    "following addresses had", "transcript of session follows", "recipient address rejected", "could not deliver",
    "cannot be delivered",
    "can not be delivered", "cannot deliver", "message has been rejected", "was rejected",
    "have been undeliverable", "your message was not",
    "not yet been delivered", "returned undelivered", "unknown user", "invalid recipient", "mail could not",
    "no such user", "rejected your message",
    "returned message", "message rejected", "your mail message to the following", "mailbox unavailable",
    "reason for the failure", "quota",
    "account has been disabled", "address does not exist", "not found", "does not exist", "undelivered",
    "delivery status", "not listed in",
    "konnte nicht zugestellt", "nicht zugestellt werden", "konnte nicht übermittelt", "n'a pas pu être",
    "n'a pu être", "non distribué", "no se pudo entregar",
    "no ha podido ser entregado", "não pôde ser entregue", "não foi entregue", "non è stato possibile",
    "non recapitato", "niet worden afgeleverd",
    "niet bezorgd", "kunde inte levereras", "kunne ikke leveres", "не доставлено", "не было доставлено",
    "не может быть доставлено", "nie można dostarczyć",
    "nie mogła zostać dostarczona", "配信できません", "送信できません", "届け", "送信されません", "無法",
    "无法", "전송할 수 없", "loop",
    "giving up on it", "delivery error",
    "unrouteable", "host unknown", "over quota", "temporarily unable", "delay", "isn't receiving",
    "hasn't been delivered", "fatal errors", "sending failed",
    "error sending", "cannot be sent", "unable to send", "存在しません", "受信拒否", "送信先", "エラー",
    "was undeliverable",
    "failed permanently", "failed for",
)  # fmt: skip
# Addresses on such lines belong to somebody else.
_OTHERS = (
    "from:", "sender:", "reply-to:", "mail from", "message-id", "for assistance", "for further assistance",
    "contact", "please", "if you", "postmaster",
    "mailer-daemon", "abuse@", "x-", "received:", "return-path:", "in-reply-to", "references:", "help desk",
    "helpdesk", "you may", "delivered-to:",
    "administrator", "message from <", "originator", "envelope-from", "errors-to",
)  # fmt: skip
_HEADERS = ("received:", "return-path:", "message-id:", "dkim-signature:")
_TEMPORARY = (
    "has not yet been delivered", "still being retried", "will be retried", "will keep trying", "delayed",
    "no action is required", "will continue trying", "warning message only", "temporary",
)  # fmt: skip
_PRIVATE = ("mailer-daemon@", "postmaster@", "abuse@", "mailerdaemon@")


@dataclass(frozen=True, slots=True)
class Notice:
    """The lines that the mail system wrote, and those of the mail that it returns."""

    lines: tuple[str, ...]
    returned: tuple[str, ...]
    is_certain: bool
    is_likely: bool
    is_long: bool

    @property
    def returns_mail(self) -> bool:
        return bool(self.returned)

    @property
    def first_line(self) -> str:
        return next((line.lower() for line in self.lines if line), "")

    def status(self) -> str:
        """One code for the whole notice."""
        text = "\n".join(self.lines)
        low = text.lower()
        return bounce_reasons.status_of(text, temporary=any(sign in low for sign in _TEMPORARY))

    def returned_to(self) -> list[str]:
        """To of the returned mail when it stands in the text."""
        for line in self.returned[:100]:
            if line.lower().startswith(("to:", "to :")):
                found = find_addresses(line)
                return found if len(found) == 1 else []
        return []


def notice_of(text: str) -> Notice:
    """Part a report's text into the notice and what it returns."""
    written = [line[:2000] for line in text.split("\n", 5000)[:5000]]
    lines = [line.strip() for line in written]
    end = len(lines)
    seen = 0
    for number, line in enumerate(lines):
        low = line.lower()
        if written[number].lower().startswith(_HEADERS) or (seen and _begins_returned(low)):
            end = number
            break
        seen += bool(low)
    notice = lines[:end]
    low = " ".join(notice[:_MAX_LINES]).lower()[:20_000]
    return Notice(
        lines=tuple(notice[:_MAX_LINES]),
        returned=tuple(lines[end : end + 1000]),
        is_certain=any(sign in low for sign in _CERTAIN),
        is_likely=bounce_reasons.has_reason(low),
        is_long=len(low) > 8000,
    )


def _begins_returned(low: str) -> bool:
    bare = low.strip("-_=*<> ")
    return len(low) < 120 and (low.startswith(_RETURNED) or bare.startswith(_RETURNED_BARE))


def failures(notice: Notice, own: set[str], domain: str) -> list[tuple[str, str]]:
    """Each failed address with its status code (or an empty text), in order.

    `own` are addresses that the report is from or to; `domain` completes names without one.
    """
    mentions: list[tuple[str, int]] = []
    for number, line in enumerate(notice.lines):
        low = line.lower()
        if "@" not in low:
            continue
        for address in find_addresses(line):
            if address in own or address.startswith(_PRIVATE) or low.startswith(("to:", "cc:", "from:")):
                continue
            at = low.find(address)
            before = low[max(0, at - 60) : max(at, 0)]
            if any(sign in before for sign in _OTHERS) and not ("rcpt to" in before or "recipient" in before):
                continue
            mentions.append((address, number))
    if not mentions and domain:
        mentions = [(f"{name}@{domain}", number) for name, number in _local_names(notice)]
    starts = [number for _, number in mentions] + [len(notice.lines)]
    explained: dict[str, str] = {}
    certain: set[str] = set()
    for position, (address, number) in enumerate(mentions):
        following = next((start for start in starts[position + 1 :] if start > number), len(notice.lines))
        words = "\n".join(notice.lines[number : min(following, number + 12)]).replace(address, " ")
        explained[address] = f"{explained.get(address, '')}\n{words}"
        if bounce_reasons.has_reason(words) or notice.lines[number].strip("<>:;,. \t").lower() == address:
            certain.add(address)
    chosen = [address for address in explained if address in certain] or list(explained)
    low = "\n".join(notice.lines).lower()
    temporary = any(sign in low for sign in _TEMPORARY)
    general = notice.status()
    found: list[tuple[str, str]] = []
    for address in chosen:
        status = bounce_reasons.status_of(explained[address], temporary=temporary)
        found.append((address, status or general))
    return found


def _local_names(notice: Notice) -> list[tuple[str, int]]:
    """Names without a domain that stand alone on the lines after `following recipients:`."""
    found: list[tuple[str, int]] = []
    listing = False
    for number, line in enumerate(notice.lines):
        low = line.lower()
        if listing and line and " " not in line and line.strip("<>").isascii():
            found.append((low.strip("<>:;,"), number))
        elif line:
            listing = "recipient" in low and low.endswith(":")
    return found


def ids_in(text: str) -> list[str]:
    """Message-IDs of mails that stand in the text with their headers."""
    found: list[str] = []
    lines = text.split("\n", 5000)[:5000]
    for number, line in enumerate(lines):
        low = line[:40].lower().lstrip("> \t")
        if low.startswith(("message-id:", "x-original-message-id:", "original-message-id:")):
            value = line.partition(":")[2].strip() or (lines[number + 1] if number + 1 < len(lines) else "")
            found.extend(ids(value[:2000].encode("utf-8", "replace")))
    return found
