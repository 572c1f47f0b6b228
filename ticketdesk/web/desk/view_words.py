"""What the parts of a saved view are called: fields, operators, choices, orders, columns."""

from collections.abc import Mapping

from ticketdesk.tickets import view_fields
from ticketdesk.web import labels
from ticketdesk.web.texts import _

Named = Mapping[str, str]


def fields() -> Named:
    """What can be asked of a ticket."""
    return {
        "status": _("Status"),
        "priority": _("Priority"),
        "queue": _("Queue"),
        "assignee": _("Assignee"),
        "requester": _("Requester"),
        "organization": _("Organization"),
        "channel": _("Channel"),
        "tag": _("Tags"),
        "opened": _("Opened"),
        "updated": _("Last change"),
        "waiting": _("Customer waits for us"),
        "due": _("Next due"),
        "following": _("Followed by me"),
        "subject": _("Subject"),
        "attachment": _("Has a file"),
        **_own(),
    }


def operators(field: str) -> Named:
    """How a field can be asked."""
    special: dict[str, Named] = {
        "requester": {
            "is": _("has the address"),
            "contains": _("name or address contains"),
            "contains_not": _("name and address do not contain"),
        },
        "organization": {
            "contains": _("name contains"),
            "contains_not": _("name does not contain"),
            "none": _("is none"),
        },
        "tag": {"has": _("have any of"), "has_not": _("have none of")},
        "waiting": {"older": _("for longer than"), "newer": _("for less than")},
        "due": {"within": _("late or within"), "late": _("late"), "none": _("nothing is due")},
    }
    if field.startswith(view_fields.PREFIX):
        return _of_own()
    return special.get(field) or {
        "is": _("is any of"),
        "is_not": _("is none of"),
        "contains": _("contains"),
        "contains_not": _("does not contain"),
        "older": _("longer ago than"),
        "newer": _("within the last"),
        "yes": _("yes"),
        "no": _("no"),
    }


def choices(field: str) -> Named:
    """What is chosen from, rows of the database left out."""
    known: dict[str, Named] = {
        "status": {
            "new": _("New"),
            "open": _("Open"),
            "pending": _("Pending"),
            "on_hold": _("On hold"),
            "solved": _("Solved"),
            "closed": _("Closed"),
        },
        "priority": labels.priorities(),
        "channel": {**labels.channels(), "phone": _("Phone"), "portal": _("Portal"), "api": _("API")},
        "assignee": {"me": _("Me"), "nobody": _("Nobody"), "my_teams": _("Somebody of my teams")},
    }
    own = view_fields.own().get(field)
    return own.labels if own is not None else known.get(field, {})


def _own() -> Named:
    """Fields made by administrators."""
    return {
        name: field.label if field.archived_at is None else _("%(name)s (archived)", name=field.label)
        for name, field in view_fields.own().items()
    }


def _of_own() -> Named:
    """How these can be asked, whatever their kind."""
    return {
        "is": _("is any of"),
        "is_not": _("is none of"),
        "says": _("is"),
        "contains": _("contains"),
        "contains_not": _("does not contain"),
        "equals": _("is"),
        "least": _("is at least"),
        "most": _("is at most"),
        "on": _("is on"),
        "before": _("is before"),
        "after": _("is after"),
        "yes": _("yes"),
        "no": _("no"),
        "any": _("has anything"),
        "none": _("has nothing"),
    }


def among() -> Named:
    """Among which tickets a view looks."""
    return {
        "unsolved": _("Unsolved tickets, but for snoozed ones"),
        "past": _("Solved and closed tickets"),
        "all": _("All of them"),
    }


def joinings() -> Named:
    """How conditions go together."""
    return {"all": _("All of these are so"), "any": _("At least one of these is so")}


def sorts() -> Named:
    """In which order tickets come."""
    return {
        "due": _("Least time left first"),
        "newest": _("Newest first"),
        "oldest": _("Oldest first"),
        "updated": _("Last changed first"),
        "untouched": _("Longest unchanged first"),
    }


def columns() -> Named:
    """What rows can show besides."""
    return {
        "number": _("Number"),
        "status": _("Status"),
        "priority": _("Priority"),
        "queue": _("Queue"),
        "organization": _("Organization"),
        "tags": _("Tags"),
        "opened": _("When it was opened"),
        "updated": _("When it last changed"),
        **_own(),
    }


def units() -> Named:
    """In what time is measured."""
    return {"hours": _("hours"), "days": _("days")}


def icons() -> Named:
    """What the icons show."""
    return {
        "filter": _("Funnel"),
        "star": _("Star"),
        "flag": _("Flag"),
        "bolt": _("Bolt"),
        "clock": _("Clock"),
        "late": _("Diamond"),
        "tag": _("Tag"),
        "user": _("Person"),
        "users": _("People"),
        "org": _("House"),
        "mail": _("Letter"),
        "chat": _("Bubble"),
        "phone": _("Telephone"),
        "cal": _("Calendar"),
        "truck": _("Truck"),
        "card": _("Card"),
        "chair": _("Chair"),
        "book": _("Book"),
        "eye": _("Eye"),
        "inbox": _("Tray"),
    }
