"""Why a mail did not arrive, read from the words of the report.

A report that names no enhanced status code (RFC 3463) gets one from the range x.0.9nn, which the registry
leaves free, with the numbers that the Sisimai project gave to the reasons.
"""

import re

_ENHANCED = re.compile(r"(?<![\d.])([245])[.](\d{1,3})[.](\d{1,3})(?![\d.]|-\d)")
_REPLY = re.compile(r"(?<![\d.\-/(])(?<!\d:)([45][0-5]\d)(?=[\s\-:;,)\]]|$)")
# A host name of three labels or more, no mailbox, of which a server says that there is none.
_NO_SUCH_HOST = re.compile(r"(?<![\w@.<-])(?:[a-z0-9-]{1,63}\.){2,8}[a-z]{2,24} does not exist")
# The server took the recipient at RCPT and refused the words themselves.
_AFTER_DATA = re.compile(r"in reply to (?:end of )?data command|after end of data|smtp command\s{1,9}data\b")

# First match counts: what is more specific stands above.
_REASONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("922", (
        "disc quota", "size exceeds the maximum allowed for the mailbox", "quota usage",
        "space has been used up", "too many messages on the server", "user quota", "disk space limit",
        "du destinataire pleine", "would exceed", "mbox full", "not enough disk space", "exceeded the space",
        "can't open mailbox", "mail quota", "maildir over", "has exceeded quota",
        "mailbox full", "mailbox is full", "mailbox quota", "quota exceeded", "over quota", "overquota",
        "exceeded storage", "quota full",
        "disk quota", "mailbox size limit", "insufficient disk space", "is full", "not enough storage",
        "storage quota", "exceeded the quota",
        "is over the maximum allowed", "exceeded your quota", "does not have enough space",
        "mail box space not enough", "exceeding their quota",
        "mailbox exceeds", "allowed quota", "exceeded their quota", "quota violation", "mailbox has exceeded",
        "out of storage",
        "空きがありません", "容量", "受信箱が一杯", "full mailbox", "mailbox was full", "over the quota",
        "mailbox limit",
        "lack of space",
        "mailbox exceeded the local limit", "exceeded email quota", "inbox is full", "exceeded its quota",
    )),
    ("934", (
        "line limit exceeded", "max message size", "message file too big", "administrative limit",
        "fixed limit", "fixed maximum",
        "message size exceeds", "message too large", "size exceeds", "too large", "exceeds size limit",
        "message too big", "exceeded maximum",
        "message length exceeds", "size limit exceeded", "larger than the current system limit",
        "maximum message size", "exceeds the maximum",
    )),
    ("918", (
        "invalid sender", "administrative prohibition", "batv failed", "backscatter", "members-only list",
        "emetteur invalide",
        "empty envelope sender", "from: domain is invalid", "email address is not verified", "sender is spammed",
        "sender not pre-approved", "unroutable sender", "returned mail not accepted", "has been denied",
        "group you tried to contact", "groups.google.com/support", "permission to post", "not allowed to post",
        "sender rejected", "sender address rejected",
        "bad sender", "not accept mail from", "sender denied", "sender verify failed", "unauthorized sender",
        "not permitted to send",
    )),
    ("976", ("starttls", "tls required", "establish tls", "certificate", "support tls", "tls version")),
    ("980", (
        "high probability of spam", "identified as spam", "considered unsolicited",
        "spam", "unsolicited", "junk mail", "bulk mail", "content filter", "content rejected", "classified as",
        "blacklisted url",
    )),
    ("973", (
        "cannot resolve your address", "cannot find your hostname", "reverse-dns", "fix reverse",
        "reverse dns", "ptr record", "rdns", "no ptr", "reverse lookup", "dns ptr", "pointer record",
    )),
    ("901", ("unverifyable sending",)),
    ("912", (
        "unknown domain", "host unreachable", "host is unreachable", "mentioned in email address is unknown",
        "domain must exist", "domain unknown",
        "host unknown", "unknown host", "host not found", "domain not found", "name or service not known",
        "domain does not exist",
        "no such domain", "unrouteable address", "unrouteable mail domain", "unrouteable domain",
        "domain name not found", "couldn't find any host",
        "no mx record", "dns error", "domain is not reachable", "not a valid domain", "host name lookup",
        "illegal host/domain name", "unresolvable",
        "bad destination host", "invalid domain", "could not find any host", "host or domain name",
        "host address lookups failed", "unknown mail host",
        "recipient domain must exist", "account or domain may not exist", "no mail hosts for domain",
    )),
    ("902", ("malformed", "syntax error", "bad recipient address syntax", "unterminated")),
    ("909", (
        "relaying mail to", "relaying is prohibited", "relay prohibited", "relay is not allowed",
        "not allowed to relay", "not a gateway", "unauthenticated relay",
        "relay not permitted", "relaying denied", "relay access denied", "not permitted to relay",
        "relaying not allowed", "unable to relay",
        "we do not relay", "relay denied", "relay operation rejected", "insecure mail relay", "open relay",
        "not configured to relay",
    )),
    ("921", (
        "frozen", "discontinued", "archivee", "user is inactive",
        "account has been disabled", "account disabled", "account is disabled", "inactive", "suspended",
        "user is disabled", "mailbox disabled",
        "account is locked", "no longer active", "temporarily disabled", "account not activated",
        "not currently active", "deactivated",
        "account that you tried to reach is disabled",
    )),
    ("947", (
        "retry timeout exceeded", "did not accept our requests to connect", "host not reachable",
        "failed 20 attempts", "cannot send message for",
        "not yet been delivered", "still being retried", "delivery time expired", "has been in the queue",
        "delivery attempts", "not delivered after",
        "maximum retries", "after multiple retries", "queue too long", "retry time", "message expired",
    )),
    ("930", (
        "aliasing/forwarding loop", "can't create user output", "cannot send e-mail to yourself",
        "queue file write error", "no mdb", "misconfigured", "it would create a mail loop",
        "encountered an error while being processed", "temporary local problem", "system config error",
        "loop alert", "duplicated message-id", "system error", "local error",
        "internal error", "i/o error",
        "configuration error", "loops back",
    )),
    ("911", (
        "address invalid", "not present in directory", "could not be found", "mailbox invalid", "not a local",
        "badrcptto", "no mailbox", "nessun utente", "no existe", "user has left", "not in our system",
        "mailbox not present", "unknown e-mail address", "username incorrect", "not have a user by that name",
        "no one with that email", "not found recipient", "non esiste", "bad recipient",
        "user unknown", "unknown user", "no such user", "no such mailbox", "no such recipient", "no such address",
        "user not found",
        "mailbox not found", "recipient not found", "does not exist", "doesn't exist", "doesn't have a",
        "unknown recipient", "recipient unknown",
        "invalid recipient", "invalid mailbox", "addressee unknown", "not a valid", "account not found",
        "unknown address",
        "address unknown", "unknown local part", "unknown local-part", "not listed in", "is unknown",
        "user doesn't", "no mailbox here", "bad address",
        "undeliverable address", "user invalid", "unknown or illegal", "no account", "not our customer",
        "recipient address rejected",
        "not a known user", "not exist", "isn't listed", "存在しません", "見つかりません", "unknown account",
        "no one at this address", "unknown mailbox",
        "bad destination mailbox", "has no mailbox", "no longer valid", "no valid recipients", "not recognized",
        "address was not found", "宛先不明", "address not found",
    )),
    ("943", ("host does not accept mail", "domain does not accept mail", "mail receiving disabled", "null mx")),
    ("945", (
        "too many connections", "too many concurrent", "rate limit", "throttled", "too frequent",
        "too many recipients",
    )),
    ("910", (
        "filtered", "rejected by recipient", "refused by recipient", "not accepting mail", "does not accept mail",
        "受信拒否", "mailbox unavailable",
        "recipients was rejected", "message rejected by",
    )),
    ("971", (
        "blocked", "blacklist", "black list", "blocklist", "block list", "spamhaus", "access from ip", "dnsbl",
        "connection rejected", "bad reputation",
        "refused to talk", "banned", "after initial connection",
    )),
    ("939", ("mailer error", "procmail", "child process", "pipe to", "local delivery failed", "exited with")),
    ("947", (
        "timed out", "time out", "timeout", "expired", "giving up", "delayed", "temporarily unable",
        "connection refused",
        "too long",
    )),
    ("944", (
        "too many hops", "hop count", "forwarding loop", "message looping", "routing loop", "mail loop", "loop count",
        "could not connect and send", "name server reply", "unable to resolve route",
    )),
    ("944", ("no route to host", "network is unreachable", "network error", "connection lost", "connection dropped")),
    ("918", ("rejected", "denied", "refused", "transaction failed")),
    ("911", (
        "invalid address", "not known", "recipient rejected", "not found in", "no user", "unable to find",
        "failed permanently", "unknown",
    )),
)  # fmt: skip


def enhanced_all(text: str) -> list[str]:
    """Every enhanced status code of a failure in the text, in order."""
    found = [match.group() for match in _ENHANCED.finditer(text[:20_000]) if _is_plausible(match)]
    return [code for code in found if code[0] in "45"]


def enhanced(text: str) -> str:
    """The most telling enhanced status code in the text, or an empty text."""
    failing = enhanced_all(text)
    # "Other" and "expired" say less than what another server answered on the way.
    specific = [code for code in failing if not code.endswith((".0.0", ".4.7"))]
    return next(iter(specific or failing), "")


def _is_plausible(match: re.Match[str]) -> bool:
    """Subject and detail that RFC 3463 and its registry know; versions and addresses are no codes."""
    return int(match.group(2)) <= 8 and int(match.group(3)) <= 999


def reply_code(text: str) -> str:
    """The first failing SMTP reply code in the text, or an empty text."""
    found = _REPLY.search(text[:20_000])
    return found.group(1) if found else ""


def status_of(text: str, *, temporary: bool = False) -> str:
    """An enhanced status code for the words of a report: the one it names, else the one for its reason."""
    code = enhanced(text)
    if code:
        return code
    reply = reply_code(text)
    low = text[:20_000].lower()
    detail = _reason(low)
    first = "4" if temporary or (reply[:1] == "4") else "5"
    if not detail:
        return f"{first}.0.0" if reply or temporary else ""
    return f"{first}.0.{detail}"


def _reason(low: str) -> str:
    """The number of the first reason that the words give, or an empty text."""
    if _NO_SUCH_HOST.search(low):
        return "912"
    detail = next((number for number, signs in _REASONS if any(sign in low for sign in signs)), "")
    # An unknown user is refused at RCPT; whoever says so only after the words were sent filters (as Sisimai has it).
    return "910" if detail == "911" and _AFTER_DATA.search(low) else detail


def has_reason(text: str) -> bool:
    """Whether the text says why something failed."""
    low = text.lower()
    return bool(enhanced(text) or reply_code(text)) or any(sign in low for _, signs in _REASONS[:-1] for sign in signs)
