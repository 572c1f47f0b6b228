"""What a process does once that will last: its imports are out of the way, and garbage is looked for seldom."""

import gc

from sqlalchemy.orm import configure_mappers

SELDOM = (50_000, 20, 100)
"""After how many new objects, and rounds, the collector looks again. What a request or a row makes is nearly all freed
without it, and looking after every 700 objects, as Python does by itself, took a fifth of the time of both."""


def settle() -> None:
    """Do what each fork would do for itself, and keep the collector from touching what is here.

    What is imported by now is never freed: out of collection, its memory stays shared.
    """
    configure_mappers()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)
