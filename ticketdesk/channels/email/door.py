"""The door through which other mail servers bring mail: SMTP and LMTP on one port, no answer before the commit."""

import asyncio
import contextlib
import signal
import socket
import ssl
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import IO

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from ticketdesk.channels.email import intake, limits
from ticketdesk.channels.email.certificate import Certificate
from ticketdesk.core import clock, lasting
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.core.failpoints import failpoint

IDLE_SECONDS = 120.0
DATA_SECONDS = 600.0
"""How long one mail may take to come in."""
MOST_CONNECTIONS = 100
MOST_FROM_ONE = 25
STORING_THREADS = 4
IN_MEMORY = 1024 * 1024
COMMANDS = {"*": 1000, "RCPT": 5000}
"""How often a command may come in one connection: relays send many mails over one."""

log = structlog.get_logger(__name__)


@dataclass
class Visitors:
    """Who is connected, so that nobody takes all the room."""

    now: Counter[str] = field(default_factory=Counter)

    def enter(self, address: str) -> bool:
        """Whether there is room for one more; the caller leaves again only when there was."""
        if self.now.total() >= MOST_CONNECTIONS or self.now[address] >= MOST_FROM_ONE:
            return False
        self.now[address] += 1
        return True

    def leave(self, address: str) -> None:
        """One is gone."""
        self.now[address] -= 1
        if self.now[address] <= 0:
            del self.now[address]


class Keeper:
    """What the door does with a mail: store it and commit, in a thread, with an app context of its own."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.threads = ThreadPoolExecutor(STORING_THREADS, thread_name_prefix="storing")
        self.room = asyncio.Semaphore(STORING_THREADS)  # so many mails are in memory at once

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Anyone may be written to: an unknown recipient's mail is the default mailbox's."""
        if len(envelope.rcpt_tos) >= intake.MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients, send the rest in another mail"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def keep(self, content: IO[bytes], envelope: Envelope, source: str) -> bool:
        """Store and commit; False when that is impossible now."""
        recipients = [str(recipient) for recipient in envelope.rcpt_tos]
        sender = envelope.mail_from or ""
        async with self.room:
            content.seek(0)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self.threads, self._store, content.read(), sender, recipients, source)

    def _store(self, raw: bytes, sender: str, recipients: list[str], source: str) -> bool:
        with self.app.app_context():
            try:
                intake.store(
                    raw,
                    source=source,
                    mailbox=intake.mailbox_for(recipients),
                    envelope_from=sender,
                    envelope_to=recipients,
                    received_at=clock.now(),
                )
                failpoint("commit")
                db.session.commit()
            except (SQLAlchemyError, OSError) as error:
                db.session.rollback()
                log.error("mail not stored", error=f"{type(error).__name__}: {error}"[:500])
                return False
        return True


class Conversation(SMTP):
    """One connection; greets as SMTP and as LMTP, and reads mail with lines of any length in bounded memory."""

    line_length_limit = 64 * 1024
    """The reader's buffer; longer lines come in pieces."""

    def __init__(
        self,
        keeper: Keeper,
        visitors: Visitors,
        hostname: str,
        loop: asyncio.AbstractEventLoop,
        *,
        tls: ssl.SSLContext | None = None,
        tls_required: bool = False,
    ) -> None:
        super().__init__(
            keeper,
            tls_context=tls,
            data_size_limit=limits.MAX_BYTES,
            enable_SMTPUTF8=True,
            hostname=hostname,
            ident="TicketDesk",
            timeout=IDLE_SECONDS,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            command_call_limit=COMMANDS,
            loop=loop,
        )
        self.keeper = keeper
        self.visitors = visitors
        self.visitor: str | None = None
        self.speaks_lmtp = False
        self.tls_required = tls_required

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the visitor in, or say at once that there is no room."""
        if self.visitor is not None:  # the same one, from here on over TLS
            self.speaks_lmtp = False
            super().connection_made(transport)
            return
        peer = transport.get_extra_info("peername")
        address = peer[0] if isinstance(peer, tuple) else "local"
        if not self.visitors.enter(address):
            assert isinstance(transport, asyncio.Transport)  # noqa: S101  # what a TCP server makes
            transport.write(b"421 4.3.2 Too many connections, come back later\r\n")
            transport.abort() if transport.is_closing() else transport.close()
            self.transport = None
            return
        self.visitor = address
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Make room for others."""
        if self.visitor is None:
            return
        self.visitors.leave(self.visitor)
        self.visitor = None
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Hear only those who were taken in."""
        if self.visitor is not None:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        """Close on those who were not taken in."""
        return super().eof_received() if self.visitor is not None else False

    async def handle_exception(self, error: Exception) -> str:
        """Errors of ours are temporary and tell nothing."""
        log.error("mail door", error=f"{type(error).__name__}: {error}"[:500])
        return "451 4.3.0 Something went wrong here, please try again later"

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, hostname: str) -> None:  # noqa: N802  # aiosmtpd's name
        """The greeting of LMTP (RFC 2033): from here on every recipient gets an answer of its own."""
        self.speaks_lmtp = True
        await super().smtp_EHLO(hostname)

    @syntax("MAIL FROM: <address>", extended=" [SP <mail-parameters>]")
    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802  # aiosmtpd's name
        """Begin a mail, over TLS where that is required; the library's own way would refuse LMTP its greeting."""
        if self.tls_required and not self._tls_protocol:
            await self.push("530 5.7.0 Must issue a STARTTLS command first")
            return
        await super().smtp_MAIL(arg)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  # aiosmtpd's name
        """Take a mail in: 250 only when it is stored and committed, 451 when it cannot be now, 552 when too big."""
        if await self.check_helo_needed():
            return
        envelope = self.envelope
        if envelope is None or not envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        recipients = len(envelope.rcpt_tos)
        self._reset_timeout(DATA_SECONDS)
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as content:
            fits = await self._read_content(content)
            self._reset_timeout(DATA_SECONDS)
            if not fits:
                answer = f"552 5.3.4 The mail is larger than {limits.MAX_BYTES // 1024 // 1024} MiB"
            elif await self.keeper.keep(content, envelope, "lmtp" if self.speaks_lmtp else "smtp"):
                answer = "250 2.0.0 OK, we have it"
            else:
                answer = "451 4.3.0 It cannot be stored now, please try again later"
        self.envelope = self._create_envelope()
        self._reset_timeout()
        await self.push("\r\n".join([answer] * recipients) if self.speaks_lmtp else answer)

    async def _read_content(self, content: IO[bytes]) -> bool:
        """Read the mail without its transparency dots; False when it is too big. Only CRLF . CRLF ends it.

        What is large waits on disk, so that many slow senders do not fill the memory.
        """
        size, starts_line = 0, True
        while True:
            try:
                piece = await self._reader.readuntil(b"\r\n")
                ends_line = True
            except asyncio.LimitOverrunError as longer:
                piece = await self._reader.readexactly(longer.consumed)
                ends_line = False
            if starts_line and piece == b".\r\n":
                return size <= limits.MAX_BYTES
            if starts_line and piece.startswith(b"."):
                piece = piece[1:]
            starts_line = ends_line
            size += len(piece)
            if size <= limits.MAX_BYTES:
                content.write(piece)
            elif size - len(piece) <= limits.MAX_BYTES:
                content.truncate(0)  # too big: the rest is heard out, not kept


class Door:
    """The listening door."""

    def __init__(
        self, app: Flask, host: str, port: int, certificate: Certificate | None = None, *, tls_required: bool = False
    ) -> None:
        self.keeper = Keeper(app)
        self.certificate, self.tls_required = certificate, tls_required
        self.visitors = Visitors()
        self.host, self.port = host, port
        self.server: asyncio.Server | None = None

    async def open(self) -> int:
        """Listen; returns the port, for those who asked for any. Raises OSError."""
        loop = asyncio.get_running_loop()
        hostname = socket.gethostname()

        def converse() -> Conversation:
            tls = None if self.certificate is None else self.certificate.context()
            return Conversation(self.keeper, self.visitors, hostname, loop, tls=tls, tls_required=self.tls_required)

        self.server = await loop.create_server(converse, self.host, self.port)
        self.port = self.server.sockets[0].getsockname()[1]
        return self.port

    async def close(self) -> None:
        """Take nobody new in, finish what is being stored."""
        if self.server is not None:
            self.server.close()
        await asyncio.get_running_loop().run_in_executor(None, self.keeper.threads.shutdown)


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def serve(app: Flask, host: str, port: int) -> None:
    """Stand at the door until SIGTERM or SIGINT; raises OSError when the port or the certificate cannot be had."""
    lasting.settle()
    config: Config = app.extensions["ticketdesk.config"]
    certificate = Certificate(*config.mail_tls) if config.mail_tls is not None else None
    asyncio.run(_serve(Door(app, host, port, certificate, tls_required=config.mail_tls_required)))


async def _serve(door: Door) -> None:
    stop = asyncio.Event()
    with _signals(stop):
        await door.open()
        log.info("mail door open", host=door.host, port=door.port)
        await stop.wait()
        await door.close()
    log.info("mail door closed")
