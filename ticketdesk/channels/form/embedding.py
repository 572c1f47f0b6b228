"""A form inside somebody else's page: who may show it, and what stands there."""

from collections.abc import Sequence
from html import escape

from ticketdesk.channels.form.form import Form

HEIGHT = 900
"""Pixels of the frame until it has said how high it is, and for good where no script runs."""


def ancestors(origins: Sequence[str]) -> str:
    """The sources of `frame-ancestors`: these sites, or none at all."""
    return " ".join(origins) or "'none'"


def snippet(form: Form, house: str) -> str:
    """What is copied into the page of the other site; `house` is our own origin."""
    return (
        f'<iframe src="{house}/forms/{form.slug}/embed" title="{escape(form.title)}"\n'
        f'  width="100%" height="{HEIGHT}" style="border: 0" data-ticketdesk-form="{form.slug}"></iframe>'
    )


def height_script(form: Form, house: str) -> str:
    """What may follow, so that the frame is as high as its form: it believes our own origin and nobody else."""
    return (
        "<script>\n"
        '  addEventListener("message", (said) => {\n'
        f'    if (said.origin !== "{house}" || said.data?.ticketdesk !== "{form.slug}") return;\n'
        f"    const frame = document.querySelector('[data-ticketdesk-form=\"{form.slug}\"]');\n"
        "    if (said.source === frame.contentWindow) frame.height = Math.min(said.data.height, 10000);\n"
        "  });\n"
        "</script>"
    )
