"""The newest words of an HTML body, by the marks that mail programs leave around what they quote."""

from ticketdesk.channels.email import limits, separators
from ticketdesk.channels.email.quoting import Cut, split_lines
from ticketdesk.core.html_text import Line, read_lines

# Marks in the attributes of an element that holds quoted words.
_QUOTES = (
    "gmail_quote", "gmail_extra", "gmail_attr", "yahoo_quoted", "yahooquoted", "moz-cite-prefix",
    "moz-email-headers-table", "olk_src_body_section",
    "mail-editor-reference-message", "reply-intro", "replyintro", "zmail_extra", "zimbra", "protonmail_quote",
    "tutanota_quote",
    "mailbird_quote", "replied_content", "quotedtext", "quoted_text", "email_quote", "quotecontent",
    "ms-outlook-mobile-reference-message",
    "freescout_reply", "fm-quote", "bloop_markup_reply", "airmail_quote", "airmail_on", "appendonsend",
    "gwt-quote", "skype-quote",
    "x_gmail_quote", "alimail-quote", "__aliyun_previous_quote", "ntes_quote", "isreplycontent", "ox-quote",
    "unibox_quote", "front-blockquote", "hs_reply",
    "wm_reply", "d_quote", "history_container", "message-quote", "mailquote", "edo-reference", "spark-quote",
    "reference-message", "reference_message",
)  # fmt: skip
# Everything after such an element in the same parent is quoted.
_CUTS = ("divrplyfwdmsg", "stopspelling")
_SIGNATURES = (
    "gmail_signature", "moz-signature", "ms-outlook-mobile-signature", "ms-outlook-ios-signature",
    "applemailsignature", "applelineb", "protonmail_signature",
    "mobile-signature", "mail-signature", "email-signature", "bloop_sign", "airmail_sign", "zmail_signature",
    "yahoo_signature", "lb-signature",
)  # fmt: skip


def read(source: str) -> list[Line]:
    """The visible lines of an HTML body, labelled for `split`."""
    return read_lines(source[: 2 * limits.MAX_BODY_CHARS], _label)


def split(found: list[Line]) -> Cut:
    """Cut an HTML body."""
    beyond = [line.text for line in found[limits.MAX_LINES :]]
    found = found[: limits.MAX_LINES]
    lines = [line.text for line in found]
    quoted = [line.label in ("quote", "cut") or line.text.startswith(">") for line in found]
    begin = _cut_at(found, quoted)
    quoted[begin:] = [True] * (len(found) - begin)
    signed = [line.label == "signature" for line in found]
    return split_lines(lines, quoted, signed, beyond)


def _cut_at(found: list[Line], quoted: list[bool]) -> int:
    """The line from which everything is quoted: where Outlook puts the old headers below new words."""
    words_above = False
    for number, line in enumerate(found):
        if line.label == "cut":
            if not words_above:
                quoted[:] = [False] * len(found)
                return len(found)
            while number and separators.is_rule(found[number - 1].text):
                number -= 1
            return number
        words_above = words_above or (
            bool(line.text.strip()) and not quoted[number] and not separators.is_rule(line.text)
        )
    return len(found)


def _label(name: str, attributes: str) -> str | None:
    low = attributes[:2000].lower()
    if name == "blockquote":
        return None if "tr_bq" in low else "quote"
    if not low:
        return None
    if "class" in low or "id" in low:
        if any(mark in low for mark in _CUTS):
            return "cut"
        if any(mark in low for mark in _QUOTES):
            return "quote"
        if any(mark in low for mark in _SIGNATURES):
            return "signature"
    return None
