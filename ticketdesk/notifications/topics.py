"""What agents can choose to hear of: kinds of events by why somebody is told; pure."""

from collections.abc import Mapping
from typing import NamedTuple

APP, MAIL, PUSH = "app", "mail", "push"
WAYS = (APP, MAIL, PUSH)


class Topic(NamedTuple):
    """Something that is chosen as one."""

    name: str
    kinds: frozenset[str]
    usual: frozenset[str]  # the ways on which it is told where nothing else was chosen
    reasons: frozenset[str] | None = None  # None: whatever the reason
    always: frozenset[str] = frozenset()  # the ways that nobody can switch off


EVERYWHERE, DESK_ONLY = frozenset(WAYS), frozenset([APP])
AT_HAND = frozenset([APP, PUSH])
MESSAGES = frozenset(["message_received", "message_accepted"])

TOPICS: tuple[Topic, ...] = (
    Topic("assigned", frozenset(["assigned"]), EVERYWHERE),
    Topic("mentioned", frozenset(["note_added"]), EVERYWHERE, frozenset(["mentioned"])),
    Topic("notes", frozenset(["note_added"]), DESK_ONLY),
    Topic("team", MESSAGES, DESK_ONLY, frozenset(["team"])),
    Topic("messages", MESSAGES, DESK_ONLY),
    Topic("beside", frozenset(["side_received", "side_accepted"]), DESK_ONLY),
    Topic("chats", frozenset(["chat_offered", "chat_passed_on", "chat_invited"]), AT_HAND),
    Topic("deadlines", frozenset(["sla_warned", "sla_breached"]), EVERYWHERE),
    Topic("escalations", frozenset(["escalated"]), EVERYWHERE, always=DESK_ONLY),
    Topic(
        "undelivered",
        frozenset(["reply_failed", "reply_bounced", "reply_handed_back", "mail_failed", "side_failed"]),
        EVERYWHERE,
    ),
    Topic("woken", frozenset(["woken"]), DESK_ONLY),
    Topic("discontent", frozenset(["follow_up_opened"]), EVERYWHERE),
)
"""In the order in which they are asked; of two that fit, the first counts."""

BY_NAME: Mapping[str, Topic] = {topic.name: topic for topic in TOPICS}


def topic_of(kind: str, reason: str) -> Topic:
    """What an event is to whoever is told of it for this reason; raises KeyError for one that nobody is told of."""
    for topic in TOPICS:
        if kind in topic.kinds and (topic.reasons is None or reason in topic.reasons):
            return topic
    raise KeyError(kind)


def ways(topic: Topic, chosen: Mapping[str, object]) -> frozenset[str]:
    """On which ways a topic is told, as it was chosen."""
    own = chosen.get(topic.name)
    return topic.always | (frozenset(own) & EVERYWHERE if isinstance(own, list) else topic.usual)
