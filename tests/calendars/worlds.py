"""Random calendars: zones of both hemispheres, lunch breaks, nights, exceptions and holidays."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from ticketdesk.calendars.rules import History, Hours, Interval, Version, Week

# One change of clocks per zone; the worlds are laid around it.
CHANGES = {
    "Europe/London": (2026, 3, 29),
    "Europe/Berlin": (2026, 10, 25),
    "Europe/Dublin": (2026, 10, 25),
    "America/New_York": (2026, 3, 8),
    "America/St_Johns": (2026, 11, 1),
    "America/Los_Angeles": (2026, 11, 1),
    "America/Santiago": (2026, 4, 5),
    "America/Asuncion": (2023, 10, 1),
    "America/Havana": (2026, 3, 8),
    "Atlantic/Azores": (2026, 3, 29),
    "Africa/Casablanca": (2026, 2, 15),
    "Africa/Cairo": (2026, 4, 24),
    "Asia/Tehran": (2022, 3, 22),
    "Asia/Kathmandu": (2026, 1, 5),
    "Asia/Beirut": (2026, 3, 29),
    "Australia/Sydney": (2026, 4, 5),
    "Australia/Lord_Howe": (2026, 10, 4),
    "Pacific/Auckland": (2026, 9, 27),
    "Pacific/Apia": (2011, 12, 30),
    "Pacific/Chatham": (2026, 4, 5),
    "UTC": (2024, 2, 29),
    "Etc/GMT+12": (2026, 4, 1),  # where one table of days ends and the next begins
    "Pacific/Kiritimati": (2026, 4, 1),
}


@st.composite
def intervals(draw: st.DrawFn) -> tuple[Interval, ...]:
    """One day: closed, whole, with breaks, or into the night."""
    kind = draw(st.sampled_from(["closed", "whole", "cuts", "cuts", "cuts", "night"]))
    if kind == "closed":
        return ()
    if kind == "whole":
        return ((0, 1440),)
    if kind == "night":
        start = draw(st.integers(1200, 1439))
        return ((start, start + draw(st.integers(1, 1440))),)
    bounds = sorted(draw(st.sets(st.integers(0, 1500), min_size=2, max_size=6)))
    pairs = zip(bounds[::2], bounds[1::2], strict=False)
    return tuple((start, min(end, start + 1440)) for start, end in pairs if start < 1440)


@st.composite
def hours(draw: st.DrawFn, zone: str | None = None) -> Hours:
    """One version of a calendar, its exceptions around the change of clocks."""
    name = zone or draw(st.sampled_from(sorted(CHANGES)))
    middle = date(*CHANGES[name])
    near = st.integers(-4, 4).map(lambda days: middle + timedelta(days=days))
    exceptions = draw(st.dictionaries(near, intervals(), max_size=2))
    week = tuple(draw(intervals()) for _ in range(7))
    return Hours(name, Week(week), tuple(sorted(exceptions.items())), frozenset(draw(st.sets(near, max_size=2))))


def change_of(zone: str) -> int:
    """The UTC midnight of the day around which the worlds of a zone are laid, in seconds since 1970."""
    return int(datetime(*CHANGES[zone], tzinfo=UTC).timestamp())


@st.composite
def histories(draw: st.DrawFn, step: int = 1) -> History:
    """Up to three versions that follow one another within days, each starting at a multiple of `step` seconds."""
    first = draw(hours())
    middle = change_of(first.zone)
    starts = sorted(draw(st.sets(st.integers(-3 * 86_400, 3 * 86_400), max_size=2)))
    versions = [Version(1, datetime.fromtimestamp(middle - 40 * 86_400, UTC), first)]
    for number, start in enumerate(starts, 2):
        versions.append(
            Version(number, datetime.fromtimestamp(middle + start // step * step, UTC), draw(hours(first.zone)))
        )
    return History(tuple(versions))
