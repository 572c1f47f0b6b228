"""Where a page of a search ends, as a short word for an address."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from ticketdesk.core.errors import Invalid

HIGHEST = 2**62


@dataclass(frozen=True, slots=True)
class Place:
    """The moment of the first page, the top of the window of messages, and the last ticket that was shown of it."""

    at: datetime
    top: int | None = None
    score: Decimal | None = None
    ticket_id: int = 0

    @property
    def is_first(self) -> bool:
        """Whether nothing was shown yet."""
        return self.top is None and self.score is None and not self.ticket_id

    def __str__(self) -> str:
        parts = (self.at.isoformat(), self.top or "", "" if self.score is None else self.score, self.ticket_id)
        return base64.urlsafe_b64encode(" ".join(map(str, parts)).encode()).decode().rstrip("=")


def opened(key: str) -> Place:
    """The place of a key; raises Invalid for a made-up one."""
    try:
        at, top, score, ticket_id = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)).decode().split(" ")
        place = Place(
            datetime.fromisoformat(at), int(top) if top else None, Decimal(score) if score else None, int(ticket_id)
        )
        is_sound = place.at.tzinfo is not None and 0 <= (place.top or 0) < HIGHEST and 0 <= place.ticket_id < HIGHEST
        is_sound = is_sound and (place.score is None or (place.score.is_finite() and abs(place.score) < HIGHEST))
    except (ValueError, InvalidOperation, binascii.Error) as error:
        raise Invalid("This is not a place in a list.") from error
    if not is_sound:
        raise Invalid("This is not a place in a list.")
    return place
