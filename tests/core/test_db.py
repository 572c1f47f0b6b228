"""Times in the database."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ticketdesk.core.db import Instant


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        Instant().process_bind_param(datetime(2026, 1, 1), None)  # type: ignore[arg-type]


def test_every_zone_becomes_utc() -> None:
    given = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    stored = Instant().process_bind_param(given, None)  # type: ignore[arg-type]
    assert stored == given
    assert stored is not None
    assert stored.tzinfo is UTC
