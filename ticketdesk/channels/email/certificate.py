"""The certificate of the mail door, read again when its files change, as certificates are renewed."""

import ssl
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)


class Certificate:
    """Two files and what TLS makes of them."""

    def __init__(self, chain: Path, key: Path) -> None:
        """Raises OSError, ssl.SSLError included, for files that make no certificate."""
        self._files = (chain, key)
        self._seen = self._changed()
        self._context = self._read()

    def context(self) -> ssl.SSLContext:
        """For a new connection. Files that cannot be used while they are being replaced leave the old one in use."""
        try:
            changed = self._changed()
            if changed != self._seen:
                self._seen, self._context = changed, self._read()
                log.info("the mail door has a new certificate")
        except OSError as error:
            log.error("the new certificate cannot be used", error=str(error))
        return self._context

    def _changed(self) -> tuple[tuple[int, int, int], ...]:
        found = (file.stat() for file in self._files)
        return tuple((one.st_mtime_ns, one.st_size, one.st_ino) for one in found)

    def _read(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # A key that has a password would make the library ask for it on a terminal.
        context.load_cert_chain(*self._files, password=lambda: "")
        return context
