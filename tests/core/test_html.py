"""HTML from outside made harmless."""

import pytest

from ticketdesk.core import html

_SIGNS = (
    "<script", "onerror=", "onload=", "javascript", "evil.test", "<form", "<input", "<style", "hx-", "data-", "id=",
    "class=", "position", "<svg", "<video",
)  # fmt: skip


@pytest.mark.parametrize(
    "source",
    [
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        '<a href="&#106;avascript:alert(1)">x</a>',
        '<a href="java\tscript:alert(1)">x</a>',
        "<style>@import url(//evil.test/x.css)</style>",
        '<div style="background:url(//evil.test/t.gif)">x</div>',
        '<div style="background-color:\\75rl(//evil.test)">x</div>',
        '<img srcset="//evil.test/a 1x">',
        '<table background="//evil.test/t.gif"><tr><td>x</table>',
        "<form action=/logout method=post><input type=submit>",
        '<base href="//evil.test/">',
        '<meta http-equiv=refresh content="0;url=//evil.test">',
        '<div hx-get="/admin" hx-trigger="load">x</div>',
        "<div data-hx-post=/logout>x</div>",
        "<a id=currentUser name=config class=alert href=//evil.test>x</a>",
        '<div style="position:fixed;inset:0;z-index:9999">fake</div>',
        "<video poster=//evil.test/p src=//evil.test/v>",
        '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
        "<blockquote type=cite><script>alert(1)</script></blockquote>",
        '<a href="jav&#x81;ascript:alert(1)">x&#129;y</a>',
    ],
)
def test_nothing_runs_fetches_or_bears_our_names(source: str) -> None:
    cleaned = html.clean(source)
    for sign in _SIGNS:
        assert sign not in cleaned.replace("&lt;img src=1 onerror=alert(1)&gt;", "")
    assert html.clean(cleaned) == cleaned


def test_what_people_write_stays() -> None:
    source = '<p style="color:red;position:fixed">Hi <b>you</b> <a href="https://x.test/">there</a></p>'
    cleaned = html.clean(source)
    assert 'style="color:red"' in cleaned
    assert '<a href="https://x.test/" rel="noopener noreferrer nofollow">there</a>' in cleaned


@pytest.mark.parametrize("source", ["cid:pic@x", "https://x.test/a.png", "http://x.test/a.png"])
def test_images_keep_a_source_that_the_page_can_rewrite(source: str) -> None:
    assert html.clean(f'<img src="{source}">') == f'<img src="{source}">'


@pytest.mark.parametrize("source", ["<div>" * 1_000 + "x", "<a " + "b=c " * 1_000 + ">x</a>", "<b></i>" * 1_000 + "x"])
def test_html_beyond_the_cleaner_comes_back_as_text(source: str) -> None:
    assert html.is_excessive(source)
    assert html.clean(source) == "<pre>x</pre>"


def test_forbidden_characters_do_not_slow_the_cleaner() -> None:
    assert html.clean("ã\x81" * 100_000) == "ã" * 100_000


def test_text_of_a_page() -> None:
    source = (
        "<p>Dear&nbsp;Dana,</p><ul><li>one<li>two</ul><pre>a\n b</pre><!-- no --><div "
        "style='display:none'>no</div>Bye<br><br>D."
    )
    assert html.to_text(source) == "Dear Dana,\n\n- one\n- two\n\na\n b\n\nBye\n\nD."
