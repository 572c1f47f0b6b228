"""The one place that reads the time."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant in UTC; doors call it once and pass it down as `at` or `now`."""
    return datetime.now(UTC)
