"""Where a request comes from, behind proxies of ours and without them."""

import pytest
from flask import Response, request

from tests import servers as test_servers
from tests.servers import Servers
from ticketdesk import create_app


@pytest.mark.parametrize(
    ("count", "source"), [("0", "10.0.0.1"), ("1", "198.51.100.2"), ("2", "203.0.113.9"), ("3", "10.0.0.1")]
)
def test_only_our_own_proxies_are_believed(servers: Servers, redis_url: str, count: str, source: str) -> None:
    app = create_app(test_servers.settings(servers.database_url, redis_url, PROXY_COUNT=count))
    seen: list[str | None] = []

    @app.after_request
    def note(response: Response) -> Response:
        seen.append(request.remote_addr)
        assert request.host == "localhost"
        return response

    app.test_client().get(
        "/healthz",
        headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.2", "X-Forwarded-Host": "evil.example"},
        environ_base={"REMOTE_ADDR": "10.0.0.1"},
    )
    assert seen == [source]
