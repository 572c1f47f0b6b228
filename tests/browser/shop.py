"""A shop of somebody else: a page with rules of its own, on another origin, that puts our chat into itself."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOSTILE_RULES = """
* { display: none !important; position: static !important; opacity: 0 !important; transform: scale(3) !important;
    z-index: -1 !important; pointer-events: none !important; color: red !important; font: 40px fantasy !important;
    animation: fade 9s infinite !important; transition: all 9s !important; }
iframe, button, div, svg, span { width: 1px !important; height: 1px !important; visibility: hidden !important; }
html, head, body, h1 { display: block !important; opacity: 1 !important; transform: none !important; }
@keyframes fade { from { opacity: 0; display: none; } to { opacity: 0; } }
"""


@dataclass
class Shop:
    """One origin; what it serves is made of what is set here."""

    port: int = 0
    line: str = ""  # what we ask sites to put into their pages
    policy: str = "default-src 'none'"
    rules: str = ""
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.port}"

    def page(self) -> str:
        """The page on which something is sold."""
        style = '<link rel="stylesheet" href="/shop.css">' if self.rules else ""
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Kelso bench</title>'
            f'<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">{style}</head>'
            f"<body><main><h1>Kelso teak bench</h1></main>{self.line}</body></html>"
        )


@contextmanager
def shop() -> Iterator[Shop]:
    """Open a shop on a free port."""
    made = Shop()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            is_page = not self.path.startswith("/shop.css")
            body = (made.page() if is_page else made.rules).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8" if is_page else "text/css")
            self.send_header("Content-Security-Policy", made.policy)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    made.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
