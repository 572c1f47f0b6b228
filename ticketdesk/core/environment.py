"""Each variable of the environment: read, typed, and refused by name when wrong."""

import ipaddress
import os
import ssl
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import SplitResult, quote, urlsplit

from ticketdesk.core.secret_key import SHORTEST_SECRET, kept_secret

Environment = Literal["development", "production", "test"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

MOST_PROXIES = 9
TRUE_WORDS = ("1", "true", "yes", "on")
FALSE_WORDS = ("0", "false", "no", "off")


class ConfigError(Exception):
    """One variable is wrong; the text names it, says what is wrong and what is allowed."""

    def __init__(self, variable: str, wrong: str, allowed: str) -> None:
        super().__init__(f"{variable}: {wrong}. Allowed: {allowed}.")
        self.variable = variable


def read_env(environ: Mapping[str, str]) -> Environment:
    """Who uses this server."""
    given = environ.get("TICKETDESK_ENV") or "development"
    for name in get_args(Environment):
        if given == name:
            return name  # type: ignore[no-any-return]
    raise ConfigError("TICKETDESK_ENV", f"{given!r} is not known", "development, production, test")


def read_log_level(environ: Mapping[str, str]) -> LogLevel:
    """How much it says."""
    given = (environ.get("LOG_LEVEL") or "INFO").upper()
    for name in get_args(LogLevel):
        if given == name:
            return name  # type: ignore[no-any-return]
    raise ConfigError("LOG_LEVEL", f"{given!r} is not known", "DEBUG, INFO, WARNING, ERROR")


def refuse_debug(environ: Mapping[str, str], production: bool) -> None:
    """Raise when real people would meet the debugger."""
    given = environ.get("FLASK_DEBUG", "").lower()
    if production and given not in ("", *FALSE_WORDS):
        raise ConfigError("FLASK_DEBUG", "the debugger lets visitors run code", "unset or 0 in production")


def read_demo(environ: Mapping[str, str], production: bool) -> bool:
    """Whether a company moves in."""
    given = environ.get("TICKETDESK_DEMO", "").strip().lower()
    if not given:
        return not production
    if given in FALSE_WORDS:
        return False
    if given not in TRUE_WORDS:
        raise ConfigError("TICKETDESK_DEMO", f"{given!r} is neither yes nor no", "1 or 0")
    if production:
        raise ConfigError("TICKETDESK_DEMO", "the demo's passwords are known to all", "0 in production")
    return True


def read_port(environ: Mapping[str, str], variable: str, default: int) -> int:
    """A port."""
    given = environ.get(variable, "").strip()
    if not given:
        return default
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= 65535):
        raise ConfigError(variable, f"{given!r} is not a port", "a number from 1 to 65535")
    return int(given)


def read_mail_tls(environ: Mapping[str, str], root: Path) -> tuple[Path, Path] | None:
    """The files with the certificate chain and the key of the mail door, if there are any."""
    found = {}
    allowed = "a file in PEM format that can be read, together with the other of MAIL_TLS_CERT and MAIL_TLS_KEY"
    for variable in ("MAIL_TLS_CERT", "MAIL_TLS_KEY"):
        if given := environ.get(variable, "").strip():
            found[variable] = root / given
    if not found:
        return None
    for variable in ("MAIL_TLS_CERT", "MAIL_TLS_KEY"):
        if variable not in found:
            raise ConfigError(variable, "it is missing", allowed)
        if not (found[variable].is_file() and os.access(found[variable], os.R_OK)):
            raise ConfigError(variable, f"{found[variable]} cannot be read", allowed)
    try:
        # Here already, so that a key that is of another certificate is told of by name.
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            found["MAIL_TLS_CERT"], found["MAIL_TLS_KEY"], password=lambda: ""
        )
    except ssl.SSLError as error:
        wrong = f"the two files make no certificate ({error.reason or 'not in PEM format'})"
        raise ConfigError("MAIL_TLS_KEY", wrong, allowed) from None
    return found["MAIL_TLS_CERT"], found["MAIL_TLS_KEY"]


def read_mail_tls_required(environ: Mapping[str, str], files: tuple[Path, Path] | None) -> bool:
    """Whether the mail door takes nothing before TLS."""
    given = environ.get("MAIL_TLS_REQUIRED", "").strip().lower() or "0"
    if given not in (*TRUE_WORDS, *FALSE_WORDS):
        raise ConfigError("MAIL_TLS_REQUIRED", f"{given!r} is neither yes nor no", "1 or 0")
    if given in TRUE_WORDS and files is None:
        raise ConfigError("MAIL_TLS_REQUIRED", "there is no certificate", "0, or 1 with MAIL_TLS_CERT and MAIL_TLS_KEY")
    return given in TRUE_WORDS


def read_proxy_count(environ: Mapping[str, str]) -> int:
    """How many proxies of ours stand in front."""
    given = environ.get("PROXY_COUNT", "").strip() or "0"
    if not (given.isascii() and given.isdigit() and int(given[:3]) <= MOST_PROXIES):
        raise ConfigError("PROXY_COUNT", f"{given!r} is not a number of proxies", f"a number from 0 to {MOST_PROXIES}")
    return int(given)


def read_host(environ: Mapping[str, str], variable: str) -> str:
    """The address on which something listens."""
    given = environ.get(variable, "").strip() or "127.0.0.1"
    allowed = "an IP address or a host name, without a port"
    if ":" in given:
        try:
            ipaddress.IPv6Address(given)
        except ValueError:
            raise ConfigError(variable, f"{given!r} is not an address", allowed) from None
    elif not set(given) <= set(string.ascii_letters + string.digits + ".-"):
        raise ConfigError(variable, f"{given!r} is not an address", allowed)
    return given


def _split(variable: str, given: str, schemes: tuple[str, ...], allowed: str) -> SplitResult:
    """Take an address apart; a refusal does not repeat it, for it may hold a password."""
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        raise ConfigError(variable, "this is not an address with a valid host and port", allowed) from None
    if parts.scheme not in schemes:
        named = f"the scheme {parts.scheme!r} is not known" if parts.scheme else "it has no scheme"
        raise ConfigError(variable, named, allowed)
    if port == 0:
        raise ConfigError(variable, "0 is not a port", allowed)
    return parts


def read_public_url(environ: Mapping[str, str], port: int, production: bool) -> str:
    """Where browsers find us, without a slash at the end."""
    given = environ.get("PUBLIC_URL", "").strip()
    allowed = "https://desk.example.com" if production else "http:// or https://, a host and perhaps a port"
    if not given:
        if production:
            raise ConfigError("PUBLIC_URL", "it is needed in production", allowed)
        return f"http://127.0.0.1:{port}"
    parts = _split("PUBLIC_URL", given, ("http", "https"), allowed)
    if not parts.hostname:
        raise ConfigError("PUBLIC_URL", "it has no host", allowed)
    if parts.username or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ConfigError("PUBLIC_URL", "it may have a scheme, a host and a port only", allowed)
    if production and parts.scheme != "https":
        raise ConfigError("PUBLIC_URL", "links and cookies would travel unencrypted", allowed)
    return f"{parts.scheme}://{parts.netloc}"


def read_database_url(environ: Mapping[str, str], sockets: Path) -> tuple[str, bool]:
    """The database as SQLAlchemy names it, and whether it is our own."""
    given = environ.get("DATABASE_URL", "").strip()
    if not given:
        return f"postgresql+psycopg://ticketdesk@/ticketdesk?host={quote(str(sockets), safe='/')}", True
    allowed = "postgresql://user:password@host:port/database"
    schemes = ("postgresql", "postgres", "postgresql+psycopg")
    parts = _split("DATABASE_URL", given, schemes, allowed)
    if not parts.path.strip("/"):
        raise ConfigError("DATABASE_URL", "it names no database", allowed)
    return "postgresql+psycopg" + given[len(parts.scheme) :], False


def read_redis_url(environ: Mapping[str, str], socket: Path) -> tuple[str, bool]:
    """Redis, and whether it is our own."""
    given = environ.get("REDIS_URL", "").strip()
    if not given:
        return _over_socket(f"unix://{quote(str(socket), safe='/')}"), True
    allowed = "redis://:password@host:port/0, rediss://… or unix:///path/to/socket"
    parts = _split("REDIS_URL", given, ("redis", "rediss", "unix"), allowed)
    if parts.scheme == "unix" and not parts.path:
        raise ConfigError("REDIS_URL", "it names no socket", allowed)
    if parts.scheme == "unix":
        return _over_socket(given), False
    if not parts.hostname:
        raise ConfigError("REDIS_URL", "it has no host", allowed)
    number = parts.path.strip("/")
    if number and not number.isdigit():
        raise ConfigError("REDIS_URL", f"{number!r} is not the number of a database", allowed)
    return given, False


def _over_socket(url: str) -> str:
    # Over protocol 3, redis-py 8 asks for notices about the host, and fails where there is none.
    if "protocol=" in url:
        return url
    return url + ("&" if "?" in url else "?") + "protocol=2"


def read_storage_url(environ: Mapping[str, str]) -> str:
    """The folder of blobs."""
    given = environ.get("STORAGE_URL", "").strip() or "file:var/blobs"
    allowed = "file: and a folder, as in file:var/blobs or file:///srv/blobs"
    parts = _split("STORAGE_URL", given, ("file",), allowed)
    if parts.netloc or not parts.path.strip("/"):
        raise ConfigError("STORAGE_URL", "it names no folder on this machine", allowed)
    return f"file:{parts.path}"


def read_smtp_url(environ: Mapping[str, str]) -> str | None:
    """The server that mail leaves by, if there is one."""
    given = environ.get("SMTP_URL", "").strip()
    if not given:
        return None
    allowed = "smtp://user:password@host:587 (TLS when offered), smtp+starttls://… (TLS or nothing), smtps://…"
    parts = _split("SMTP_URL", given, ("smtp", "smtp+starttls", "smtps"), allowed)
    if not parts.hostname:
        raise ConfigError("SMTP_URL", "it has no host", allowed)
    return given


def read_sentry_dsn(environ: Mapping[str, str]) -> str | None:
    """Where faults are reported, if anywhere."""
    given = environ.get("SENTRY_DSN", "").strip()
    if not given:
        return None
    parts = _split("SENTRY_DSN", given, ("http", "https"), "https://key@host/project")
    if not (parts.hostname and parts.username and parts.path.strip("/")):
        raise ConfigError("SENTRY_DSN", "it lacks a key, a host or a project", "https://key@host/project")
    return given


def read_secret_key(environ: Mapping[str, str], production: bool, var: Path) -> str:
    """What everything is signed with; made under `var/` when none is given outside production."""
    given = environ.get("SECRET_KEY", "").strip()
    allowed = f"at least {SHORTEST_SECRET} random characters, as from `openssl rand -hex 32`"
    if given:
        # A long run of few characters is a placeholder, not a secret: 32 random hex digits have about 14.
        if production and (len(given) < SHORTEST_SECRET or len(set(given)) < 8 or "change" in given.lower()):
            raise ConfigError("SECRET_KEY", "it is too easy to guess", allowed)
        return given
    if production:
        raise ConfigError("SECRET_KEY", "it is needed in production", allowed)
    path = var / "secret_key"
    try:
        return kept_secret(path)
    except OSError as error:
        wrong = f"none was given and {error.filename or path} cannot be used ({error.strerror})"
        raise ConfigError("SECRET_KEY", wrong, "a writable folder, or the variable set") from None
