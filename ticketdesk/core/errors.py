"""The few ways in which a verb can refuse."""


class Refused(Exception):
    """A rule said no; the text is meant for the person who asked."""


class NotAllowed(Refused):
    """The person may see the thing but not do this with it."""


class NotFound(Refused):
    """There is no such thing, or none that this person may know of."""


class Conflict(Refused):
    """Something happened in between that the person should see first."""


class Invalid(Refused):
    """What was given does not fit; `field` names the form field when there is one."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class DeliveryFailed(Exception):
    """Something could not be handed to the outside.

    `permanent` says that trying again cannot help; `ambiguous` that the other side may have it all the same.
    """

    def __init__(self, message: str, *, permanent: bool = False, ambiguous: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.ambiguous = ambiguous


class ServerUnusable(DeliveryFailed):
    """The server of the other side cannot be used at all: not this message is the matter, but the way."""


class AccessRefused(ServerUnusable):
    """The server does not take the token we showed; a fresh one may do."""
