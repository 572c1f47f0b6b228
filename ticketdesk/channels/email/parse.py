"""A raw mail understood: pure, bounded and never raising."""

import hashlib

from ticketdesk.channels.email import (
    attachments,
    bodies,
    bounces,
    charsets,
    forwarded,
    guards,
    headers,
    mime,
    newest_html,
    quoting,
    quoting_html,
)
from ticketdesk.channels.email.addresses import parse_strict
from ticketdesk.channels.email.fingerprint import fingerprint
from ticketdesk.channels.email.model import Mailbox, ParsedMail, Unreadable
from ticketdesk.core import html as cleaner
from ticketdesk.core import html_images

_MAX_DEFECTS = 50


def parse(raw: bytes) -> ParsedMail:
    """Everything a mail says; what lies beyond the limits is quarantined with its reason, never raised."""
    try:
        return _understand(raw)
    except Unreadable as beyond:
        return unreadable(raw, beyond.reason)


def unreadable(raw: bytes, reason: str) -> ParsedMail:
    """What can be said of a mail that is not read: its first headers, for whoever looks at it."""
    head = mime.read_head(raw)
    try:
        sender = next(iter(headers.mailboxes(head, "from")), None)
    except Unreadable:
        sender = None
    return ParsedMail(
        sender=sender,
        sender_known=False,
        to=(),
        cc=(),
        reply_to=(),
        recipients=headers.recipients(head, (), ()),
        subject=charsets.one_line(charsets.decode((head.first("subject") or b"")[:1000])[0]),
        date=headers.date_of(head),
        message_id=headers.message_id(head),
        in_reply_to=None,
        references=(),
        text="",
        html=None,
        html_new=None,
        is_rich=False,
        remote_pictures=0,
        traces=0,
        reply_text="",
        quoted_text="",
        signature="",
        attachments=(),
        is_bounce=False,
        failed_recipients=(),
        original_message_ids=(),
        is_auto_reply=False,
        auto_reply_reason=None,
        is_list=False,
        no_automatic_answer="unreadable",
        inert=None,
        forwarded=None,
        quarantine=reason,
        fingerprint=hashlib.sha256(raw).hexdigest(),
        return_path=None,
        thread_topic=None,
        thread_index=None,
        authentication_results=(),
        received_count=0,
        loop_marks=(),
        cleaner_version=cleaner.CLEANER_VERSION,
        defects=(reason, *dict.fromkeys(head.defects)),
    )


def _understand(raw: bytes) -> ParsedMail:
    root = mime.read(raw)
    defects: list[str] = []
    froms = headers.mailboxes(root, "from")
    known = parse_strict(root.every("from"), root.hint)
    sender = known or _likely(froms)
    to, cc = headers.mailboxes(root, "to"), headers.mailboxes(root, "cc")
    subject = headers.text_of(root, "subject")

    found = bodies.collect(root)
    html_source = "\n".join(found.html)
    files = attachments.collect(found.others, html_source)
    text = found.text
    if text.strip() or not html_source.strip():
        cut = quoting.split(text)
    else:
        lines = quoting_html.read(html_source)
        text, cut = cleaner.text_of(lines), quoting_html.split(lines)
    html = _clean(html_source, text, defects) if html_source.strip() else None

    original = forwarded.find(subject, text, found.others)
    if original is not None and cut.quoted and forwarded.is_marked(subject):
        # What somebody forwards is what they want read, not history to be folded away.
        cut = quoting.Cut(text.strip(), "", "")

    html_new = _newest(html, html_source, cut) if html is not None else None
    remote = html_images.count(html or "")

    report = bounces.read(root, sender, subject, text)
    verdict = guards.judge(root, sender, subject, is_bounce=report is not None)
    quarantine = verdict.verification or _no_mail(root, sender, is_bounce=report is not None)
    if quarantine is not None:
        defects.insert(0, quarantine)
    for part in root.walk():
        defects.extend(part.defects)
    return ParsedMail(
        sender=sender,
        sender_known=known is not None,
        to=to,
        cc=cc,
        reply_to=headers.mailboxes(root, "reply-to"),
        recipients=headers.recipients(root, to, cc),
        subject=subject,
        date=headers.date_of(root),
        message_id=headers.message_id(root),
        in_reply_to=headers.in_reply_to(root),
        references=headers.references(root),
        text=text,
        html=html,
        html_new=html_new,
        is_rich=html is not None and newest_html.is_rich(html_new or html),
        remote_pictures=remote.pictures,
        traces=remote.traces,
        reply_text=cut.reply,
        quoted_text=cut.quoted,
        signature=cut.signature,
        attachments=files,
        is_bounce=report is not None,
        failed_recipients=report.failed if report else (),
        original_message_ids=report.original_ids if report else (),
        is_auto_reply=verdict.is_auto_reply,
        auto_reply_reason=verdict.auto_reply_reason,
        is_list=verdict.is_list,
        no_automatic_answer=verdict.no_automatic_answer,
        inert=verdict.inert,
        forwarded=original if report is None else None,
        quarantine=quarantine,
        fingerprint=fingerprint(root),
        return_path=headers.return_path(root),
        thread_topic=headers.text_of(root, "thread-topic") or None,
        thread_index=headers.text_of(root, "thread-index")[:2000] or None,
        authentication_results=tuple(
            charsets.one_line(charsets.decode(value)[0]) for value in root.every("authentication-results")[:20]
        ),
        received_count=len(root.every("received")),
        loop_marks=tuple(charsets.one_line(charsets.decode(value)[0]) for value in root.every("x-loop")[:20]),
        cleaner_version=cleaner.CLEANER_VERSION,
        defects=tuple(dict.fromkeys(defects))[:_MAX_DEFECTS],
    )


def _clean(source: str, text: str, defects: list[str]) -> str:
    """The HTML body made harmless, or its text when it is beyond the cleaner."""
    if cleaner.is_excessive(source):
        defects.append("HTML too large or too deep to show: its text is kept")
        return cleaner.text_page(text)
    return cleaner.clean_measured(source)


def _newest(cleaned: str, source: str, cut: quoting.Cut) -> str | None:
    """The new words of an HTML body as HTML, where the mail quotes or signs."""
    if not (cut.quoted or cut.signature):
        return None
    return newest_html.newest(cleaned, cut, quoting_html.split(quoting_html.read(source)))


def _likely(froms: tuple[Mailbox, ...]) -> Mailbox | None:
    """The sender to show when none is certain: the first with an address."""
    return next((mailbox for mailbox in froms if "@" in mailbox.address), froms[0] if froms else None)


def _no_mail(root: mime.Part, sender: Mailbox | None, *, is_bounce: bool) -> str | None:
    """Why bytes without a sender are no mail to make a ticket of."""
    if not root.raw.strip():
        return "an empty message"
    if not root.headers:
        return "no headers: this is no mail"
    if sender is None and not is_bounce and not (root.first("from") or b"").strip():
        return "no sender"
    return None
