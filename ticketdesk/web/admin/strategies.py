"""How a queue can hand out its work, in words."""

from ticketdesk.web.texts import _

SHORT = [
    ("manual", "Agents take tickets themselves"),
    ("round_robin", "In turn"),
    ("fewest_open", "To whoever has least to do"),
    ("most_spare", "To whoever has most room"),
]
LONG = [
    ("manual", "Agents take tickets themselves: nothing is handed out."),
    ("round_robin", "In turn: whoever got none for longest gets the next."),
    (
        "fewest_open",
        "To whoever has least to do: each open ticket weighs one, a fifth while it waits for the customer, and a chat "
        "as much as is said for all queues.",
    ),
    (
        "most_spare",
        "To whoever has most room: the one who has used up the smallest share of what they take. Fair where some "
        "work half days.",
    ),
]


def short(strategy: str) -> str:
    """A strategy in a few words."""
    return _(dict(SHORT)[strategy])
