"""What can be done with a document, and what belongs to it."""

from django import template

from erpmarket.fiscal.deeds import list_deeds, list_notes
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.nota_queries import list_related
from erpmarket.fiscal.words import paper_words
from erpmarket.tenancy.access import Member

register = template.Library()


@register.inclusion_tag("fiscal/_deeds.html")
def deeds(document: IssuedDocument, member: Member, state: str) -> dict[str, object]:
    """Show the papers beside a document, what to know, and the buttons this member may press."""
    return {
        "deeds": [deed for deed in list_deeds(document, state) if deed.verb in member.verbs],
        "notes": list_notes(document),
        "related": [
            (paper_words(found.row.kind, found.row.folio), found)
            for found in list_related(document.id)
        ],
    }
