"""AZ-01, AZ-02, AZ-08: every door against everybody, ids of others, and requests that others forged."""

from typing import Any

import pytest
from flask import Flask, url_for
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests.security.matrix import ROWS, Row
from tests.security.stage import ACTORS, OUTSIDE, Stage
from ticketdesk.web import csrf

IMPLIED = {"HEAD", "OPTIONS"}
UNSAFE = sorted(key for key in ROWS if key[1] != "GET")
READING = sorted(key for key in ROWS if key[1] == "GET")
WRITES = ("INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "CREATE", "ALTER", "DROP")


def doors(app: Flask) -> set[tuple[str, str]]:
    return {
        (rule.endpoint, method) for rule in app.url_map.iter_rules() for method in (rule.methods or set()) - IMPLIED
    }


def address(stage: Stage, endpoint: str, args: dict[str, Any]) -> str:
    with stage.app.test_request_context():
        return url_for(endpoint, **args)


def knock(
    stage: Stage,
    key: tuple[str, str],
    actor: str,
    *,
    args: dict[str, Any] | None = None,
    token: bool = True,
    **more: Any,
) -> TestResponse:
    row = ROWS[key]
    where = address(stage, key[0], row.args(stage.ids) if args is None else args)
    with stage.undone():
        return stage.client(actor, token=token).open(where, method=key[1], data=row.form(stage.ids), **more)


def test_every_door_has_a_row_and_every_row_a_door(stage: Stage) -> None:
    assert doors(stage.app) == set(ROWS)


@pytest.mark.parametrize("key", sorted(ROWS), ids=lambda key: f"{key[0]}-{key[1]}")
def test_each_door_answers_everybody_as_the_table_says(stage: Stage, key: tuple[str, str]) -> None:
    """AZ-01."""
    row = ROWS[key]
    found = {actor: knock(stage, key, actor).status_code for actor in ACTORS}
    assert found == {actor: row.expected(actor, key[1]) for actor in ACTORS}


@pytest.mark.parametrize("key", READING, ids=lambda key: key[0])
def test_head_is_get_without_a_body(stage: Stage, key: tuple[str, str]) -> None:
    for actor in ("anonymous", "alice", "carol"):
        response = stage.client(actor).head(address(stage, key[0], ROWS[key].args(stage.ids)))
        assert (response.status_code, response.data) == (ROWS[key].expected(actor, "GET"), b"")


def test_other_methods_are_refused(stage: Stage) -> None:
    taken: dict[str, set[str]] = {}
    for endpoint, method in ROWS:
        where = address(stage, endpoint, ROWS[endpoint, method].args(stage.ids)).partition("?")[0]
        taken.setdefault(where, set()).add(method)
    for where, methods in taken.items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods:
            response = stage.client("ada").open(where, method=method)
            assert response.status_code == 405, (method, where)
            assert methods <= set(response.headers["Allow"].split(", "))


def body(response: TestResponse) -> tuple[int, bytes]:
    return response.status_code, response.data


TICKET_DOORS = sorted(key for key, row in ROWS.items() if row.rule in ("read", "reply", "manage"))


@pytest.mark.parametrize("key", TICKET_DOORS, ids=lambda key: f"{key[0]}-{key[1]}")
def test_what_is_not_mine_and_what_is_not_there_look_alike(stage: Stage, key: tuple[str, str]) -> None:
    """AZ-02: a stranger cannot tell a ticket of others from a number never given."""
    args = ROWS[key].args(stage.ids)
    nowhere = {**args, **({"number": 999_999} if "number" in args else {"reference": "x" * 26})}
    assert body(knock(stage, key, "carol")) == body(knock(stage, key, "carol", args=nowhere))
    assert knock(stage, key, "carol").status_code == 404


OF_A_MESSAGE = (
    "desk.message",
    "desk.rest",
    "desk.sheet",
    "desk.accept",
    "desk.decide_original",
    "desk.undo_original",
    "desk.show_pictures",
    "desk.hide_pictures",
)
NESTED = [key for key in TICKET_DOORS if key[0] in OF_A_MESSAGE]


@pytest.mark.parametrize("key", NESTED, ids=lambda key: key[0])
def test_a_message_is_reached_through_its_own_ticket_only(stage: Stage, key: tuple[str, str]) -> None:
    """AZ-02, nested: the ticket of one and the message of another."""
    for number, message in (("number", "foreign_message"), ("foreign_number", "message")):
        args = {"number": stage.ids[number], "message_id": stage.ids[message]}
        nowhere = {"number": stage.ids[number], "message_id": 999_999}
        for actor in ("alice", "carol", "ada"):
            assert body(knock(stage, key, actor, args=args)) == body(knock(stage, key, actor, args=nowhere))
            assert knock(stage, key, actor, args=args).status_code == 404


def test_what_became_of_messages_is_told_of_its_own_ticket_only(stage: Stage) -> None:
    args = {"number": stage.ids["number"], "of": stage.ids["foreign_message"]}
    nothing = {**args, "of": 999_999}
    for actor in ("alice", "ada"):
        foreign, none = (body(knock(stage, ("desk.deliveries", "GET"), actor, args=one)) for one in (args, nothing))
        assert foreign == none


def test_a_delivery_is_reached_through_its_own_ticket_only(stage: Stage) -> None:
    args = {"number": stage.ids["foreign_number"], "row_id": stage.ids["delivery"]}
    for actor in ("carol", "ada"):
        assert knock(stage, ("desk.send_again", "POST"), actor, args=args).status_code == 404


def test_files_of_a_draft_are_their_authors_alone(stage: Stage) -> None:
    args = {"reference": stage.ids["draft_file"]}
    for actor in ACTORS:
        response = knock(stage, ("desk.attachment", "GET"), actor, args=args)
        assert response.status_code == (200 if actor == "alice" else 302 if actor in OUTSIDE else 404), actor


@pytest.mark.parametrize("key", sorted(ROWS), ids=lambda key: f"{key[0]}-{key[1]}")
def test_numbers_that_no_row_has_lead_nowhere(stage: Stage, key: tuple[str, str]) -> None:
    args = ROWS[key].args(stage.ids)
    for name in (name for name, value in args.items() if isinstance(value, int) and name != "before"):
        for number in (0, 2**63 - 1, 10**30):
            where = address(stage, key[0], {**args, name: 7_777_777}).replace("7777777", str(number))
            with stage.undone():
                who = "dana" if ROWS[key].rule == "customers" else "ada"
                response = stage.client(who).open(where, method=key[1], data=ROWS[key].form(stage.ids))
            # Beyond what a column holds, an address is none of ours; another method may have said so first.
            assert response.status_code in ((404,) if number < 2**63 else (404, 405)), where


@pytest.mark.parametrize("key", UNSAFE, ids=lambda key: f"{key[0]}-{key[1]}")
def test_forged_requests_are_refused(stage: Stage, key: tuple[str, str]) -> None:
    """AZ-08: no token, a made-up token, another site's origin; each alone is enough."""
    bare = ROWS[key].expected("ada", key[1]) if key[0] in csrf.PROVEN_OTHERWISE else 400
    assert knock(stage, key, "ada", token=False).status_code == bare
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert knock(stage, key, "ada", headers=headers).status_code == 403, headers
    ours = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert knock(stage, key, "ada", headers=ours).status_code == ROWS[key].expected("ada", key[1])


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:81"},
        {"Origin": "http://evil.example/http://localhost"},
        {"Origin": "http://evil.example@localhost.evil.example"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    ],
    ids=str,
)
def test_what_another_site_may_say_of_itself(stage: Stage, headers: dict[str, str]) -> None:
    assert knock(stage, ("admin.name_company", "POST"), "ada", headers=headers).status_code == 403


@pytest.mark.parametrize("token", ["", "made-up", "ImFhIg.aa.bb"])
def test_a_made_up_token_is_none(stage: Stage, token: str) -> None:
    key = ("admin.name_company", "POST")
    assert knock(stage, key, "ada", token=False, headers={"X-CSRFToken": token}).status_code == 400


@pytest.mark.parametrize("key", READING, ids=lambda key: key[0])
def test_looking_changes_nothing(stage: Stage, key: tuple[str, str]) -> None:
    """AZ-08: no statement that writes, in two looks of each kind of person."""
    written: list[str] = []

    def listen(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.lstrip().upper().startswith(WRITES) or " FOR UPDATE" in statement or " FOR NO KEY" in statement:
            written.append(statement)

    event.listen(stage.connection, "before_cursor_execute", listen)
    try:
        for actor in ("anonymous", "alice", "ada", "ada"):
            stage.client(actor).get(address(stage, key[0], ROWS[key].args(stage.ids)))
    finally:
        event.remove(stage.connection, "before_cursor_execute", listen)
    assert written == []


def test_a_missing_row_would_be_seen(stage: Stage) -> None:
    assert doors(stage.app) != set(list(ROWS)[1:])
    assert isinstance(next(iter(ROWS.values())), Row)
