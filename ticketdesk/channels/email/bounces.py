"""Reports that a mail did not arrive, and whom it did not reach."""

from dataclasses import dataclass

from ticketdesk.channels.email import bounce_reasons, bounce_text, charsets
from ticketdesk.channels.email.addresses import find_addresses, is_address, normalise
from ticketdesk.channels.email.guards import is_daemon, is_silent_sender
from ticketdesk.channels.email.headers import ids, message_id, return_path
from ticketdesk.channels.email.mime import Part
from ticketdesk.channels.email.model import FailedRecipient, Mailbox

_DONE = ("delivered", "relayed", "expanded", "deliverable", "success")
_MAX_FAILED = 200
# Unmistakable beginnings and pieces of subjects of such reports.
_SUBJECTS = (
    "undeliver", "delivery status notification", "delivery failure", "delivery has failed", "failure notice",
    "returned mail",
    "mail delivery failed", "delivery failed", "mail delivery failure", "returned to sender",
    "returning message to sender",
    "delivery notification", "non-delivery", "nondeliverable", "could not be delivered", "mail system error",
    "failed delivery",
    "message delivery failure", "mail failure", "delivery problem", "mail delivery problem", "undelivered",
    "delivery report",
    "message delivery has failed", "mail not delivered", "failed mail", "there was an error sending your mail",
    "delayed mail",
    "warning: message", "warning: could not send", "message not delivered", "not delivered", "unzustellbar",
    "nicht zustellbar", "nicht zugestellt",
    "zustellung fehlgeschlagen", "fehlgeschlagen", "non remis", "non distribué", "échec de la remise",
    "échec de remise", "échec de distribution",
    "no se puede entregar", "no se pudo entregar", "no entregado", "devuelto", "não entregue",
    "não foi possível entregar", "mancato recapito",
    "messaggio non recapitato", "recapito non riuscito", "onbestelbaar", "niet bezorgd", "kunde inte levereras",
    "kan ikke leveres", "не доставлено",
    "недоставлен", "не может быть доставлено", "nedoručitelná", "nie dostarczon", "niedostarczon",
    "kézbesíthetetlen", "teslim edilemedi", "配信エラー", "メールエラー", "配信不能",
    "退信", "无法投递", "無法傳遞", "系统退信", "배달 실패", "발송 실패", "mail could not", "rejected",
    "bounce", "loop alert",
    "mail loop", "error sending",
    "processing error", "failure delivery", "mail failed", "message status - undeliverable",
    "automatically rejected", "delivery error",
    "message undeliverable", "email delivery", "your message couldn't be delivered", "mail delivery system",
    "address not found", "delivery incomplete",
    "out of storage", "notification message", "status report",
)  # fmt: skip


# RFC 3463: other undefined status.
_UNEXPLAINED = "5.0.0"
_ANSWERS = ("re:", "aw:", "sv:", "antw:", "fw", "wg:", "tr:")


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report: the failed addresses and the ids of the mail it returns."""

    failed: tuple[FailedRecipient, ...]
    original_ids: tuple[str, ...]


def read(root: Part, sender: Mailbox | None, subject: str, text: str) -> Report | None:
    """The report that the mail is, or None for ordinary mail and for receipts of success."""
    failed, said = _by_status_parts(root)
    if said and not failed:
        return None
    header = [raw for name in ("x-failed-recipients",) for raw in root.every(name)]
    notice = bounce_text.notice_of(text)
    if not failed and not header and not _looks_like_one(root, sender, subject, notice):
        return None
    if not failed:
        failed = _by_words(root, sender, notice, header)
    return Report(tuple(failed[:_MAX_FAILED]), _original_ids(root, text))


def _by_status_parts(root: Part) -> tuple[list[FailedRecipient], bool]:
    """Recipients out of message/delivery-status (RFC 3464), and whether there was such a part at all."""
    found: dict[str, FailedRecipient] = {}
    said = False
    explained = ""
    for part in root.walk():
        if part.content_type == "text/plain" and not explained and not part.children:
            explained = charsets.decode(part.body()[:20_000])[0]
        if part.content_type not in ("message/delivery-status", "message/global-delivery-status"):
            continue
        for group in _groups(charsets.decode(part.body()[:500_000])[0]):
            address = _recipient(group)
            if address is None:
                continue
            action = group.get("action", "").lower()
            status = bounce_reasons.enhanced(group.get("status", "")) or group.get("status", "")[:12].split(" ")[0]
            diagnostic = group.get("diagnostic-code", "")
            if "boxbe" in diagnostic.lower()[:40]:
                # It asks the sender to confirm; nothing has failed yet.
                said = True
                continue
            said = True
            if action.startswith(_DONE) or (status.startswith("2") and not action.startswith(("failed", "delayed"))):
                continue
            temporary = action == "delayed" or status.startswith("4")
            status = _sharper(status, diagnostic, explained, temporary=temporary)
            if status == _UNEXPLAINED and not diagnostic:
                # Some mail systems tell the reason only to people, on the line that names the address.
                status = bounce_reasons.status_of(_line_about(address, explained), temporary=temporary) or status
            found.setdefault(address, FailedRecipient(address, status, not temporary and not status.startswith("4")))
    return list(found.values()), said


def _sharper(status: str, diagnostic: str, explained: str, *, temporary: bool) -> str:
    """A general code (other status, address or expiry) gives way to the one that the other server named."""
    named = bounce_reasons.enhanced_all(diagnostic)
    reply = bounce_reasons.reply_code(diagnostic)
    if not status:
        return next(iter(named), "") or bounce_reasons.status_of(diagnostic or explained, temporary=temporary)
    if status.endswith((".0.0", ".1.0", ".4.7")):
        told = named if status.endswith((".0.0", ".1.0")) else named + bounce_reasons.enhanced_all(explained)
        specific = next((code for code in told if not code.endswith((".0.0", ".1.0", ".4.7"))), "")
        return specific or next((code for code in named if not code.endswith(".0.0")), status)
    if reply and reply[0] != status[0] and reply[0] + status[1:] in named:
        return reply[0] + status[1:]
    return status


def _line_about(address: str, explained: str) -> str:
    """What the words for people say after the address on its own line, as in `dana@x.test: No such domain`."""
    for line in explained.splitlines():
        name, colon, reason = line.strip().partition(":")
        if colon and name.strip("<> ").lower() == address:
            return reason.strip()
    return ""


def _groups(text: str) -> list[dict[str, str]]:
    """The blocks of fields between blank lines, unfolded, names in lower case."""
    groups: list[dict[str, str]] = [{}]
    name = ""
    for line in text.splitlines():
        if not line.strip():
            if groups[-1]:
                groups.append({})
            name = ""
        elif line[0] in " \t" and name:
            groups[-1][name] = f"{groups[-1][name]} {line.strip()}"[:4000]
        else:
            name, colon, value = line.partition(":")
            name = name.strip().lower()
            if colon and name in groups[-1] and name in ("final-recipient",):
                groups.append({})
            if colon:
                groups[-1].setdefault(name, value.strip()[:4000])
            else:
                name = ""
    return groups


def _recipient(group: dict[str, str]) -> str | None:
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        value = group.get(name, "")
        _, _, written = value.rpartition(";")
        written = written.strip().strip("<>").replace("+40", "@") if "@" not in value else written.strip().strip("<> ")
        address = normalise(written.strip("'\""))
        if is_address(address):
            return address
        found = find_addresses(written)
        if found:
            return found[0]
    value = group.get("final-recipient", "").rpartition(";")[2].strip().strip("<>")
    return normalise(value) if value and " " not in value and len(value) < 200 else None


def _looks_like_one(root: Part, sender: Mailbox | None, subject: str, notice: bounce_text.Notice) -> bool:
    """Reports that keep to no standard: a machine's sender, the subject and the words must agree."""
    if (
        root.content_type == "multipart/report"
        and root.kind.parameters.get("report-type", "").lower() == "delivery-status"
    ):
        return True
    if any(part.content_type == "message/feedback-report" for part in root.walk()):
        return False
    flat = subject.lower().strip()
    by_subject = any(sign in flat for sign in _SUBJECTS)
    written = (root.first("from") or b"").lower()
    if (sender is not None and is_daemon(sender)) or b"mailer-daemon" in written:
        return notice.is_certain or (by_subject and (notice.is_likely or not notice.is_long))
    # Anybody may write from a null sender or a no-reply address: the rest must say more.
    by_machine = (
        return_path(root) == "" or b"<>" in written or (sender is not None and is_silent_sender(sender.address))
    )
    if by_machine and by_subject:
        return notice.is_certain or notice.is_likely
    returns = notice.returns_mail or bool(_returned(root)) or "notificationtype" in notice.first_line
    if by_machine:
        return returns and (notice.is_certain or notice.is_likely)
    if not notice.is_certain or flat.startswith(_ANSWERS):
        return False
    # Under a person's name only a short notice that begins like a report and names whom it did not reach.
    named = (
        flat.startswith(_SUBJECTS)
        and len(" ".join(notice.lines)) < 800
        and bool(bounce_text.failures(notice, set(), ""))
    )
    return (returns and by_subject) or named


def _by_words(
    root: Part, sender: Mailbox | None, notice: bounce_text.Notice, header: list[bytes]
) -> list[FailedRecipient]:
    """Recipients named by the header or the words of a report without status parts."""
    known = [address for raw in header for address in find_addresses(charsets.decode(raw)[0])]
    own = {
        normalise(address)
        for name in ("to", "from", "delivered-to")
        for raw in root.every(name)[:5]
        for address in find_addresses(charsets.decode(raw)[0])
    }
    domain = sender.address.partition("@")[2] if sender is not None else ""
    found = bounce_text.failures(notice, own, domain)
    if known:
        statuses = dict(found)
        general = notice.status()
        return [_failed(address, statuses.get(address) or general) for address in dict.fromkeys(known)]
    if not found:
        found = [(address, notice.status()) for address in _returned_to(root, notice) if address not in own]
    return [_failed(address, status or notice.status() or _UNEXPLAINED) for address, status in found]


def _failed(address: str, status: str) -> FailedRecipient:
    return FailedRecipient(address, status, not status.startswith("4"))


def _returned_to(root: Part, notice: bounce_text.Notice) -> list[str]:
    """Whom the returned mail was written to, when the report names nobody."""
    for part in _returned(root):
        raw = part.first("to")
        if raw:
            found = find_addresses(charsets.decode(raw)[0])
            return found[:1] if len(found) == 1 else []
    return notice.returned_to()


def _returned(root: Part) -> list[Part]:
    """The returned mails, whole or as headers."""
    return [child for part in root.walk() if part.content_type == "message/rfc822" for child in part.children]


def _original_ids(root: Part, text: str) -> tuple[str, ...]:
    found: list[str] = []
    for part in _returned(root):
        own = message_id(part)
        if own:
            found.append(own)
    for part in root.walk():
        if part.content_type in ("text/rfc822-headers", "message/rfc822-headers", "message/delivery-status"):
            found.extend(bounce_text.ids_in(charsets.decode(part.body()[:100_000])[0]))
    found.extend(bounce_text.ids_in(text))
    for raw in (*root.every("in-reply-to"), *root.every("references")):
        found.extend(ids(raw))
    own_id = message_id(root)
    return tuple(one for one in dict.fromkeys(found) if one != own_id)[:20]
