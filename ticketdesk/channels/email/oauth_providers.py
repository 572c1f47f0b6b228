"""The providers whose mailboxes are opened by a token instead of a password, and where each has what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ticketdesk.core import outgoing
from ticketdesk.core.outgoing import Answer


@dataclass(frozen=True, slots=True)
class Provider:
    """One of them; `{tenant}` in its addresses stands for the customer's own part, where it has such."""

    name: str
    title: str
    authorise_url: str
    token_url: str
    scopes: str
    imap_host: str
    smtp_url: str
    imap_port: int = 993
    imap_security: str = "tls"
    extra: Mapping[str, str] = field(default_factory=dict)  # also asked of the page where people consent
    post: Callable[[str, Mapping[str, str]], Answer] = outgoing.post

    @property
    def has_tenants(self) -> bool:
        """Whether each customer has a part of its own."""
        return "{tenant}" in self.token_url


GOOGLE = Provider(
    name="google",
    title="Google",
    authorise_url="https://accounts.google.com/o/oauth2/v2/auth",
    token_url="https://oauth2.googleapis.com/token",  # noqa: S106  # an address
    scopes="openid email https://mail.google.com/",
    imap_host="imap.gmail.com",
    smtp_url="smtp+starttls://smtp.gmail.com:587",
    # Without both, Google gives a token to stay (refresh token) at the first consent only.
    extra={"access_type": "offline", "prompt": "consent"},
)
MICROSOFT = Provider(
    name="microsoft",
    title="Microsoft",
    authorise_url="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
    token_url="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",  # noqa: S106
    scopes=(
        "openid email offline_access"
        " https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send"
    ),
    imap_host="outlook.office365.com",
    smtp_url="smtp+starttls://smtp.office365.com:587",
    extra={"prompt": "select_account"},
)
PROVIDERS: dict[str, Provider] = {provider.name: provider for provider in (GOOGLE, MICROSOFT)}
