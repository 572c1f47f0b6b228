"""How many sockets the same browser, or the same address, has open: there is a most of both."""

from collections import Counter

from ticketdesk.live.stream import Stream


class Crowd:
    """The counts of one process; all of it runs in the one thread of the switchboard."""

    def __init__(self) -> None:
        """Nobody is there yet."""
        self._held: Counter[object] = Counter()

    def comes(self, stream: Stream) -> bool:
        """Count a socket for the address it came from; False where that has too many."""
        return self._counts(stream, ("from", stream.audience, stream.source), stream.audience.most_of_source)

    def is_known(self, stream: Stream) -> bool:
        """Count a socket for whose it turned out to be; False where they have too many."""
        whose = stream.audience.whose(stream.guest)
        return self._counts(stream, ("of", stream.audience, whose), stream.audience.most_at_once)

    def goes(self, stream: Stream) -> None:
        """It counts no more; to say so twice changes nothing."""
        for key in stream.counted:
            self._held[key] -= 1
            if not self._held[key]:
                del self._held[key]
        stream.counted = ()

    def _counts(self, stream: Stream, key: object, most: int) -> bool:
        if self._held[key] >= most:
            return False
        self._held[key] += 1
        stream.counted = (*stream.counted, key)
        return True
