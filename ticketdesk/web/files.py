"""Somebody else's file as a download: data to be saved, never a page of ours (SECURITY R07)."""

from flask import Response
from werkzeug.http import dump_options_header

POLICY = "default-src 'none'; sandbox; frame-ancestors 'self'"


def download(content: bytes, filename: str) -> Response:
    """The bytes under a type that no browser opens by itself."""
    response = Response(content, content_type="application/octet-stream")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Content-Disposition"] = dump_options_header("attachment", {"filename": filename})
    return response
