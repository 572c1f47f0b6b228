"""Plain text as paragraphs, links told apart."""

import time

from ticketdesk.web.desk.words import Part, paragraphs


def test_empty_lines_part_paragraphs() -> None:
    assert paragraphs("One\ntwo\n\n\n three ") == [[Part("One\ntwo")], [Part(" three")]]
    assert paragraphs(" \n\n") == []


def test_links_are_cut_out_without_what_follows() -> None:
    [parts] = paragraphs("See https://a.example/x?y=(1), or (http://b.example).")
    assert [part.href for part in parts if part.href] == ["https://a.example/x?y=(1", "http://b.example"]
    assert "".join(part.text for part in parts) == "See https://a.example/x?y=(1), or (http://b.example)."


def test_only_web_addresses_are_links() -> None:
    [parts] = paragraphs('javascript:alert(1) https:// http:// ftp://x.example httpx://y https://"')
    assert all(part.href is None for part in parts)


def test_it_takes_no_longer_than_the_text() -> None:
    began = time.perf_counter()
    for text in ("http" * 50_000, "https://a" * 20_000, "(" * 200_000, "https://a" + ")" * 200_000):
        paragraphs(text)
    assert time.perf_counter() - began < 2
