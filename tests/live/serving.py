"""Serving the app to real sockets from inside a test."""

import contextlib
import threading
from collections.abc import Iterator

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from ticketdesk.live import streams

PATIENCE = 10.0


class Door(WSGIRequestHandler):
    """Reads no further request from a line that was handed over."""

    def connection_dropped(self, error: BaseException, environ: object = None) -> None:
        """Leave the line to whoever has it now."""
        self.close_connection = True


@contextlib.contextmanager
def served(app: Flask) -> Iterator[str]:
    """The app on a port of its own; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Door)
    server.daemon_threads = False  # so that closing it waits for its doors, which read the database
    # It would close the line for good after a request; a socket that was handed over lives on.
    server.shutdown_request = server.close_request  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        streams.switchboard(app).end()
        server.shutdown()
        thread.join(PATIENCE)
        server.server_close()
