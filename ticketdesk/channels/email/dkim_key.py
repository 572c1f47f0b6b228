"""Keys with which our mail is signed (DKIM, RFC 6376): one for each domain that we send from."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from ticketdesk.core.db import Id, Model


class DkimKey(Model):
    """The key of one domain; it signs from when its record was first found in the domain's DNS."""

    __tablename__ = "dkim_keys"

    id: Mapped[Id]
    domain: Mapped[str] = mapped_column(unique=True)
    selector: Mapped[str]
    private_key: Mapped[str]  # PEM, encrypted; never shown
    public_key: Mapped[str]  # base64, as the record has it
    created_at: Mapped[datetime]
    found_at: Mapped[datetime | None]  # when the record was first found; None: nothing is signed yet
    checked_at: Mapped[datetime | None]
    problem: Mapped[str | None]  # what the last check or the last signing found wrong, in plain words

    @property
    def record_name(self) -> str:
        """Where the record stands."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """What the record says."""
        return f"v=DKIM1; k=rsa; p={self.public_key}"
