"""The environment is read once; a wrong value is refused by its name."""

import os
import stat
from pathlib import Path

import pytest

from ticketdesk.core.config import Config, load
from ticketdesk.core.environment import ConfigError

STRONG = "9f3b1c7d5e2a8046b9d1f0e3c5a7284690bd13f57e9c2a48"
PRODUCTION = {
    "TICKETDESK_ENV": "production",
    "SECRET_KEY": STRONG,
    "PUBLIC_URL": "https://desk.example.com",
    "DATABASE_URL": "postgresql://desk:secret@db.example.com/desk",
    "REDIS_URL": "rediss://:secret@redis.example.com/0",
}


def test_nothing_given(tmp_path: Path) -> None:
    config = load({}, tmp_path)
    assert (config.env, config.host, config.port, config.mail_port) == ("development", "127.0.0.1", 8000, 2525)
    assert config.public_url == "http://127.0.0.1:8000"
    assert config.embedded_postgres and config.embedded_redis and config.demo
    assert config.database_url.startswith("postgresql+psycopg://ticketdesk@/ticketdesk?host=/")
    assert config.blobs == tmp_path.resolve() / "var" / "blobs"
    assert config.smtp_url is None


def test_production(tmp_path: Path) -> None:
    config = load(PRODUCTION, tmp_path)
    assert not config.demo
    assert config.https
    assert config.database_url == "postgresql+psycopg://desk:secret@db.example.com/desk"
    assert config.libpq_url == PRODUCTION["DATABASE_URL"]
    assert not config.embedded_postgres and not config.embedded_redis
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TICKETDESK_ENV", "staging"),
        ("TICKETDESK_DEMO", "perhaps"),
        ("LOG_LEVEL", "LOUD"),
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "٨٠"),
        ("MAIL_PORT", "25 25"),
        ("MAIL_PORT", "8000"),
        ("PROXY_COUNT", "some"),
        ("PROXY_COUNT", "-1"),
        ("PROXY_COUNT", "10"),
        ("HOST", "127.0.0.1:8000"),
        ("HOST", "http://localhost"),
        ("MAIL_HOST", "a b"),
        ("DATABASE_URL", "sqlite:///desk.db"),
        ("DATABASE_URL", "mysql://u:p@h/d"),
        ("DATABASE_URL", "db.example.com"),
        ("DATABASE_URL", "postgresql://h:port/d"),
        ("DATABASE_URL", "postgresql://h"),
        ("DATABASE_URL", "postgresql://[::1/d"),
        ("REDIS_URL", "http://h"),
        ("REDIS_URL", "redis://"),
        ("REDIS_URL", "redis://h/zero"),
        ("REDIS_URL", "redis://h:99999/0"),
        ("REDIS_URL", "unix://"),
        ("STORAGE_URL", "ftp://h/x"),
        ("STORAGE_URL", "file:"),
        ("STORAGE_URL", "file://server/share"),
        ("PUBLIC_URL", "desk.example.com"),
        ("PUBLIC_URL", "ftp://desk.example.com"),
        ("PUBLIC_URL", "http://"),
        ("PUBLIC_URL", "http://desk.example.com/help"),
        ("PUBLIC_URL", "http://user@desk.example.com"),
        ("SMTP_URL", "mail.example.com:25"),
        ("SMTP_URL", "http://mail.example.com"),
        ("SMTP_URL", "smtp://:25"),
        ("SENTRY_DSN", "https://sentry.example.com"),
    ],
)
def test_a_wrong_value_is_refused_by_name(tmp_path: Path, variable: str, value: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        load({variable: value}, tmp_path)
    assert refusal.value.variable == variable
    assert str(refusal.value).startswith(f"{variable}: ")
    assert "Allowed: " in str(refusal.value)
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "secret"),
        ("SECRET_KEY", "a" * 64),
        ("SECRET_KEY", "please-change-me-before-you-go-live-please"),
        ("PUBLIC_URL", ""),
        ("PUBLIC_URL", "http://desk.example.com"),
        ("FLASK_DEBUG", "1"),
        ("TICKETDESK_DEMO", "1"),
    ],
)
def test_production_refuses_what_is_unsafe(tmp_path: Path, variable: str, value: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        load(PRODUCTION | {variable: value}, tmp_path)
    assert refusal.value.variable == variable


@pytest.mark.parametrize("variable", ["DATABASE_URL", "REDIS_URL", "SMTP_URL"])
def test_a_refusal_does_not_show_a_password(tmp_path: Path, variable: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        load({variable: "gopher://user:hunter2@host/x"}, tmp_path)
    assert "hunter2" not in str(refusal.value)


def test_secrets_are_not_in_the_repr(tmp_path: Path) -> None:
    shown = repr(load(PRODUCTION | {"SMTP_URL": "smtp://u:hunter2@h", "SENTRY_DSN": "https://k3y@h/1"}, tmp_path))
    for secret in (STRONG, "secret@", "hunter2", "k3y"):
        assert secret not in shown


def test_the_secret_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    first, second = load({}, tmp_path), load({}, tmp_path)
    kept = first.var / "secret_key"
    assert first.secret_key == second.secret_key == kept.read_text().strip()
    assert len(first.secret_key) == 64
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert os.listdir(first.var) == ["secret_key"]


def test_a_damaged_secret_is_refused(tmp_path: Path) -> None:
    load({}, tmp_path)
    (tmp_path / "var" / "secret_key").write_text("short")
    with pytest.raises(ConfigError, match="SECRET_KEY"):
        load({}, tmp_path)


def test_var_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file, no folder")
    with pytest.raises(ConfigError, match=r"SECRET_KEY: none was given and .*var"):
        load({}, tmp_path)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql(tmp_path: Path, scheme: str) -> None:
    given = f"{scheme}://desk@h:5432/d?sslmode=require"
    assert load({"DATABASE_URL": given}, tmp_path).database_url == "postgresql+psycopg://desk@h:5432/d?sslmode=require"


class TestFlaskSettings:
    """What the web is told."""

    @pytest.fixture
    def production(self, tmp_path: Path) -> Config:
        return load(PRODUCTION, tmp_path)

    def test_only_the_public_name_is_trusted_in_production(self, production: Config) -> None:
        assert production.flask_settings()["TRUSTED_HOSTS"] == ["desk.example.com"]

    def test_cookies_are_bound_to_the_host_and_to_tls(self, production: Config) -> None:
        settings = production.flask_settings()
        assert settings["SESSION_COOKIE_NAME"] == "__Host-session"
        assert settings["SESSION_COOKIE_SECURE"] and settings["SESSION_COOKIE_HTTPONLY"]
        assert settings["SESSION_COOKIE_SAMESITE"] == "Lax"

    def test_requests_have_bounds(self, production: Config) -> None:
        settings = production.flask_settings()
        assert settings["MAX_CONTENT_LENGTH"] == 36 * 1024 * 1024
        assert settings["MAX_FORM_PARTS"] <= 1000
        assert not settings["DEBUG"]

    def test_the_limits_library_spells_a_socket_its_own_way(self, tmp_path: Path) -> None:
        config = load({"REDIS_URL": "unix:///run/redis.sock"}, tmp_path)
        assert config.limiter_url().startswith("redis+unix:///run/redis.sock")
