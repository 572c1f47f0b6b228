"""The mark by which the same mail is known again, whichever way it came (SEMANTICS 1, step 0)."""

import hashlib

from ticketdesk.channels.email.mime import Part

_MEANT = ("from", "date", "subject")


def fingerprint(root: Part) -> str:
    """SHA-256 in hex over From, Date, Subject and the decoded parts."""
    digest = hashlib.sha256()

    def take(content: bytes) -> None:
        digest.update(len(content).to_bytes(8, "big"))
        digest.update(content)

    for name in _MEANT:
        for value in root.every(name):
            # Relays fold and trim; the words stay.
            take(name.encode() + b":" + b" ".join(value.split()))
    for part in root.walk():
        if not part.children:
            take(part.content_type.encode())
            take(part.body().replace(b"\r\n", b"\n").rstrip(b"\n"))
    return digest.hexdigest()
