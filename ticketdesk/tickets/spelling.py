"""Words that stand in no message, and those that may have been meant."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, literal, select, text

from ticketdesk.core.db import db
from ticketdesk.tickets.search_word import SearchWord

SHORTEST = 4
"""Letters; shorter words are like too many others."""
CANDIDATES = 30
MOST_MEANT = 3
_ALIKE = "0.2"
"""The share of triples of letters that two words must have in common to be compared at all."""

_LEARN = text(
    "INSERT INTO search_words (word, messages) SELECT word, ndoc FROM ts_stat("
    "'SELECT words FROM search_rows ORDER BY message_id DESC LIMIT 50000', 'abd')"
    " WHERE ndoc > 1 AND length(word) BETWEEN 4 AND 30 AND word !~ '[0-9]'"
)
"""Words of one message alone are not learnt: they are somebody's name, or wrong themselves."""


def learn(_now: datetime | None = None) -> None:
    """Learn anew which words the newest messages have, and forget all others."""
    db.session.execute(delete(SearchWord))
    db.session.execute(_LEARN)


def meant(word: str) -> Sequence[str]:
    """The words of messages that differ from this one by a slip of the keys, the likeliest first."""
    if len(word) < SHORTEST:
        return []
    db.session.execute(select(func.set_config("pg_trgm.similarity_threshold", _ALIKE, True)))
    given = literal(word)
    alike = db.session.execute(
        select(SearchWord.word, SearchWord.messages)
        .where(SearchWord.word.bool_op("%")(given))
        .order_by(func.similarity(SearchWord.word, given).desc(), SearchWord.word)
        .limit(CANDIDATES)
    ).all()
    most = 1 if len(word) < 6 else 2
    near = sorted((slips(word, one), -messages, one) for one, messages in alike)
    return [one for far, _, one in near if 0 < far <= most][:MOST_MEANT]


def slips(one: str, other: str) -> int:
    """How many slips make one word of the other: a letter too many, missing, wrong, or two that changed places.

    The optimal string alignment distance.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, there in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != there))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == there:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
