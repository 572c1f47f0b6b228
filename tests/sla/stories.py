"""Random lives of tickets: who wrote when, pauses, reopenings, changes of mind and of policy."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.calendars import worlds
from ticketdesk.calendars.rules import History, Version
from ticketdesk.sla.explain import Happening
from ticketdesk.sla.policies import METRICS, Policy

PRIORITIES = ("low", "high", "urgent")
CATEGORIES = ("open", "pending", "on_hold", "solved", "closed")


@dataclass(frozen=True)
class Story:
    """One ticket's events with all that is needed to replay them."""

    events: tuple[Happening, ...]
    policies: dict[int, Policy]
    calendars: dict[int, History]
    until: datetime


minutes = st.one_of(st.integers(0, 5), st.integers(0, 180), st.sampled_from([30, 60, 480]))


since = st.one_of(st.none(), minutes, st.integers(0, 4 * 1440))
"""How long a customer has waited, in minutes."""


def _said(at: datetime, ago: int | None) -> str | None:
    return None if ago is None else (at - timedelta(minutes=ago)).isoformat()


@st.composite
def policies(draw: st.DrawFn, version_id: int) -> Policy:
    targets = {
        priority: {
            metric: 60 * draw(st.one_of(st.integers(1, 90), st.sampled_from([30, 60, 480])))
            for metric in METRICS
            if draw(st.integers(0, 7))
        }
        for priority in PRIORITIES
    }
    for_chats = {
        priority: {metric: 60 * draw(st.integers(1, 60)) for metric in METRICS if draw(st.booleans())}
        for priority in PRIORITIES
        if draw(st.booleans())
    }
    pauses = frozenset(draw(st.sets(st.sampled_from(["pending", "on_hold"]))))
    return Policy(version_id, f"Policy {version_id}", 1, {}, targets, pauses, draw(st.integers(1, 2)), 25, for_chats)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    first = draw(worlds.histories(60))
    zone = first.versions[0].hours.zone
    second = History((Version(9, first.versions[0].starts_at, draw(worlds.hours(zone))),))
    calendars = {1: first, 2: second}
    terms = {number: draw(policies(number)) for number in (1, 2, 3)}
    at = datetime.fromtimestamp(worlds.change_of(zone), UTC) + timedelta(minutes=draw(st.integers(-2 * 1440, 1440)))
    events: list[Happening] = []
    replies: list[int] = []

    def happen(kind: str, actor: str = "agent", **data: Any) -> None:
        events.append(Happening(len(events) + 1, at, kind, actor, data))

    by_agent = draw(st.booleans())
    happen(
        "ticket_opened",
        priority=draw(st.sampled_from(PRIORITIES)),
        category=draw(st.sampled_from(CATEGORIES)) if by_agent else "new",
        by_agent=by_agent,
        channel=draw(st.sampled_from(["chat", "email"])),
    )
    if draw(st.integers(0, 5)):
        happen("sla_applied", "system", policy_version_id=draw(st.sampled_from([1, 2, 3])))
    for _ in range(draw(st.integers(0, 12))):
        at += timedelta(minutes=draw(minutes))
        what = draw(
            st.sampled_from(
                ["message"] * 4
                + ["reply"] * 4
                + ["status"] * 4
                + ["joined", "joined", "parted", "parted"]
                + [
                    "void",
                    "void",
                    "priority",
                    "priority",
                    "queue",
                    "medium",
                    "medium",
                    "aside",
                    "back",
                    "accepted",
                    "no_reply_needed",
                    "note",
                ]
            )
        )
        if what == "message":
            held, inert = draw(st.integers(0, 5)) == 0, draw(st.integers(0, 5)) == 0
            happen("message_received", "contact", message_id=100 + len(events), held=held, inert=inert)
        elif what == "reply":
            replies.append(200 + len(events))
            automatic = draw(st.integers(0, 5)) == 0
            actor = draw(st.sampled_from(["agent"] * 5 + ["automation"]))
            happen("reply_sent", actor, message_id=replies[-1], automatic=automatic)
        elif what == "status":
            happen("status_changed", to_category=draw(st.sampled_from(CATEGORIES)))
        elif what == "void" and replies:
            happen(
                draw(st.sampled_from(["reply_withdrawn", "reply_failed", "reply_failed", "reply_repeated"])),
                message_id=draw(st.sampled_from(replies)),
                permanent=draw(st.integers(0, 3)) > 0,
            )
        elif what == "priority":
            happen("priority_changed", to=draw(st.sampled_from(PRIORITIES)))
            if draw(st.booleans()):
                happen("sla_applied", "system", policy_version_id=draw(st.sampled_from([None, 1, 2, 3])))
        elif what == "queue":
            happen("queue_changed", to=draw(st.integers(1, 3)))
            if draw(st.booleans()):
                happen("sla_applied", "system", policy_version_id=draw(st.sampled_from([1, 2, 3])))
        elif what == "medium":
            happen("medium_changed", to=draw(st.sampled_from(["chat", "mail"])))
        elif what == "aside":
            happen(draw(st.sampled_from(["marked_spam", "trashed", "merged_into"])))
        elif what == "joined":
            happen("merged_from", source_id=7, unanswered_since=_said(at, draw(since)))
        elif what == "parted":
            merged = next((one.at for one in reversed(events) if one.kind in ("merged_into", "merge_undone")), None)
            while_merged = merged is not None and events[-1].kind == "merged_into"
            answer = [300 + len(events), max(merged or at, at - timedelta(minutes=draw(minutes))).isoformat()]
            happen(
                "merge_undone",
                source_id=7,
                unanswered_since=_said(at, draw(since)),
                answered=answer if while_merged and draw(st.booleans()) else None,
            )
        elif what == "back":
            happen(draw(st.sampled_from(["unmarked_spam", "restored", "merge_undone"])))
        elif what == "accepted":
            happen("message_accepted", message_id=1)
        elif what == "no_reply_needed":
            happen("no_reply_needed")
        else:
            happen("note_added")
    until = at + timedelta(minutes=draw(st.integers(0, 600)))
    return Story(tuple(events), terms, calendars, until)
