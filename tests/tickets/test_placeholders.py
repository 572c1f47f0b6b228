"""Placeholders: a fixed list, filled in one pass; whatever a value holds stays words (IN-10, SECURITY R20)."""

import time

import pytest
from markdown_it import MarkdownIt

from tests.security import naughty
from ticketdesk.tickets.placeholders import NAMES, as_words, filled, unknown

_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})


def shown(text: str) -> str:
    """What a reader sees, with the markup that Markdown made of it."""
    return str(_markdown.render(text))


def test_each_name_is_filled() -> None:
    values = {name: name.replace(".", " ").replace("_", " ") for name in NAMES}
    text = " ".join(f"{{{{ {name} }}}}" for name in NAMES)
    assert filled(text, values) == " ".join(values.values())


@pytest.mark.parametrize("written", ["{{customer.name}}", "{{ customer.name }}", "{{   customer.name}}"])
def test_spaces_inside_the_braces_do_not_matter(written: str) -> None:
    assert filled(f"Dear {written},", {"customer.name": "Dana"}) == "Dear Dana,"
    assert unknown(written) == []


@pytest.mark.parametrize(
    "inside",
    ["7*7", "config", "customer", "customer.email", "customer.__class__", "''.__class__.__mro__", "self", "", "a|safe"],
)
def test_what_is_unknown_is_named_and_left_alone(inside: str) -> None:
    text = f"x {{{{ {inside} }}}} y"
    assert unknown(text) == [inside]
    assert filled(text, {"customer.name": "Dana"}) == text


@pytest.mark.parametrize(
    "text", ["{{", "}}", "{{ customer.name", "{ { customer.name } }", "{{ customer.\nname }}", "{%"]
)
def test_loose_braces_are_words(text: str) -> None:
    assert unknown(text) == []
    assert filled(text, {"customer.name": "Dana"}) == text


def test_what_is_filled_in_is_not_filled_again() -> None:
    values = {"customer.name": "{{ agent.name }}", "agent.name": "Ines"}
    assert filled("{{ customer.name }}", values) == "{{ agent.name }}"


SSTI = [
    "{{7*7}}",
    "{% raw %}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{{config.items()}}",
    "{{''.__class__.__mro__[1].__subclasses__()}}",
    "{php}echo 1{/php}",
    "*bold* _thin_ `code` [a](http://evil.example) ![x](y) <b>b</b> &amp; \\*",
    "# Heading",
    "- item",
    "+ item",
    "> quote",
    "1. one",
    "12) twelve",
    "---",
    "===",
    "~~~",
    "```",
    "<http://evil.example>",
    "[ref]: http://evil.example",
    "O'Neil-Smith, Jr.",
    "a | b",
    "    four spaces",
    "two\n\nparagraphs",
    ".5",
    "(x)",
]


STORABLE = [words for words in naughty.WORDS if words.split() and "\x00" not in words]


@pytest.mark.parametrize("value", [*SSTI, *STORABLE])
@pytest.mark.parametrize("text", ["{{ customer.name }}", "Dear {{ customer.name }},", "Dear\n{{ customer.name }}\nx"])
def test_a_value_shows_exactly_its_letters(value: str, text: str) -> None:
    """Wherever it stands: no emphasis, no link, no heading, no list, no markup."""
    page = shown(filled(text, {"customer.name": value}))
    line = " ".join(value.split())
    plain = text.replace("{{ customer.name }}", _escaped(line)).replace("\n", "<br />\n")
    assert page == f"<p>{plain}</p>\n"


def _escaped(words: str) -> str:
    for letter, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        words = words.replace(letter, written)
    return words


def test_plain_names_are_not_littered_with_signs() -> None:
    for name in ("Dana Whitlock", "Anna-Lena O'Neil", "Dr. Müller (Bonn)", "José + Söhne", "山田太郎"):
        assert as_words(name) == name


def test_many_braces_take_no_time() -> None:
    """R21."""
    for text in ("{{" * 100_000, "{{ a " * 50_000, "{{ customer.name }}" * 10_000, "{" * 200_000):
        began = time.perf_counter()
        unknown(text)
        filled(text, {"customer.name": "Dana"})
        assert time.perf_counter() - began < 2
