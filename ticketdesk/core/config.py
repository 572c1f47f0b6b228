"""Where things are: the environment, read once, typed, and refused by name when wrong."""

import ipaddress
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import SplitResult, quote, urlsplit

from ticketdesk.core.secret_key import SHORTEST_SECRET, kept_secret
from ticketdesk.core.servers.places import places

Environment = Literal["development", "production", "test"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

MIB = 1024 * 1024
# The largest mail is 35 MiB; a form that carries files needs a little room around them.
MOST_PROXIES = 9
LARGEST_REQUEST = 36 * MIB
TRUE_WORDS = ("1", "true", "yes", "on")
FALSE_WORDS = ("0", "false", "no", "off")


class ConfigError(Exception):
    """One variable is wrong; the text names it, says what is wrong and what is allowed."""

    def __init__(self, variable: str, wrong: str, allowed: str) -> None:
        super().__init__(f"{variable}: {wrong}. Allowed: {allowed}.")
        self.variable = variable


@dataclass(frozen=True, slots=True)
class Config:
    """Every variable of the environment that the product reads; secrets stay out of `repr`."""

    root: Path
    var: Path
    env: Environment
    host: str
    port: int
    mail_host: str
    mail_port: int
    public_url: str
    """Scheme, host and port without a trailing slash; every link that leaves the house begins with it."""
    proxy_count: int
    """How many reverse proxies of ours stand in front: only as many X-Forwarded-For entries are believed."""
    demo: bool
    log_level: LogLevel
    embedded_postgres: bool
    """No DATABASE_URL was given: `database_url` leads to the server kept under `var/`."""
    embedded_redis: bool
    secret_key: str = field(repr=False)
    database_url: str = field(repr=False)
    """For SQLAlchemy: `postgresql+psycopg://…`."""
    redis_url: str = field(repr=False)
    storage_url: str = field(repr=False)
    """`file:` and a path; `blobs` has it as a path."""
    smtp_url: str | None = field(repr=False)
    """None: one `.eml` per message is written to `var/outbox/`."""
    sentry_dsn: str | None = field(repr=False)

    @property
    def production(self) -> bool:
        """Whether real people use this server."""
        return self.env == "production"

    @property
    def testing(self) -> bool:
        """Whether the test suite runs it."""
        return self.env == "test"

    @property
    def https(self) -> bool:
        """Whether browsers reach us over TLS; cookies are `Secure` then."""
        return self.public_url.startswith("https://")

    @property
    def public_host(self) -> str:
        """The host name of `public_url`, without a port."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def blobs(self) -> Path:
        """The folder behind `storage_url`."""
        return self.root / self.storage_url.removeprefix("file:")

    @property
    def outbox(self) -> Path:
        """Where sent mail is written when there is no `smtp_url`."""
        return self.var / "outbox"

    @property
    def libpq_url(self) -> str:
        """`database_url` as psycopg and PostgreSQL's own programs write it."""
        return self.database_url.replace("postgresql+psycopg://", "postgresql://", 1)

    def flask_settings(self) -> dict[str, Any]:
        """What Flask and its extensions are told."""
        prefix = "__Host-" if self.https else ""
        return {
            "SECRET_KEY": self.secret_key,
            "TESTING": self.testing,
            "DEBUG": False,
            "PREFERRED_URL_SCHEME": "https" if self.https else "http",
            "TRUSTED_HOSTS": self.trusted_hosts(),
            "MAX_CONTENT_LENGTH": LARGEST_REQUEST,
            "MAX_FORM_MEMORY_SIZE": 2 * MIB,
            "MAX_FORM_PARTS": 500,
            "SESSION_COOKIE_NAME": f"{prefix}session",
            "SESSION_COOKIE_SECURE": self.https,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_PATH": "/",
            "REMEMBER_COOKIE_NAME": f"{prefix}remember",
            "REMEMBER_COOKIE_SECURE": self.https,
            "REMEMBER_COOKIE_HTTPONLY": True,
            "REMEMBER_COOKIE_SAMESITE": "Lax",
            "TEMPLATES_AUTO_RELOAD": self.env == "development",
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": self.engine_options(),
            "RATELIMIT_STORAGE_URI": self.limiter_url(),
            "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
            # A Redis that hangs must not keep a page waiting for long.
            "RATELIMIT_STORAGE_OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
        }

    def trusted_hosts(self) -> list[str]:
        """Names a request's Host header may have; brands add theirs from the database."""
        own = [self.public_host]
        if self.production:
            return own
        return list(dict.fromkeys([*own, self.host, "127.0.0.1", "localhost"]))

    def engine_options(self) -> dict[str, Any]:
        """SQLAlchemy's engine: a connection is checked before use, and nobody waits for one for long."""
        return {
            "pool_size": 10,
            "max_overflow": 10,
            "pool_timeout": 5,
            "pool_pre_ping": True,
            "pool_recycle": 1800,
            "connect_args": {
                "connect_timeout": 5,
                "application_name": "ticketdesk",
                # A forgotten transaction would hold its locks and keep vacuum from cleaning.
                "options": "-c timezone=UTC -c idle_in_transaction_session_timeout=60000",
            },
        }

    def limiter_url(self) -> str:
        """`redis_url` in the form the rate limits' library reads."""
        if self.redis_url.startswith("unix://"):
            return "redis+" + self.redis_url
        return self.redis_url


def load(environ: Mapping[str, str], root: Path) -> Config:
    """Read the environment; raises ConfigError naming the first wrong variable.

    Touches no file but the secret key, made once under `var/` when none is given outside production.
    """
    root = root.resolve()
    var = root / "var"
    env = _environment(environ)
    production = env == "production"
    _refuse_debug(environ, production)
    home = places(var)
    port = _port(environ, "PORT", 8000)
    mail_port = _port(environ, "MAIL_PORT", 2525)
    if port == mail_port:
        raise ConfigError("MAIL_PORT", f"{mail_port} is PORT as well", "another number than PORT")
    database_url, embedded_postgres = _database_url(environ, home.postgres_sockets)
    redis_url, embedded_redis = _redis_url(environ, home.redis_socket)
    return Config(
        root=root,
        var=var,
        env=env,
        host=_host(environ, "HOST"),
        port=port,
        mail_host=_host(environ, "MAIL_HOST"),
        mail_port=mail_port,
        proxy_count=_proxy_count(environ),
        public_url=_public_url(environ, port, production),
        demo=_demo(environ, production),
        log_level=_log_level(environ),
        embedded_postgres=embedded_postgres,
        embedded_redis=embedded_redis,
        database_url=database_url,
        redis_url=redis_url,
        storage_url=_storage_url(environ),
        smtp_url=_smtp_url(environ),
        sentry_dsn=_sentry_dsn(environ),
        # Last, so that a refused start leaves nothing behind.
        secret_key=_secret_key(environ, production, var),
    )


def _environment(environ: Mapping[str, str]) -> Environment:
    given = environ.get("TICKETDESK_ENV") or "development"
    for name in get_args(Environment):
        if given == name:
            return name  # type: ignore[no-any-return]
    raise ConfigError("TICKETDESK_ENV", f"{given!r} is not known", "development, production, test")


def _log_level(environ: Mapping[str, str]) -> LogLevel:
    given = (environ.get("LOG_LEVEL") or "INFO").upper()
    for name in get_args(LogLevel):
        if given == name:
            return name  # type: ignore[no-any-return]
    raise ConfigError("LOG_LEVEL", f"{given!r} is not known", "DEBUG, INFO, WARNING, ERROR")


def _refuse_debug(environ: Mapping[str, str], production: bool) -> None:
    given = environ.get("FLASK_DEBUG", "").lower()
    if production and given not in ("", *FALSE_WORDS):
        raise ConfigError("FLASK_DEBUG", "the debugger lets visitors run code", "unset or 0 in production")


def _demo(environ: Mapping[str, str], production: bool) -> bool:
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


def _port(environ: Mapping[str, str], variable: str, default: int) -> int:
    given = environ.get(variable, "").strip()
    if not given:
        return default
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= 65535):
        raise ConfigError(variable, f"{given!r} is not a port", "a number from 1 to 65535")
    return int(given)


def _proxy_count(environ: Mapping[str, str]) -> int:
    given = environ.get("PROXY_COUNT", "").strip() or "0"
    if not (given.isascii() and given.isdigit() and int(given[:3]) <= MOST_PROXIES):
        raise ConfigError("PROXY_COUNT", f"{given!r} is not a number of proxies", f"a number from 0 to {MOST_PROXIES}")
    return int(given)


def _host(environ: Mapping[str, str], variable: str) -> str:
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


def _public_url(environ: Mapping[str, str], port: int, production: bool) -> str:
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


def _database_url(environ: Mapping[str, str], sockets: Path) -> tuple[str, bool]:
    given = environ.get("DATABASE_URL", "").strip()
    if not given:
        return f"postgresql+psycopg://ticketdesk@/ticketdesk?host={quote(str(sockets), safe='/')}", True
    allowed = "postgresql://user:password@host:port/database"
    schemes = ("postgresql", "postgres", "postgresql+psycopg")
    parts = _split("DATABASE_URL", given, schemes, allowed)
    if not parts.path.strip("/"):
        raise ConfigError("DATABASE_URL", "it names no database", allowed)
    return "postgresql+psycopg" + given[len(parts.scheme) :], False


def _redis_url(environ: Mapping[str, str], socket: Path) -> tuple[str, bool]:
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


def _storage_url(environ: Mapping[str, str]) -> str:
    given = environ.get("STORAGE_URL", "").strip() or "file:var/blobs"
    allowed = "file: and a folder, as in file:var/blobs or file:///srv/blobs"
    parts = _split("STORAGE_URL", given, ("file",), allowed)
    if parts.netloc or not parts.path.strip("/"):
        raise ConfigError("STORAGE_URL", "it names no folder on this machine", allowed)
    return f"file:{parts.path}"


def _smtp_url(environ: Mapping[str, str]) -> str | None:
    given = environ.get("SMTP_URL", "").strip()
    if not given:
        return None
    allowed = "smtp://user:password@host:587 (TLS when offered), smtp+starttls://… (TLS or nothing), smtps://…"
    parts = _split("SMTP_URL", given, ("smtp", "smtp+starttls", "smtps"), allowed)
    if not parts.hostname:
        raise ConfigError("SMTP_URL", "it has no host", allowed)
    return given


def _sentry_dsn(environ: Mapping[str, str]) -> str | None:
    given = environ.get("SENTRY_DSN", "").strip()
    if not given:
        return None
    parts = _split("SENTRY_DSN", given, ("http", "https"), "https://key@host/project")
    if not (parts.hostname and parts.username and parts.path.strip("/")):
        raise ConfigError("SENTRY_DSN", "it lacks a key, a host or a project", "https://key@host/project")
    return given


def _secret_key(environ: Mapping[str, str], production: bool, var: Path) -> str:
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
