"""The small rules of a composed mail: its subject, its references, its words."""

import pytest

from ticketdesk.channels.email import composing


@pytest.mark.parametrize(
    ("subject", "answer"),
    [
        ("Armrest", "Re: Armrest"),
        ("Re: Armrest", "Re: Armrest"),
        ("RE: AW: Sv: re[2]: Armrest", "Re: Armrest"),
        ("Regarding the armrest", "Re: Regarding the armrest"),
        ("Re:", "Re: your message"),
        ("", "Re: your message"),
        ("回复：扶手", "Re: 回复：扶手"),
        ("Re: " * 100 + "x", "Re: " + "Re: " * 55),
    ],
)
def test_an_answer_bears_one_prefix(subject: str, answer: str) -> None:
    assert composing.answering(subject).rstrip() == answer.rstrip()


def test_references_keep_the_first_and_the_newest() -> None:
    ids = [f"{number}.{'x' * 50}@customer.example" for number in range(40)]
    kept = composing.trimmed(ids)
    assert kept[0] == ids[0]
    assert kept[1:] == ids[-len(kept) + 1 :]
    assert len(" ".join(f"<{found}>" for found in kept)) < 1000
    assert composing.trimmed([*ids, "one more@with a space"]) == kept
    assert composing.trimmed([]) == []


def test_references_name_nothing_twice() -> None:
    assert composing.trimmed(["a@x", "b@x", "a@x"]) == ["a@x", "b@x"]


def test_a_line_holds_nothing_that_cannot_be_seen() -> None:
    assert composing.line("a\r\nb\tc\u202e\u200bd\x00", 100) == "a b cd"
    assert composing.line("x" * 50, 10) == "x" * 10
    assert composing.line("=?utf-8?q?x?=", 100) == "= ?utf-8?q?x?="
