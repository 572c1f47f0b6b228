"""The newest words of an HTML mail as HTML: the same that the reply text says, for the common mail programs."""

import pytest

from tests.channels.email.letters import letter, parts
from ticketdesk.channels.email.newest_html import is_rich
from ticketdesk.channels.email.parse import parse
from ticketdesk.core import html

HTML = "text/html; charset=utf-8"
OLD = "Shall we collect it on Friday?"
PROGRAMS = {
    "gmail": '<div dir="ltr">Yes, <b>please</b>.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
    f'On Mon, 2 Mar 2026 at 10:00, Desk &lt;desk@x.test&gt; wrote:<br></div><blockquote class="gmail_quote">{OLD}'
    "</blockquote></div>",
    "outlook": '<body><div class="WordSection1"><p class="MsoNormal">Yes, <b>please</b>.<o:p></o:p></p>'
    '<p class="MsoNormal">&nbsp;</p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3pt 0in 0in 0in">'
    "<p><b>From:</b> Desk &lt;desk@x.test&gt;<br><b>Sent:</b> Monday, March 2, 2026 10:00<br><b>To:</b> Dana<br>"
    f"<b>Subject:</b> Chair</p></div><p>{OLD}</p></div></body>",
    "outlook web": '<div id="divtagdefaultwrapper"><p>Yes, <b>please</b>.</p></div><hr tabindex="-1">'
    '<div id="divRplyFwdMsg"><font><b>From:</b> Desk &lt;desk@x.test&gt;<br><b>Sent:</b> Monday, March 2, 2026 10:00'
    f"<br><b>To:</b> Dana<br><b>Subject:</b> Chair</font></div><div>{OLD}</div>",
    "apple": "<div>Yes, <b>please</b>.</div><div><br><blockquote type=cite><div>On 2 Mar 2026, at 10:00, Desk "
    f"&lt;desk@x.test&gt; wrote:</div><br><div>{OLD}</div></blockquote></div>",
    "thunderbird": '<p>Yes, <b>please</b>.</p><div class="moz-cite-prefix">On 02.03.26 10:00, Desk wrote:<br></div>'
    f'<blockquote type="cite"><p>{OLD}</p></blockquote>',
    "yahoo": '<div>Yes, <b>please</b>.</div><div class="yahoo_quoted"><div>On Monday, March 2, 2026, Desk '
    f"&lt;desk@x.test&gt; wrote:</div><div>{OLD}</div></div>",
    "proton": '<div>Yes, <b>please</b>.</div><div class="protonmail_quote">On Monday, March 2nd, 2026 at 10:00, Desk '
    f"&lt;desk@x.test&gt; wrote:<br><blockquote>{OLD}</blockquote></div>",
    "german": "<div>Yes, <b>please</b>.</div><br><div>Am 02.03.2026 um 10:00 schrieb Desk &lt;desk@x.test&gt;:</div>"
    f"<blockquote>{OLD}</blockquote>",
    "below": f"<div>On 2 Mar 2026, at 10:00, Desk &lt;desk@x.test&gt; wrote:</div><blockquote type=cite>{OLD}"
    "</blockquote><p>Yes, <b>please</b>.</p>",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_new_words_stand_alone_and_say_what_the_reply_text_says(program: str) -> None:
    parsed = parse(letter(PROGRAMS[program], kind=HTML))
    assert parsed.reply_text == "Yes, please."
    assert parsed.html_new is not None and parsed.html is not None
    assert html.to_text(parsed.html_new).split() == ["Yes,", "please."]
    assert "<b>please</b>" in parsed.html_new
    assert OLD in parsed.html and OLD not in parsed.html_new
    assert html.clean(parsed.html_new) == parsed.html_new


def test_the_html_agrees_with_the_plain_part_beside_it() -> None:
    plain = f"Content-Type: text/plain\r\n\r\nYes, *please*.\r\n\r\nOn Mon, Desk <d@x.test> wrote:\r\n> {OLD}\r\n"
    rich = f"Content-Type: text/html\r\n\r\n{PROGRAMS['gmail']}"
    parsed = parse(parts(plain, rich, kind="multipart/alternative"))
    assert parsed.reply_text == "Yes, *please*."
    assert parsed.html_new is not None and OLD not in parsed.html_new


def test_an_html_part_that_says_something_else_is_shown_whole() -> None:
    plain = f"Content-Type: text/plain\r\n\r\nNo thanks, not today.\r\n\r\nOn Mon, D <d@x.test> wrote:\r\n> {OLD}\r\n"
    rich = f"Content-Type: text/html\r\n\r\n{PROGRAMS['gmail']}"
    assert parse(parts(plain, rich, kind="multipart/alternative")).html_new is None


def test_answers_between_quoted_questions_keep_their_questions() -> None:
    body = "<blockquote>One?</blockquote><p>Yes to one.</p><blockquote>Two?</blockquote><p>No to two.</p>"
    parsed = parse(letter(body, kind=HTML))
    assert parsed.html_new is None
    assert "Two?" in (parsed.html or "")


@pytest.mark.parametrize("body", ["<blockquote>Only what was said before.</blockquote>", "<p>Nothing quoted.</p>", ""])
def test_what_would_leave_nothing_is_whole(body: str) -> None:
    assert parse(letter(body, kind=HTML)).html_new is None


def test_a_picture_of_the_answer_stays_with_it() -> None:
    body = PROGRAMS["gmail"].replace("<br>", '<br><img src="cid:shot@x" alt="screen">', 1)
    assert "cid:shot@x" in (parse(letter(body, kind=HTML)).html_new or "")


def test_a_signature_is_folded_away_with_what_is_quoted() -> None:
    body = PROGRAMS["gmail"].replace("</div>", '<div class="gmail_signature">Dana Pine<br>Harrow</div></div>', 1)
    parsed = parse(letter(body, kind=HTML))
    assert parsed.signature.split() == ["Dana", "Pine", "Harrow"]
    assert "Harrow" not in (parsed.html_new or "Harrow")


def test_only_what_shows_more_than_words_is_rich() -> None:
    assert is_rich("<ul><li>one</li></ul>") and is_rich("<table><tr><td>a</td><td>b</td></tr></table>")
    assert is_rich('<p><img src="cid:x"></p>')
    assert not is_rich("<div>plain <b>words</b></div>") and not is_rich("<table><tr><td>a</td></tr></table>")


def test_deep_and_wide_bodies_take_no_longer_than_they_may() -> None:
    wide = "<div>a</div>" * 30_000 + "<blockquote>old</blockquote>"
    parsed = parse(letter(wide, kind=HTML))
    assert parsed.html_new is None
    deep = "<div>" * 200 + "new" + "</div>" * 200 + "<blockquote>old</blockquote>"
    assert parse(letter(deep, kind=HTML)).reply_text == "new"
