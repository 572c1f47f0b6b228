"""Where things are, as the environment says: read once and typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ticketdesk.core import environment
from ticketdesk.core.environment import ConfigError, Environment, LogLevel
from ticketdesk.core.servers.places import places

MIB = 1024 * 1024
# The largest mail is 35 MiB; a form that carries files needs a little room around them.
LARGEST_REQUEST = 36 * MIB


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
    mail_tls: tuple[Path, Path] | None
    """The files with the certificate chain and the key of the mail door; None: it offers no TLS."""
    mail_tls_required: bool
    """Whether the mail door takes nothing before TLS."""
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
        """SQLAlchemy's engine: nobody waits for a connection for long; `core.pinging` checks those that have rested.

        The one used last is used next: it is warm, it knows the statements that are asked most, and needs no check.
        None are opened for a moment only, since opening costs more than what most requests ask.
        """
        return {
            "pool_size": 20,
            "max_overflow": 0,
            "pool_use_lifo": True,
            "pool_timeout": 5,
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
    env = environment.read_env(environ)
    production = env == "production"
    environment.refuse_debug(environ, production)
    home = places(var)
    port = environment.read_port(environ, "PORT", 8000)
    mail_port = environment.read_port(environ, "MAIL_PORT", 2525)
    if port == mail_port:
        raise ConfigError("MAIL_PORT", f"{mail_port} is PORT as well", "another number than PORT")
    mail_tls = environment.read_mail_tls(environ, root)
    database_url, embedded_postgres = environment.read_database_url(environ, home.postgres_sockets)
    redis_url, embedded_redis = environment.read_redis_url(environ, home.redis_socket)
    return Config(
        root=root,
        var=var,
        env=env,
        host=environment.read_host(environ, "HOST"),
        port=port,
        mail_host=environment.read_host(environ, "MAIL_HOST"),
        mail_port=mail_port,
        mail_tls=mail_tls,
        mail_tls_required=environment.read_mail_tls_required(environ, mail_tls),
        proxy_count=environment.read_proxy_count(environ),
        public_url=environment.read_public_url(environ, port, production),
        demo=environment.read_demo(environ, production),
        log_level=environment.read_log_level(environ),
        embedded_postgres=embedded_postgres,
        embedded_redis=embedded_redis,
        database_url=database_url,
        redis_url=redis_url,
        storage_url=environment.read_storage_url(environ),
        smtp_url=environment.read_smtp_url(environ),
        sentry_dsn=environment.read_sentry_dsn(environ),
        # Last, so that a refused start leaves nothing behind.
        secret_key=environment.read_secret_key(environ, production, var),
    )
