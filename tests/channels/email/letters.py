"""Mails written for the tests."""


def letter(
    body: str | bytes = "Hello,\r\nthe printer is on fire.\r\n",
    *,
    headers: str = "",
    sender: str | None = "Dana Customer <dana@customer.test>",
    to: str = "support@example.com",
    subject: str = "Printer",
    kind: str = "text/plain; charset=utf-8",
    message_id: str | None = "<one@customer.test>",
) -> bytes:
    """A raw mail; `headers` are further lines without their last line end."""
    lines = [f"To: {to}", f"Subject: {subject}", "Date: Mon, 02 Mar 2026 10:00:00 +0100", f"Content-Type: {kind}"]
    if sender is not None:
        lines.insert(0, f"From: {sender}")
    if message_id is not None:
        lines.append(f"Message-ID: {message_id}")
    if headers:
        lines.append(headers)
    content = body.encode("utf-8", "surrogateescape") if isinstance(body, str) else body
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + content


def parts(*content: str, kind: str = "multipart/mixed") -> bytes:
    """A mail of several parts, each given with its own headers."""
    body = "".join(f"--edge\r\n{part}\r\n" for part in content) + "--edge--\r\n"
    return letter(body, kind=f'{kind}; boundary="edge"')
