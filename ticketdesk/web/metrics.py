"""Numbers for machines that watch the product (Prometheus); told to this machine only."""

from collections.abc import Iterator
from ipaddress import ip_address

from flask import Blueprint, Response, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from werkzeug.exceptions import NotFound

from ticketdesk.core.config import Config
from ticketdesk.reports import vitals
from ticketdesk.reports.vitals import Vital

PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")
"""What a proxy adds: it stands on this machine, but whoever asks need not."""

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def metrics() -> Response:
    """All of them, asked for anew each time, so that it makes no difference which process answers."""
    if not _is_of_this_machine():
        raise NotFound
    config: Config = current_app.extensions["ticketdesk.config"]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told(list(vitals.of(g.now, config.var / "run"))))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Told(Collector):
    """What was found, as the library wants it."""

    def __init__(self, found: list[Vital]) -> None:
        self._found = found

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One family for each number."""
        for vital in self._found:
            names = sorted({name for labels, _value in vital.samples for name in labels})
            family = GaugeMetricFamily(f"ticketdesk_{vital.name}", vital.about, labels=names)
            for labels, value in vital.samples:
                family.add_metric([labels[name] for name in names], value)
            yield family


def _is_of_this_machine() -> bool:
    try:
        source = ip_address(request.remote_addr or "")
    except ValueError:
        return False
    return source.is_loopback and not any(name in request.headers for name in PASSED_ON)
