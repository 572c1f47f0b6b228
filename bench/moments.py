"""When the benchmarks' days are."""

from datetime import UTC, datetime

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
