"""What a policy said before: its versions, which never change, each with what it changed."""

from dataclasses import dataclass

from flask import render_template, request
from sqlalchemy import select
from werkzeug.exceptions import BadRequest

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.sla import editing
from ticketdesk.sla.policy import SlaPolicy, SlaPolicyVersion
from ticketdesk.web.admin import door, policy_counts, policy_differences, policy_names, policy_words
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.admin.policy_differences import Difference
from ticketdesk.web.admin.policy_names import Called
from ticketdesk.web.admin.policy_words import Plain

PAGE = 20


@dataclass(frozen=True, slots=True)
class Past:
    """One version; `differences` to the one before it, None for the first."""

    version: SlaPolicyVersion
    author: str | None
    plain: Plain
    differences: list[Difference] | None
    tickets: int


@blueprint.get("/sla/<int:policy_id>/versions")
def policy_versions(policy_id: int) -> str:
    """The versions of a policy, the newest first, a page at a time."""
    found = door.find(SlaPolicy, policy_id)
    rows = _read(found.id, _before())
    called, counts = policy_names.load(), policy_counts.governed()
    shown = rows[:PAGE]
    older = [version for version, _author in rows[1:]] + [None]
    return render_template(
        "admin/policy_versions.html",
        policy=found,
        newest=editing.in_force(found.id).number,
        past=[
            _past(version, author, before, called, counts.by_version.get(version.id, 0))
            for (version, author), before in zip(shown, older, strict=False)
        ],
        further=shown[-1][0].number if len(rows) > PAGE else None,
        is_capped=counts.is_capped,
    )


def _past(
    version: SlaPolicyVersion, author: str | None, before: SlaPolicyVersion | None, called: Called, tickets: int
) -> Past:
    words = editing.words_of(version)
    differences = None if before is None else policy_differences.between(editing.words_of(before), words, called)
    return Past(version, author, policy_words.plain(words, called), differences, tickets)


def _read(policy_id: int, before: int | None) -> list[tuple[SlaPolicyVersion, str | None]]:
    """One more than a page, so that the last has something to be compared with."""
    wanted = (
        select(SlaPolicyVersion, Agent.name)
        .outerjoin(Agent, Agent.id == SlaPolicyVersion.created_by)
        .where(SlaPolicyVersion.policy_id == policy_id)
        .order_by(SlaPolicyVersion.number.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        wanted = wanted.where(SlaPolicyVersion.number < before)
    return [(row[0], row[1]) for row in db.session.execute(wanted)]


def _before() -> int | None:
    if "before" not in request.args:
        return None
    before = request.args.get("before", type=int)
    if before is None or not 0 < before < 2**31:
        raise BadRequest
    return before
