"""AU-04: whatever a request claims about hosts and proxies, links in mails lead to PUBLIC_URL and nowhere else."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.channels.mails import work_all
from tests.security.matrix import ROWS
from tests.security.stage import ACTORS, Stage
from tests.security.test_matrix import UNSAFE, address
from ticketdesk.core import clock
from ticketdesk.core.config import Config
from ticketdesk.core.db import db

EVIL = "evil.example"
TRICKS: Mapping[str, dict[str, Any]] = {
    "none": {},
    "foreign host": {"headers": {"Host": EVIL}},
    "another host of ours": {"headers": {"Host": "127.0.0.1:31337"}},
    "host with a name before it": {"headers": {"Host": f"localhost@{EVIL}"}},
    "forwarded host": {"headers": {"X-Forwarded-Host": EVIL, "X-Forwarded-For": "203.0.113.7"}},
    "standard forwarded": {"headers": {"Forwarded": f"for=203.0.113.7;host={EVIL};proto=https"}},
    "forwarded scheme, port and prefix": {
        "headers": {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "31337", "X-Forwarded-Prefix": f"//{EVIL}"}
    },
    "other names for a host": {
        "headers": {"X-Host": EVIL, "X-Original-Host": EVIL, "X-Forwarded-Server": EVIL, "X-HTTP-Host-Override": EVIL}
    },
    "rewritten address": {
        "headers": {"X-Original-URL": f"http://{EVIL}/", "X-Rewrite-URL": f"//{EVIL}/"},
        "environ_overrides": {"SERVER_NAME": EVIL, "SERVER_PORT": "31337", "REQUEST_URI": f"http://{EVIL}/"},
    },
}
"""Eight ways to claim something, and none."""

KNOWN = {
    "desk.reply",
    "desk.assign",
    "desk.merge",
    "portal.send_form",
    "portal.ask_for_code",
}
"""Doors that certainly lead to mail: that none is found means that the test looks at nothing."""

WAITS = (timedelta(minutes=1), timedelta(days=2))
"""Some mails are worth nothing later, others are not due before."""

LINK = re.compile(r"""(?:https?:)?//[^\s"'<>)\]]+""")


def mails_of(
    stage: Stage, key: tuple[str, str], actor: str, folder: Path, trick: Mapping[str, Any]
) -> list[EmailMessage]:
    """What leaves by mail within two days of one request."""
    row = ROWS[key]
    before = set(folder.glob("*.eml"))
    with stage.undone():
        where = address(stage, key[0], row.args(stage.ids))
        stage.client(actor).open(where, method=key[1], data=row.form(stage.ids), **trick)
        with stage.app.test_request_context(where, **trick):  # so that whoever asks the request is told the lie
            for wait in WAITS:
                work_all(clock.now() + wait)
        db.session.remove()
    made = sorted(set(folder.glob("*.eml")) - before)
    found = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in made]
    for path in made:
        path.unlink()
    return [mail for mail in found if isinstance(mail, EmailMessage)]


def links_in(mail: EmailMessage) -> list[str]:
    parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    heads = [str(value) for name, value in mail.items() if name.lower().startswith("list-")]
    return [link for text in (*parts, *heads) for link in LINK.findall(text)]


@pytest.fixture
def folder(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where mails of this test are written; what waited before is gone."""
    config: Config = stage.app.extensions["ticketdesk.config"]
    monkeypatch.setitem(stage.app.extensions, "ticketdesk.config", replace(config, var=tmp_path))
    work_all(clock.now() + timedelta(days=2))
    db.session.remove()
    folder = stage.app.extensions["ticketdesk.config"].outbox
    assert isinstance(folder, Path)
    assert tmp_path in folder.parents
    return folder


def may_use(key: tuple[str, str]) -> list[str]:
    """Two who are let through: whoever comes first, and the last; not everybody's doing is told to somebody else."""
    allowed = [actor for actor in ACTORS if ROWS[key].expected(actor, key[1]) == ROWS[key].yes]
    return list(dict.fromkeys([allowed[0], allowed[-1]]))


@pytest.fixture
def sending(stage: Stage, folder: Path) -> dict[tuple[str, str], str]:
    """The doors that lead to mail, with somebody whose coming does."""
    return {key: actor for key in UNSAFE for actor in may_use(key)[::-1] if mails_of(stage, key, actor, folder, {})}


@pytest.mark.slow
def test_links_in_mails_lead_home_whatever_a_request_claims(
    stage: Stage, folder: Path, sending: dict[tuple[str, str], str]
) -> None:
    config: Config = stage.app.extensions["ticketdesk.config"]
    assert {endpoint for endpoint, _ in sending} >= KNOWN
    seen = 0
    for key, actor in sending.items():
        for name, trick in TRICKS.items():
            for mail in mails_of(stage, key, actor, folder, trick):
                assert EVIL.encode() not in mail.as_bytes(), (key, name)
                for link in links_in(mail):
                    seen += 1
                    assert link.startswith(f"{config.public_url}/"), (key, name, link)
    assert seen > len(sending)
