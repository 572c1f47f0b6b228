"""Chance is forgiven to browsers only, and only a little of it."""

from tests.again import MOST, to_play

STORY = "tests/browser/test_story.py"


def test_stories_are_played_again_by_file() -> None:
    assert to_play([f"{STORY}::test_one", "tests/browser/test_keys.py::test_two", f"{STORY}::test_three"]) == [
        "tests/browser/test_keys.py",
        STORY,
    ]


def test_what_is_no_story_stays_red() -> None:
    assert to_play([]) == []
    assert to_play([f"{STORY}::test_one", "tests/sla/test_clock.py::test_two"]) == []
    assert to_play([f"{STORY}::test_{number}" for number in range(MOST + 1)]) == []
