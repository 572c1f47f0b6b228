"""What channels and priorities are called where their names stand alone."""

from ticketdesk.web.texts import _


def channels() -> dict[str, str]:
    """The names of the channels that customers come by."""
    return {"email": _("Mail"), "form": _("Form"), "chat": _("Chat")}


def priorities() -> dict[str, str]:
    """The names of the priorities."""
    return {"low": _("Low"), "normal": _("Normal"), "high": _("High"), "urgent": _("Urgent")}


def priority(name: str) -> str:
    """The name of a priority; one that is not known by its code."""
    return priorities().get(name, name)
