"""How a finished mail leaves the house: over an SMTP server, or as a file in a folder."""

import os
import smtplib
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ticketdesk.core.errors import AccessRefused, DeliveryFailed, ServerUnusable
from ticketdesk.core.failpoints import failpoint

SECONDS_A_STEP = 30.0
SECONDS_IN_ALL = 150.0
"""However slowly a server talks, one mail never keeps its worker longer; less than the lease of a sending row."""
LONGEST_WORD = 500


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever shows this token is let in under this name (SASL XOAUTH2)."""

    user: str
    token: str = field(repr=False)

    def said(self, challenge: bytes | None = None) -> str:
        """What is answered to a server; to the challenge with which it refuses, nothing, so that it ends the talk."""
        return "" if challenge else f"user={self.user}\x01auth=Bearer {self.token}\x01\x01"


def over_smtp(
    mail: bytes,
    *,
    sender: str,
    recipient: str,
    url: str,
    before_content: Callable[[], None],
    bearer: Bearer | None = None,
) -> str:
    """Give a mail to one recipient to the server of `url`; returns the server's last word.

    `before_content` is called when the server is ready for the words: from then on a cut is ambiguous.
    Raises DeliveryFailed, and of its kinds AccessRefused when the server does not take the bearer's token.
    """
    failpoint("connect")
    with _connected(url, bearer) as server:
        _expect(server.mail(sender), 250, "refused the sender")
        _expect(server.rcpt(recipient), 250, "refused the recipient", also=(251, 252))
        server.putcmd("data")
        _expect(server.getreply(), 354, "refused the mail")
        before_content()
        try:
            server.send(_stuffed(mail))
            failpoint("after data")
            code, words = server.getreply()
        except (smtplib.SMTPException, OSError) as error:
            text = f"The connection broke after the mail was handed over ({_plain(error)})."
            raise DeliveryFailed(text, ambiguous=True) from error
        failpoint("after 250")
        _expect((code, words), 250, "refused the mail")
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        return f"{code} {_words(words)}"


def place_of(url: str) -> str:
    """The server of an address as host and port, without who signs in there."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}:{parts.port or _usual_port(parts.scheme)}"


def into_folder(mail: bytes, folder: Path, name: str) -> str:
    """Write a mail as a file that is there whole or not at all; the same name again replaces it.

    Raises DeliveryFailed when the folder cannot be written.
    """
    failpoint("connect")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=folder, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(mail)
                file.flush()
                os.fsync(file.fileno())
            failpoint("after data")
            os.replace(beside, folder / name)
        except BaseException:
            with suppress(OSError):
                os.unlink(beside)
            raise
    except OSError as error:
        raise DeliveryFailed(f"The outbox folder cannot be written: {error.strerror or error}.") from error
    failpoint("after 250")
    return f"written to {name}"


@contextmanager
def _connected(url: str, bearer: Bearer | None) -> Iterator[smtplib.SMTP]:
    """A server that has greeted us, over TLS where the scheme says so, signed in where there is something to show."""
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    client: smtplib.SMTP
    if parts.scheme == "smtps":
        client = smtplib.SMTP_SSL(timeout=SECONDS_A_STEP, context=ssl.create_default_context())
    else:
        client = smtplib.SMTP(timeout=SECONDS_A_STEP)
    done = threading.Event()
    # Before the greeting, which may already come drop by drop.
    threading.Thread(target=_cut_when_over, args=(client, done), name="patience", daemon=True).start()
    try:
        try:
            _call(client, host, parts.port or _usual_port(parts.scheme))
            _greet(client, parts.scheme, secret=bool(bearer or parts.username) and not _is_here(host))
            if bearer:
                client.auth("XOAUTH2", bearer.said)
            elif parts.username:
                client.login(unquote(parts.username), unquote(parts.password or ""))
        except smtplib.SMTPAuthenticationError as error:
            if bearer:
                raise AccessRefused(f"{host} did not let us in as {bearer.user} ({_plain(error)}).") from error
            raise ServerUnusable(f"The mail server refused our name or password ({_plain(error)}).") from error
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise ServerUnusable(f"The mail server {host} cannot be used: {_plain(error)}.") from error
        try:
            yield client
        except (smtplib.SMTPException, OSError) as error:
            raise ServerUnusable(f"The mail server {host} broke off: {_plain(error)}.") from error
    finally:
        done.set()
        client.close()


def _usual_port(scheme: str) -> int:
    return 465 if scheme == "smtps" else 25


def _call(client: smtplib.SMTP, host: str, port: int) -> None:
    client._host = host  # type: ignore[attr-defined]  # what its constructor sets: TLS checks the certificate for it
    code, words = client.connect(host, port)
    if code != 220:
        raise smtplib.SMTPConnectError(code, words)


def _greet(client: smtplib.SMTP, scheme: str, *, secret: bool) -> None:
    """Say hello, over TLS where it is asked for or offered; a password leaves this machine only to a proven server."""
    client.ehlo_or_helo_if_needed()
    if scheme == "smtps":
        return
    offered = client.has_extn("starttls")
    if scheme == "smtp+starttls" or offered:
        context = ssl.create_default_context()
        if scheme == "smtp" and not secret:
            # TLS that is taken only when offered keeps no attacker out, so a certificate of one's own may do.
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client.starttls(context=context)
        client.ehlo()
    elif secret:
        raise smtplib.SMTPNotSupportedError("it offers no TLS, and the password would be sent in the clear")


def _is_here(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1")


def _cut_when_over(client: smtplib.SMTP, done: threading.Event) -> None:
    """When the time is over, cut the line, and again if it is only then being made."""
    over = done.wait(SECONDS_IN_ALL)
    while not over:
        line = client.sock
        if line is not None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        over = done.wait(1)


def _expect(reply: tuple[int, bytes], wanted: int, refusal: str, also: tuple[int, ...] = ()) -> None:
    code, words = reply
    if code == wanted or code in also:
        return
    raise DeliveryFailed(f"The mail server {refusal}: {code} {_words(words)}", permanent=500 <= code < 600)


def _stuffed(mail: bytes) -> bytes:
    """The mail between DATA and its end: only CRLF ends a line, and a dot at its start is doubled (RFC 5321, 4.5.2)."""
    lines = mail.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if lines and lines[-1] == b"":
        lines.pop()
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines) + b".\r\n"


def _words(words: bytes) -> str:
    return " ".join(words.decode("utf-8", "replace").split())[:LONGEST_WORD]


def _plain(error: Exception) -> str:
    """What went wrong, as a person would say it."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {_words(said if isinstance(said, bytes) else str(said).encode())}"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "nobody answers at its port"
    if isinstance(error, ssl.SSLError):
        return f"no safe connection can be made ({error.reason or 'TLS failed'})"
    return str(error) or type(error).__name__
