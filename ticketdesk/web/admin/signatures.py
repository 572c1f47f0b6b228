"""The frame below replies, of a brand or of a mailbox: how it is asked for, and what may stand in it."""

from wtforms import TextAreaField
from wtforms.validators import Length

from ticketdesk.channels import signing
from ticketdesk.core import markdown
from ticketdesk.tickets import placeholders
from ticketdesk.web.admin import macros
from ticketdesk.web.forms import Form
from ticketdesk.web.texts import _

SAMPLE_SIGNATURE = "Ines Calder\nCare, weekdays from 9 to 5"


class SignatureForm(Form):
    """Words below each reply."""

    signature = TextAreaField(
        "Signature",
        [Length(max=signing.LONGEST, message="This is too long: at most 4,000 letters fit.")],
        description="Markdown. It stands below replies by mail, not in chats.",
    )


def about(form: SignatureForm, brand_name: str) -> dict[str, object]:
    """The form, how what it holds will read, and the words that fill themselves in."""
    values = {**macros.SAMPLE, "brand.name": brand_name}
    samples = {**values, signing.OWN: SAMPLE_SIGNATURE}
    text = form.signature.data or ""
    return {
        "signature_form": form,
        "signature_looks": markdown.render(placeholders.filled(text, values, {signing.OWN: SAMPLE_SIGNATURE})),
        "signature_names": [(f"{{{{ {name} }}}}", samples.get(name, _("the brand's name"))) for name in signing.NAMES],
    }
