"""TLS at the mail door: offered with a certificate of ours, renewed while it runs, and required where that is asked."""

import asyncio
import contextlib
import os
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from sqlalchemy import func, select

from tests.channels.mails import mail
from tests.people import World
from ticketdesk.channels.email.certificate import Certificate
from ticketdesk.channels.email.door import Door
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.core import config as configuration
from ticketdesk.core.db import db
from ticketdesk.core.environment import ConfigError


def certify(folder: Path, name: str = "localhost") -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "chain.pem", folder / "key.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for path, content in ((chain, made.public_bytes(serialization.Encoding.PEM)), (secret, private)):
        beside = path.with_suffix(".new")
        beside.write_bytes(content)
        os.replace(beside, path)
    return chain, secret


@contextlib.contextmanager
def opened(make: Callable[[], Door]) -> Iterator[int]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def opening() -> Door:
        door = make()
        await door.open()
        return door

    door = asyncio.run_coroutine_threadsafe(opening(), loop).result(10)
    yield door.port
    asyncio.run_coroutine_threadsafe(door.close(), loop).result(10)
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0.1), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0.05))
    loop.close()


def trusting(chain: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=chain)


def stored() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(RawMail.id))) or 0


def test_mail_comes_over_tls_and_without(committed_app: Flask, committed_world: World, tmp_path: Path) -> None:
    chain, key = certify(tmp_path)
    with opened(lambda: Door(committed_app, "127.0.0.1", 0, Certificate(chain, key))) as port:
        with smtplib.SMTP("localhost", port) as client:
            client.ehlo()
            assert client.has_extn("starttls")
            client.starttls(context=trusting(chain))
            client.ehlo()
            assert not client.has_extn("starttls")
            assert isinstance(client.sock, ssl.SSLSocket)
            assert client.sock.version() in ("TLSv1.2", "TLSv1.3")
            client.sendmail("dana@customer.example", ["support@desk.example"], mail())
        with smtplib.SMTP("localhost", port) as client:
            client.sendmail("dana@customer.example", ["support@desk.example"], mail())
    assert stored() == 2


def test_what_was_said_before_tls_counts_for_nothing(
    committed_app: Flask, committed_world: World, tmp_path: Path
) -> None:
    """Commands that somebody on the line puts behind STARTTLS are not heard as if they had come over TLS."""
    chain, key = certify(tmp_path)
    with (
        opened(lambda: Door(committed_app, "127.0.0.1", 0, Certificate(chain, key))) as port,
        socket.create_connection(("127.0.0.1", port), timeout=10) as line,
    ):
        line.recv(1000)
        line.sendall(b"EHLO me\r\n")
        while b"250 " not in line.recv(1000):
            pass
        line.sendall(b"STARTTLS\r\nEHLO evil\r\nMAIL FROM:<eve@x.example>\r\n")
        assert line.recv(1000).startswith(b"220")
        with trusting(chain).wrap_socket(line, server_hostname="localhost") as safe:
            safe.sendall(b"NOOP\r\n")
            assert safe.recv(1000).startswith(b"250 OK")
            safe.sendall(b"RCPT TO:<support@desk.example>\r\n")
            assert safe.recv(1000).startswith(b"503")


def test_tls_can_be_required(committed_app: Flask, committed_world: World, tmp_path: Path) -> None:
    chain, key = certify(tmp_path)
    with opened(lambda: Door(committed_app, "127.0.0.1", 0, Certificate(chain, key), tls_required=True)) as port:
        with smtplib.SMTP("localhost", port) as client, pytest.raises(smtplib.SMTPException):
            client.sendmail("dana@customer.example", ["support@desk.example"], mail())
        with smtplib.SMTP("localhost", port) as client:
            client.starttls(context=trusting(chain))
            client.sendmail("dana@customer.example", ["support@desk.example"], mail())
        with smtplib.LMTP("localhost", port) as client:
            client.starttls(context=trusting(chain))
            client.sendmail("dana@customer.example", ["support@desk.example"], mail())
    assert stored() == 2


def test_a_renewed_certificate_is_used_at_once_and_a_broken_one_never(
    committed_app: Flask, committed_world: World, tmp_path: Path
) -> None:
    certificate = Certificate(*certify(tmp_path, "first"))
    old = (tmp_path / "chain.pem").read_bytes()

    def shown(port: int) -> bytes:
        with smtplib.SMTP("localhost", port) as client:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            client.starttls(context=context)
            assert isinstance(client.sock, ssl.SSLSocket)
            return ssl.DER_cert_to_PEM_cert(client.sock.getpeercert(binary_form=True) or b"").encode()

    with opened(lambda: Door(committed_app, "127.0.0.1", 0, certificate)) as port:
        assert shown(port) == old
        certify(tmp_path, "second")
        new = (tmp_path / "chain.pem").read_bytes()
        assert shown(port) == new != old
        (tmp_path / "key.pem").write_text("half a file")
        assert shown(port) == new


@pytest.mark.parametrize(
    ("cert", "key", "required", "named"),
    [
        ("chain.pem", "", "", "MAIL_TLS_KEY"),
        ("", "key.pem", "", "MAIL_TLS_CERT"),
        ("nowhere.pem", "key.pem", "", "MAIL_TLS_CERT"),
        ("chain.pem", "chain.pem", "", "MAIL_TLS_KEY"),
        ("", "", "1", "MAIL_TLS_REQUIRED"),
        ("chain.pem", "key.pem", "perhaps", "MAIL_TLS_REQUIRED"),
    ],
)
def test_a_wrong_certificate_is_refused_at_start_by_name(
    tmp_path: Path, cert: str, key: str, required: str, named: str
) -> None:
    certify(tmp_path)
    environ = {"MAIL_TLS_CERT": cert, "MAIL_TLS_KEY": key, "MAIL_TLS_REQUIRED": required}
    with pytest.raises(ConfigError) as refused:
        configuration.load(environ, tmp_path)
    assert refused.value.variable == named


def test_a_certificate_is_found_where_the_variables_lead(tmp_path: Path) -> None:
    chain, key = certify(tmp_path)
    environ = {"MAIL_TLS_CERT": "chain.pem", "MAIL_TLS_KEY": str(key), "MAIL_TLS_REQUIRED": "yes"}
    config = configuration.load(environ, tmp_path)
    assert (config.mail_tls, config.mail_tls_required) == ((tmp_path.resolve() / "chain.pem", key), True)
    assert chain.exists()
