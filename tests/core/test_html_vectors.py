"""What a browser would see in cleaned HTML: read anew as HTML5, nothing in it runs, fetches or names."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from ticketdesk.core import html

_ELEMENTS = {
    "script", "style", "iframe", "object", "embed", "form", "input", "button", "svg", "math", "base", "meta", "link",
    "template", "noscript", "textarea", "select", "video", "audio", "frame", "applet", "title", "xmp", "plaintext",
    "marquee", "dialog", "portal",
}  # fmt: skip
_ATTRIBUTES = {
    "id", "name", "class", "srcset", "action", "formaction", "background", "srcdoc", "xlink:href", "poster", "ping",
    "is", "slot",
}  # fmt: skip
_SCHEMES = ("http:", "https:", "mailto:", "tel:", "cid:")
_STYLES = ("url", "expression", "position", "@", "\\", "/*")

_VECTORS = (
    "<img src=x onerror=alert(1)>",
    "<IMG/SRC=x/ONERROR=alert(1)//",
    "<img src='x' onerror\n=\nalert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mi><style><img src=x onerror=alert(1)></style></mi></math>",
    "<math href=javascript:alert(1)>x</math>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='java&Tab;script:alert(1)'>x</a>",
    "<a href='&#x6A;avascript&colon;alert(1)'>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<a href='//evil.test/'>x</a>",
    "<a href='/logout'>x</a>",
    "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<<script>alert(1)//<</script>",
    "<!--><script>alert(1)</script>-->",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'>",
    "<title><a title='</title><img src=x onerror=alert(1)>'>",
    "<noembed><img title='</noembed><img src=x onerror=alert(1)>'>",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>",
    "<plaintext><script>alert(1)</script>",
    "<table><td background='javascript:alert(1)'>x</table>",
    "<form id=x></form><button form=x formaction=javascript:alert(1)>x</button>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<object data='javascript:alert(1)'></object>",
    "<embed src=javascript:alert(1)>",
    "<iframe srcdoc='&lt;script&gt;alert(1)&lt;/script&gt;'></iframe>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href=//evil.test/x.css>",
    "<base href='javascript:/'>",
    "<div style='background:u\\rl(//evil.test)'>x</div>",
    "<div style='width:expression(alert(1))'>x</div>",
    "<div style='behavior:url(#x);color:red'>x</div>",
    "<p id=config name=config class=alert data-hx-get=/x hx-on:click=alert(1)>x</p>",
    "<a ping='//evil.test/' href='https://x.test/'>x</a>",
    "<select><template><img src=x onerror=alert(1)></template></select>",
    "<p is=x-menu slot=a>x</p>",
    "<img src='https://x.test/a.png' srcset='//evil.test/a 1x' usemap='#m'>",
    "<b title='`onmouseover=alert(1)'>x</b>",
    "\ufeff<script\x0c>alert(1)</script\x0c>",
    "<a href='htt\tps://x.test/'>x</a>",
)


def _harm(cleaned: str) -> list[str]:
    """Every element, attribute, address and style in it that must not be there, as an HTML5 reader sees them."""
    found: list[str] = []
    for node in LexborHTMLParser(f"<!doctype html><body>{cleaned}").root.css("head *, body *"):
        if node.tag in _ELEMENTS:
            found.append(node.tag)
        for name, value in node.attributes.items():
            low = (value or "").lower()
            if name in _ATTRIBUTES or name.startswith(("on", "hx-", "data-")):
                found.append(f"{node.tag} {name}")
            # A browser leaves tabs and line ends out of an address before it reads the scheme.
            address = low.strip().translate({9: None, 10: None, 13: None})
            if name in ("href", "src") and not address.startswith(_SCHEMES):
                found.append(f"{node.tag} {name}={address}")
            if name == "style" and any(word in low for word in _STYLES):
                found.append(f"{node.tag} style={low}")
    return found


@pytest.mark.parametrize("source", _VECTORS)
def test_a_browser_finds_nothing_in_what_was_cleaned(source: str) -> None:
    cleaned = html.clean(source)
    assert _harm(cleaned) == []
    assert html.clean(cleaned) == cleaned


@pytest.mark.parametrize("source", ["<p onclick=x>", "<script>", "<a href=javascript:x>", "<p id=a>", "<p style='@x'>"])
def test_the_search_finds_what_is_there(source: str) -> None:
    assert _harm(source)
