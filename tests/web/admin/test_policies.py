"""SLA policies on screens: their order, the form, what they said before, and which a ticket would get."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import LONG_AGO, World, open_for
from tests.web.desk.conftest import counted, htmx, words
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.audit import AuditEntry
from ticketdesk.core.db import db
from ticketdesk.sla import editing
from ticketdesk.sla.editing import Words
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.tickets import queues

HOUR = 3600


@pytest.fixture
def hours(policy: SlaPolicy) -> int:
    """The calendar to begin with."""
    return db.session.scalars(select(Calendar.id)).one()


def form(hours: int, **change: Any) -> dict[str, Any]:
    filled: dict[str, Any] = {"name": "Gold", "calendar_id": hours, "warn_percent": "25", "pauses": ["pending"]}
    filled |= {"normal-first_response-amount": "4", "normal-first_response-unit": "hours"}
    return {**filled, **change}


def make(hours: int, name: str, **more: Any) -> SlaPolicy:
    made = editing.create(name, Words(hours, {"normal": {"first_response": HOUR}}, **more), SYSTEM, LONG_AGO)
    db.session.commit()
    return made


def in_order() -> list[str]:
    db.session.expire_all()
    return list(db.session.scalars(select(SlaPolicy.name).order_by(SlaPolicy.position, SlaPolicy.id)))


def test_all_that_a_policy_can_say_is_kept(ada: FlaskClient, world: World, hours: int) -> None:
    given = form(
        hours,
        queues=[world.care_queue.id, world.orders_queue.id],
        brands=[world.brand.id],
        channels=["chat", "form"],
        priorities=["urgent"],
        tells_ahead="y",
        **{
            "chat_normal-first_response-amount": "90",
            "chat_normal-first_response-unit": "seconds",
            "urgent-resolution-amount": "150",
            "urgent-resolution-unit": "minutes",
        },
    )
    answer = ada.post("/admin/sla", data=given)
    assert answer.status_code == 302
    made = db.session.scalars(select(SlaPolicy).where(SlaPolicy.name == "Gold")).one()
    version = editing.in_force(made.id)
    assert version.conditions == {
        "queue_id": sorted([world.care_queue.id, world.orders_queue.id]),
        "brand_id": [world.brand.id],
        "channel": ["chat", "form"],
        "priority": ["urgent"],
    }
    assert version.targets == {"normal": {"first_response": 4 * HOUR}, "urgent": {"resolution": 9000}}
    assert version.chat_targets == {"normal": {"first_response": 90}}
    assert version.tells_ahead is True
    page = ada.get(answer.location).text
    assert 'name="chat_normal-first_response-amount" value="90"' in page
    assert '<details class="td-fold td-gap" open>' in page
    assert "90 seconds" in words(page)


def test_saving_the_page_as_it_is_saves_nothing(ada: FlaskClient, policy: SlaPolicy, hours: int) -> None:
    standard = {"name": "Standard", "calendar_id": hours, "warn_percent": "25", "pauses": ["pending"], "based_on": "1"}
    for priority, targets in editing.in_force(policy.id).targets.items():
        for metric, seconds in targets.items():
            standard[f"{priority}-{metric}-amount"] = seconds // 60
            standard[f"{priority}-{metric}-unit"] = "minutes"
    answer = ada.post(f"/admin/sla/{policy.id}", data=standard, follow_redirects=True)
    assert "Nothing was different, so nothing was saved." in answer.text
    assert editing.in_force(policy.id).number == 1
    answer = ada.post(f"/admin/sla/{policy.id}", data={**standard, "name": "Plain"}, follow_redirects=True)
    assert (editing.in_force(policy.id).number, in_order()) == (1, ["Plain"])


def test_steps_set_elsewhere_and_archived_queues_survive_a_change(
    ada: FlaskClient, world: World, policy: SlaPolicy, hours: int
) -> None:
    said = editing.words_of(editing.in_force(policy.id))
    step = {"metric": "resolution", "offset_s": -HOUR, "recipients": ["assignee"], "actions": [], "urgent": False}
    made = editing.create(
        "Gold",
        Words(hours, said.targets, {"queue_id": [world.orders_queue.id]}, steps=[]),
        SYSTEM,
        LONG_AGO,
    )
    editing.in_force(made.id).steps = [step]
    queues.archive(world.orders_queue, SYSTEM, LONG_AGO)
    db.session.commit()
    page = ada.get(f"/admin/sla/{made.id}").text
    assert "Orders, no longer in use" in page
    answer = ada.post(f"/admin/sla/{made.id}", data=form(hours, queues=[world.orders_queue.id], warn_percent="50"))
    assert answer.status_code == 302
    version = editing.in_force(made.id)
    assert (version.number, version.steps, version.conditions) == (2, [step], {"queue_id": [world.orders_queue.id]})


def test_who_saves_over_another_version_is_told(ada: FlaskClient, policy: SlaPolicy, hours: int) -> None:
    where = f"/admin/sla/{policy.id}"
    assert ada.post(where, data=form(hours, name="Standard", based_on="1")).status_code == 302
    answer = ada.post(where, data=form(hours, name="Standard", based_on="1", warn_percent="50"))
    assert answer.status_code == 422
    assert "Version 2 was saved meanwhile." in answer.text
    assert 'name="based_on" type="hidden" value="2"' in answer.text
    assert 'value="50"' in answer.text
    assert editing.in_force(policy.id).number == 2


@pytest.mark.parametrize(
    "change",
    [
        {"channels": "pigeon"},
        {"priorities": "huge"},
        {"brands": "999"},
        {"chat_low-resolution-amount": "0"},
        {"chat_low-resolution-unit": "years"},
        {"steps": "[]"},
    ],
)
def test_what_is_not_offered_is_refused(ada: FlaskClient, hours: int, change: dict[str, str]) -> None:
    assert ada.post("/admin/sla", data=form(hours, **change)).status_code == 422


def test_plain_words_follow_what_is_typed_and_save_nothing(ada: FlaskClient, world: World, hours: int) -> None:
    before = db.session.scalar(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1))
    said = words(ada.post("/admin/sla/preview", data=form(hours, channels="chat"), headers=htmx()).text)
    assert "Tickets that come by chat :" in said
    assert "a first answer within 4 hours" in said
    half = words(ada.post("/admin/sla/preview", data={"normal-first_response-amount": "soon", "calendar_id": "x"}).text)
    assert "nothing is promised yet." in half
    assert "hours that are still to be chosen" in half
    assert ada.post("/admin/sla/preview", data={"name": "a\x00b"}).status_code == 422
    assert db.session.scalar(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1)) == before
    assert in_order() == ["Standard"]


def test_the_list_says_what_is_never_tried(ada: FlaskClient, world: World, policy: SlaPolicy, hours: int) -> None:
    gold = make(hours, "Gold", conditions={"queue_id": [world.care_queue.id]})
    page = words(ada.get("/admin/sla").text)
    assert "Never tried: Standard stands before it and fits every such ticket." in page
    assert "Every ticket is promised something" in page
    ada.post(f"/admin/sla/{gold.id}/place", data={"direction": "up"})
    assert "Never tried" not in ada.get("/admin/sla").text
    ada.post(f"/admin/sla/{policy.id}/disabling")
    assert "A ticket that none of these fits is promised nothing" in ada.get("/admin/sla").text


def test_order_and_switch_answer_scripts_with_the_list(ada: FlaskClient, policy: SlaPolicy, hours: int) -> None:
    gold = make(hours, "Gold")
    asked = htmx(**{"HX-Target": "policies"})
    answer = ada.post(f"/admin/sla/{gold.id}/place", data={"direction": "up"}, headers=asked)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div id="policies">')
    assert "Gold is now tried as number 1." in answer.text
    assert f'id="up-{gold.id}"' in answer.text
    assert in_order() == ["Gold", "Standard"]
    answer = ada.post(f"/admin/sla/{gold.id}/disabling", headers=asked)
    assert 'aria-checked="false"' in answer.text
    assert ada.post(f"/admin/sla/{gold.id}/enabling").status_code == 302
    db.session.expire_all()
    assert gold.enabled


def test_tickets_in_hand_are_counted_by_policy_and_version(
    ada: FlaskClient, world: World, policy: SlaPolicy, hours: int
) -> None:
    for _number in range(2):
        open_for(world, world.care_queue)
    editing.change(policy, Words(hours, {"normal": {"resolution": HOUR}}), SYSTEM, LONG_AGO)
    open_for(world, world.care_queue)
    db.session.commit()
    assert "3 tickets with a running clock" in words(ada.get("/admin/sla").text)
    page = words(ada.get(f"/admin/sla/{policy.id}").text)
    assert "It has 3 tickets in hand. 2 of them still run by older versions." in page
    versions = words(ada.get(f"/admin/sla/{policy.id}/versions").text)
    assert "2 tickets run by it" in versions and "one ticket runs by it" in versions


def test_a_large_desk_is_told_at_least(
    ada: FlaskClient, world: World, policy: SlaPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticketdesk.web.admin.policy_counts.MOST_TIMERS", 2)
    for _number in range(3):
        open_for(world, world.care_queue)
    db.session.commit()
    assert "at least" in words(ada.get("/admin/sla").text)


def test_a_page_of_policies_costs_the_same_however_many_there_are(ada: FlaskClient, hours: int) -> None:
    with counted() as few:
        ada.get("/admin/sla")
    for number in range(5):
        make(hours, f"Policy {number}", conditions={"channel": ["chat"]})
    with counted() as many:
        ada.get("/admin/sla")
    assert len(many) == len(few)


def test_versions_say_what_they_changed_who_and_when(
    ada: FlaskClient, world: World, policy: SlaPolicy, hours: int
) -> None:
    ada.post(f"/admin/sla/{policy.id}", data=form(hours, name="Standard", channels="chat", pauses=[]))
    page = words(ada.get(f"/admin/sla/{policy.id}/versions").text)
    assert page.index("Version 2") < page.index("Version 1")
    assert "Ada, just now" in page
    assert "Channels was all becomes chat" in page
    assert "Urgent, resolution was 4 hours becomes nothing promised" in page
    assert "The solution waits was while pending becomes never" in page
    assert "The first version." in page
    assert ada.get(f"/admin/sla/{policy.id}/versions?before=x").status_code == 400
    assert ada.get("/admin/sla/999/versions").status_code == 404


def test_many_versions_come_in_pages(ada: FlaskClient, policy: SlaPolicy, hours: int) -> None:
    for percent in range(30, 52):
        editing.change(policy, Words(hours, {"normal": {"resolution": HOUR}}, warn_percent=percent), SYSTEM, LONG_AGO)
    db.session.commit()
    first = ada.get(f"/admin/sla/{policy.id}/versions").text
    assert "Version 4<" in first and "Version 3<" not in first
    assert "32 % are left" in words(first)
    second = ada.get(f"/admin/sla/{policy.id}/versions?before=4").text
    assert "Version 3<" in second and "The first version." in second and "Older versions" not in second


def test_which_policy_would_fit_and_why_none_before(
    ada: FlaskClient, world: World, policy: SlaPolicy, hours: int
) -> None:
    make(hours, "Gold", conditions={"queue_id": [world.orders_queue.id], "channel": ["chat"]})
    make(hours, "Silver", conditions={"priority": ["urgent", "high"]})
    editing.reorder(
        [*list(db.session.scalars(select(SlaPolicy.id).where(SlaPolicy.id != policy.id))), policy.id], SYSTEM, LONG_AGO
    )
    db.session.commit()
    asked = {"queue": world.care_queue.id, "channel": "email", "priority": "high"}
    said = words(ada.get("/admin/sla/fitting", query_string=asked, headers=htmx()).text)
    assert "Gold does not fit: only for tickets in Orders, only for what comes by chat." in said
    assert "Silver fits, so it is this one." in said
    assert "Standard" not in said
    said = words(ada.get("/admin/sla/fitting", query_string={**asked, "priority": "normal"}).text)
    assert "Silver does not fit: only for priority urgent or high." in said
    assert "Standard fits" in said
    assert "First response 4 hours" in said
    ada.post(f"/admin/sla/{policy.id}/disabling")
    said = words(ada.get("/admin/sla/fitting", query_string={**asked, "priority": "low"}).text)
    assert "None fits: such a ticket is promised nothing" in said
    for gone in ({"queue": "999"}, {"brand": "-1"}):
        assert ada.get("/admin/sla/fitting", query_string={**asked, **gone}).status_code == 404
    for wrong in ({"queue": "x"}, {"channel": "pigeon"}, {"priority": "huge"}):
        assert ada.get("/admin/sla/fitting", query_string={**asked, **wrong}).status_code == 400


def test_in_a_chat_the_tester_shows_what_chats_are_promised(ada: FlaskClient, world: World, hours: int) -> None:
    quick = make(hours, "Quick", chat_targets={"normal": {"first_response": 120}})
    editing.reorder(
        [quick.id, *db.session.scalars(select(SlaPolicy.id).where(SlaPolicy.id != quick.id))], SYSTEM, LONG_AGO
    )
    db.session.commit()
    asked = {"queue": world.care_queue.id, "channel": "chat"}
    assert "First response 2 minutes" in words(ada.get("/admin/sla/fitting", query_string=asked).text)
