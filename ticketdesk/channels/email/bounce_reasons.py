"""Why a mail did not arrive, read from the words of the report.

A report that names no enhanced status code (RFC 3463) gets one from the range x.0.9nn, which the registry
leaves free, with the numbers that the Sisimai project gave to the reasons.
"""

import re

_ENHANCED = re.compile(r"(?<![\d.])([245])[.](\d{1,3})[.](\d{1,3})(?![\d.]|-\d)")
_REPLY = re.compile(r"(?<![\d.\-:/(])([45][0-5]\d)(?=[\s\-:;,)\]]|$)")

# First match counts: what is more specific stands above.
_REASONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("922", (
        "mailbox full", "mailbox is full", "mailbox quota", "quota exceeded", "over quota", "overquota", "exceeded storage",
        "quota full", "disk quota", "exceeds the limit of the mailbox", "mailbox size limit", "insufficient disk space", "is full",
        "not enough storage", "storage quota", "exceeded the quota", "is over the maximum allowed", "exceeded your quota",
        "user does not have enough space", "inbox is full", "mail box space not enough", "account is exceeding their quota",
        "mailfolder is full", "mailbox exceeds", "would be over the allowed quota", "exceeded their quota", "quota violation",
        "mailbox has exceeded", "out of storage", "メールボックスに空きがありません", "容量", "受信箱が一杯", "full mailbox",
        "recipient's mailbox was full", "user is over the quota", "mailbox limit", "unable to deliver a message due to lack of space",
    )),
    ("934", (
        "message size exceeds", "message too large", "size exceeds", "too large", "exceeds size limit", "message too big",
        "exceeded maximum", "message length exceeds", "size limit exceeded", "larger than the current system limit",
        "maximum message size", "exceeds the maximum",
    )),
    ("976", ("starttls", "tls required", "failed to establish tls", "certificate")),
    ("980", (
        "spam", "unsolicited", "junk mail", "bulk mail", "content filter", "content rejected", "message rejected as", "classified as",
        "message contains", "blacklisted url",
    )),
    ("973", ("reverse dns", "ptr record", "rdns", "no ptr", "reverse lookup", "resolve the ip", "dns ptr", "pointer record")),
    ("912", (
        "host unknown", "unknown host", "host not found", "domain not found", "name or service not known", "domain does not exist",
        "no such domain", "unrouteable address", "unrouteable mail domain", "unrouteable domain", "domain name not found",
        "couldn't find any host", "no mx record", "dns error", "domain is not reachable", "not a valid domain", "can not find mx",
        "host name lookup", "name server", "illegal host/domain name", "unresolvable", "bad destination host", "invalid domain",
        "domain name doesn't exist", "could not find any host", "host or domain name not found", "all host address lookups failed permanently",
        "unknown mail host", "recipient domain must exist", "404 object not found", "no route to host or domain",
    )),
    ("902", ("malformed", "syntax error", "bad recipient address syntax", "unterminated")),
    ("909", ("relay not permitted", "relaying denied", "relay access denied", "not permitted to relay", "relaying not allowed", "unable to relay", "we do not relay", "relay denied", "relay operation rejected", "insecure mail relay", "open relay", "this system is not configured to relay")),
    ("921", ("account has been disabled", "account disabled", "account is disabled", "inactive", "suspended", "user is disabled", "mailbox disabled", "mailbox unavailable or access denied", "account is locked", "no longer active", "temporarily disabled", "account that you tried to reach is disabled", "account not activated", "mailbox currently suspended", "is not currently active", "this account has been disabled", "deactivated")),
    ("911", (
        "user unknown", "unknown user", "no such user", "no such mailbox", "no such recipient", "no such address", "user not found",
        "mailbox not found", "recipient not found", "does not exist", "doesn't exist", "doesn't have a", "unknown recipient", "recipient unknown",
        "invalid recipient", "invalid address", "invalid mailbox", "addressee unknown", "not a valid", "account not found", "unknown address",
        "mailbox unavailable", "address unknown", "unknown local part", "unknown local-part", "not listed in", "is unknown", "user doesn't",
        "no mailbox here", "bad address", "not known", "undeliverable address", "user invalid", "unknown or illegal", "no account",
        "not our customer", "recipient address rejected", "recipient rejected", "not a known user", "not exist", "isn't listed",
        "存在しません", "見つかりません", "unknown account", "there is no one at this address", "unknown mailbox", "bad destination mailbox",
        "not found in", "has no mailbox", "could not be delivered", "no longer valid", "not recognized", "email address was not found",
        "宛先不明", "no user", "unable to find", "delivery to the following recipient failed permanently", "unknown",
    )),
    ("918", ("group you tried to contact", "may not exist, or you may not have permission", "sender rejected", "sender address rejected", "bad sender", "you are not allowed to post", "not accept mail from", "sender denied", "sender verify failed", "access denied", "not permitted to send", "unauthorized sender", "transaction failed", "permission to post")),
    ("947", (
        "timed out", "time out", "timeout", "retry timeout", "delivery time expired", "has been in the queue", "could not be delivered for",
        "cannot send message for", "expired", "too long", "giving up", "delayed", "not delivered after", "delivery attempts",
        "temporarily unable", "has not yet been delivered", "still being retried", "message that you sent has not", "connection refused",
        "maximum retries", "queue too long", "were not able to deliver", "unable to deliver message after", "retry time", "was not delivered in",
    )),
    ("901", ("delivery temporarily", "on hold")),
    ("930", ("mail loop", "loop alert", "duplicated message-id", "too many hops", "system error", "local error", "internal error", "i/o error", "configuration error", "routing loop", "mail system configuration")),
    ("971", ("blocked", "blacklist", "black list", "blocklist", "block list", "spamhaus", "rejected because of", "access from ip", "dnsbl", "rbl", "connection rejected", "your host", "bad reputation", "refused to talk", "banned")),
    ("939", ("mailer error", "procmail", "child process", "unknown mailer error", "pipe to", "local delivery failed", "exited with")),
    ("910", ("filtered", "rejected by recipient", "refused by recipient", "not accepting mail", "does not accept mail", "unreachable", "message rejected", "受信拒否")),
    ("944", ("no route to host", "network is unreachable", "network error", "connection lost", "connection dropped")),
    ("918", ("rejected", "denied", "refused")),
)  # fmt: skip


def enhanced(text: str) -> str:
    """The most telling enhanced status code in the text, or an empty text."""
    found = [match.group() for match in _ENHANCED.finditer(text[:20_000]) if _is_plausible(match)]
    failing = [code for code in found if code[0] in "45"]
    specific = [code for code in failing if not code.endswith(".0.0")]
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
    detail = next((number for number, signs in _REASONS if any(sign in low for sign in signs)), "")
    first = "4" if temporary or (reply[:1] == "4") else "5"
    if not detail:
        return f"{first}.0.0" if reply or temporary else ""
    return f"{first}.0.{detail}"


def has_reason(text: str) -> bool:
    """Whether the text says why something failed."""
    low = text.lower()
    return bool(enhanced(text) or reply_code(text)) or any(sign in low for _, signs in _REASONS[:-1] for sign in signs)
