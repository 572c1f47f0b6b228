"""What somebody says of a file of contacts: what each column says, and what becomes of who is there."""

from collections.abc import Sequence
from typing import Any

from wtforms import FileField, HiddenField, RadioField, SelectField
from wtforms.validators import Regexp

from ticketdesk.contacts.attribute import ContactAttribute
from ticketdesk.contacts.importing import columns
from ticketdesk.contacts.importing.asking import Wishes
from ticketdesk.contacts.importing.contact_import import ContactImport
from ticketdesk.web.forms import Form, offered
from ticketdesk.web.texts import _

EXISTING = (("fill", "Fill in what is empty"), ("overwrite", "Replace what the file says otherwise"))


class FileForm(Form):
    """The file."""

    file = FileField("File", description="CSV with a line of headings: up to 10 MB and 50,000 lines.")


class RevisionForm(Form):
    """What was said of the columns when the page was made."""

    revision = HiddenField(validators=[Regexp(r"^[0-9]{1,9}$", message="This is not a page of ours.")])


class MappingForm(RevisionForm):
    """All of it; the columns are added for each file."""

    existing = RadioField("Contacts that are there already", choices=offered(EXISTING), default="fill")
    known_by = SelectField(
        "Find contacts also by",
        description="By mail address always. Choose what another system calls them by, if a column says it.",
    )

    def columns(self) -> list[SelectField]:
        """A field for each column of the file, in their order."""
        return [field for field in self if field.name.startswith("column-")]

    def wishes(self) -> Wishes:
        """What was chosen."""
        known_by = int(self.known_by.data) if self.known_by.data else None
        return Wishes([field.data for field in self.columns()], known_by, self.existing.data == "overwrite")


def mapping(one: ContactImport, shown: Sequence[ContactAttribute], *, fresh: bool = False) -> MappingForm:
    """The form for one file; `fresh` shows what is kept instead of what was sent."""
    targets = _targets(shown)
    known = {value for value, _words in targets}
    fields: dict[str, Any] = {
        f"column-{place}": SelectField(
            heading or _("Column %(n)s", n=place + 1),
            choices=offered(targets),
            default=target if target in known else columns.NOTHING,
        )
        for place, (heading, target) in enumerate(zip(one.headings, one.targets, strict=True))
    }
    kept = {
        "revision": one.revision,
        "existing": "overwrite" if one.overwrites else "fill",
        "known_by": str(one.known_by_id or ""),
    }
    made: type[MappingForm] = type("ImportMappingForm", (MappingForm,), fields)
    form = made(formdata=None, **kept) if fresh else made()
    texts = [(str(row.id), row.label) for row in shown if row.kind == "text"]
    form.known_by.choices = offered([("", _("nothing else")), *texts])
    return form


def _targets(shown: Sequence[ContactAttribute]) -> list[tuple[str, str]]:
    return [
        (columns.NOTHING, _("– leave out –")),
        (columns.NAME, _("Name")),
        (columns.EMAIL, _("Mail address")),
        (columns.ORGANIZATION, _("Organization")),
        (columns.DOMAIN, _("Mail domain of the organization")),
        (columns.NOTE, _("Note")),
        *((columns.of_attribute(row.id), _("Attribute: %(label)s", label=row.label)) for row in shown),
        (columns.NEW, _("A new attribute")),
    ]
