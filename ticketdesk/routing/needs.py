"""What a ticket itself asks for, as one word that tickets with the same needs share: "chat:3,7"."""

from collections.abc import Iterable


def word(channel: str, skill_ids: Iterable[int]) -> str:
    """The word for a channel and skills."""
    return f"{channel}:{','.join(str(skill_id) for skill_id in sorted(skill_ids))}"


def channel_of(needs: str) -> str:
    """The channel in a word."""
    return needs.partition(":")[0]


def skills_of(needs: str) -> frozenset[int]:
    """The skills in a word."""
    return frozenset(int(part) for part in needs.partition(":")[2].split(",") if part)
