"""Mail that providers post: stored before it is acknowledged, and never refused for a fault of ours."""

import base64
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from tests.channels.mails import mail, message_of, work_all
from tests.people import LONG_AGO, World
from ticketdesk.channels import hook_secrets, mailboxes
from ticketdesk.channels.email import intake
from ticketdesk.channels.email import limits as mail_limits
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.channels.hook_secret import HookSecret
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core import clock, storage
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.web import limits

RAW = "message/rfc822"


@pytest.fixture
def secret(world: World) -> str:
    made = hook_secrets.make("A provider", None, SYSTEM, LONG_AGO)[1]
    db.session.commit()
    return made


@pytest.fixture
def second(world: World) -> Mailbox:
    found = mailboxes.create("sales@desk.example", mailboxes.Setup("Sales", world.orders_queue.id), SYSTEM, LONG_AGO)
    db.session.commit()
    return found


def bearer(secret: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}", **{name.replace("_", "-"): value for name, value in more.items()}}


def raws() -> list[RawMail]:
    return list(db.session.scalars(select(RawMail).order_by(RawMail.id)))


def test_a_mail_is_stored_as_it_came_and_becomes_a_ticket(client: FlaskClient, world: World, secret: str) -> None:
    content = mail(text="caf\u00e9").replace("\u00e9".encode(), b"\xe9\x00")
    answer = client.post("/hooks/email", data=content, content_type=RAW, headers=bearer(secret))
    assert (answer.status_code, answer.text) == (200, "Stored.\n")
    (raw,) = raws()
    assert storage.read(raw.blob_sha256) == content
    assert (raw.source, raw.mailbox_id, raw.state) == ("hook", world.mailbox.id, "stored")
    work_all(clock.now() + timedelta(seconds=1), task=intake.TASK)
    db.session.expire_all()
    assert message_of(raw).text.startswith("caf")


def test_the_secret_may_be_the_password_of_basic_authentication(client: FlaskClient, secret: str) -> None:
    words = base64.b64encode(f"any:{secret}".encode()).decode()
    answer = client.post("/hooks/email", data=mail(), headers={"Authorization": f"Basic {words}"})
    assert answer.status_code == 200


def test_what_curl_calls_a_form_is_a_mail_all_the_same(client: FlaskClient, secret: str) -> None:
    content = mail(text="a=b&c=d")
    kind = "application/x-www-form-urlencoded"
    assert client.post("/hooks/email", data=content, content_type=kind, headers=bearer(secret)).status_code == 200
    assert storage.read(raws()[0].blob_sha256) == content


def basic(words: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(words.encode()).decode()}


def test_every_wrong_secret_is_answered_alike(client: FlaskClient, world: World, second: Mailbox) -> None:
    answers = [client.post("/hooks/email", data=mail(), headers=bearer("tdh_none"))]
    made = [hook_secrets.make(name, None, SYSTEM, LONG_AGO) for name in ("old", "taken back", "good")]
    _row, of_mailbox = hook_secrets.make("out of use", second.id, SYSTEM, LONG_AGO)
    hook_secrets.rotate(made[0][0], timedelta(hours=1), SYSTEM, LONG_AGO)
    hook_secrets.revoke(made[1][0], SYSTEM, LONG_AGO)
    mailboxes.disable(second, SYSTEM, LONG_AGO)
    db.session.commit()
    good = made[2][1]
    proofs: list[dict[str, str]] = [
        {}, bearer(""), bearer("x" * 5000), bearer(good[:-1]), bearer(good + "x"), bearer(made[2][0].digest),
        bearer(made[0][1]), bearer(made[1][1]), bearer(of_mailbox), basic(f"{good}:"), basic("any:wrong"),
        {"Authorization": f"Digest {good}"}, {"Authorization": "Basic %%%"}, {"X-Secret": good},
    ]  # fmt: skip
    answers += [client.post("/hooks/email", data=mail(), headers=proof) for proof in proofs]
    answers.append(client.post(f"/hooks/email?secret={good}&token={good}", data=mail()))
    answers.append(client.post("/hooks/email", data=b""))
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.data for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.keys())) for answer in answers}) == 1
    assert raws() == []
    assert client.post("/hooks/email", data=mail(), headers=bearer(good)).status_code == 200


def test_an_empty_mail_is_refused(client: FlaskClient, secret: str) -> None:
    for content in (b"", b"\r\n \r\n"):
        assert client.post("/hooks/email", data=content, headers=bearer(secret)).status_code == 400
    assert raws() == []


def test_forms_and_json_are_not_mail(client: FlaskClient, secret: str) -> None:
    answer = client.post("/hooks/email", json={"subject": "x"}, headers=bearer(secret))
    assert answer.status_code == 415
    files = {"email": (BytesIO(mail()), "mail.eml")}
    kind = "multipart/form-data"
    assert client.post("/hooks/email", data=files, content_type=kind, headers=bearer(secret)).status_code == 415


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    largest = 200_000
    monkeypatch.setattr(mail_limits, "MAX_BYTES", largest)
    monkeypatch.setattr(limits, "RAW", {"hooks.email": largest + 1})
    return largest


class Drops(BytesIO):
    """A body that counts what was read of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.taken += len(found)
        return found


@pytest.mark.parametrize("says_its_length", [True, False])
def test_what_is_too_large_is_refused_before_it_is_read(
    client: FlaskClient, secret: str, small: int, *, says_its_length: bool
) -> None:
    def post(size: int) -> tuple[int, int]:
        body = Drops(mail().ljust(size, b"x"))
        more: dict[str, Any] = {"content_length": size} if says_its_length else {}
        answer = client.post(
            "/hooks/email",
            input_stream=body,
            headers=bearer(secret),
            environ_overrides={} if says_its_length else {"wsgi.input_terminated": True},
            **more,
        )
        return answer.status_code, body.taken

    assert post(small)[0] == 200
    status, taken = post(10 * small)
    assert status == 413
    assert taken == 0 if says_its_length else taken <= 2 * small
    assert len(raws()) == 1


def test_nothing_is_read_for_strangers(client: FlaskClient, secret: str) -> None:
    body = Drops(mail())
    assert client.post("/hooks/email", input_stream=body, content_length=100).status_code == 401
    assert body.taken == 0


def test_35_mib_are_the_most(client: FlaskClient, secret: str) -> None:
    assert limits.RAW == {"hooks.email": 35 * 1024 * 1024 + 1}
    assert client.post("/hooks/email", data=mail().ljust(3_000_000, b"x"), headers=bearer(secret)).status_code == 200


def test_the_envelope_decides_the_mailbox(client: FlaskClient, world: World, second: Mailbox, secret: str) -> None:
    def posted(path: str = "/hooks/email", to: str = "support@desk.example", **headers: str) -> RawMail:
        answer = client.post(path, data=mail(to=to), headers=bearer(secret, **headers))
        assert answer.status_code == 200
        return raws()[-1]

    found = posted(X_Envelope_To="<Sales+x@desk.example>, other@far.example", X_Envelope_From="<Dana@customer.example>")
    assert found.mailbox_id == second.id
    assert found.envelope_to == ["sales+x@desk.example", "other@far.example"]
    assert found.envelope_from == "dana@customer.example"
    assert posted("/hooks/email?to=other@far.example&to=sales@desk.example&from=").mailbox_id == second.id
    assert raws()[-1].envelope_from == ""
    by_headers = posted(to="Somebody <a@far.example>, \r\n Sales <sales@desk.example>")
    assert (by_headers.mailbox_id, by_headers.envelope_to) == (second.id, ["sales@desk.example"])
    assert by_headers.envelope_from is None
    assert posted(to="a@far.example").mailbox_id == world.mailbox.id


def test_the_secret_of_a_mailbox_serves_that_one_only(client: FlaskClient, world: World, second: Mailbox) -> None:
    own = hook_secrets.make("Own", second.id, SYSTEM, LONG_AGO)[1]
    db.session.commit()
    to = {"X_Envelope_To": "support@desk.example"}
    assert client.post("/hooks/email", data=mail(), headers=bearer(own, **to)).status_code == 200
    assert raws()[0].mailbox_id == second.id


def test_ten_posts_of_one_mail_are_one(client: FlaskClient, world: World, second: Mailbox, secret: str) -> None:
    content, to = mail(), {"X_Envelope_To": "support@desk.example"}
    for _ in range(10):
        assert client.post("/hooks/email", data=content, headers=bearer(secret, **to)).status_code == 200
    assert len(raws()) == 1
    # The same mail for another mailbox is brought there as well, and stays one message.
    to = {"X_Envelope_To": "sales@desk.example"}
    assert client.post("/hooks/email", data=content, headers=bearer(secret, **to)).status_code == 200
    work_all(clock.now() + timedelta(seconds=1), task=intake.TASK)
    assert sorted(db.session.scalars(select(RawMail.state))) == ["duplicate", "message"]


def broken(error: Exception) -> Callable[..., None]:
    def fails(*_given: object, **_more: object) -> None:
        raise error

    return fails


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), OperationalError("INSERT", {}, Exception("gone"))]
)
def test_a_fault_of_ours_is_never_final(
    client: FlaskClient, secret: str, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(storage.DiskStore, "write", broken(error))
        answer = client.post("/hooks/email", data=mail(), headers=bearer(secret))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "device" not in answer.text
    assert raws() == []
    assert client.post("/hooks/email", data=mail(), headers=bearer(secret)).status_code == 200


def test_nor_is_coming_too_often(client: FlaskClient, secret: str) -> None:
    statuses = [client.post("/hooks/email").status_code for _ in range(1201)]
    assert statuses == [401] * 1200 + [503]
    answer = client.post("/hooks/email", data=mail(), headers=bearer(secret))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")


def test_the_use_of_a_secret_is_noted(client: FlaskClient, secret: str) -> None:
    client.post("/hooks/email", data=mail(), headers=bearer(secret))
    assert db.session.scalar(select(func.count(HookSecret.used_at))) == 1
