"""The facts by which a document is known, read from its XML."""

from dataclasses import dataclass

from lxml import etree

from .envelope import SII, text
from .signatures import DSIG

# Issuer, type and folio: what may be accepted only once.
FolioKey = tuple[str, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts by which the registry knows a document, of whatever type."""

    issuer: str
    kind: int
    folio: int
    receiver: str
    issue_date: str
    total_clp: int

    @property
    def key(self) -> FolioKey:
        """What may be accepted only once."""
        return self.issuer, self.kind, self.folio


def read_facts(dte: etree._Element) -> Facts:
    """Read the facts of a DTE that follows the schema."""
    document = document_of(dte)
    head = "Encabezado"
    return Facts(
        issuer=text(document, f"{head}/Emisor/RUTEmisor"),
        kind=int(text(document, f"{head}/IdDoc/TipoDTE")),
        folio=int(text(document, f"{head}/IdDoc/Folio")),
        receiver=text(document, f"{head}/Receptor/RUTRecep"),
        issue_date=text(document, f"{head}/IdDoc/FchEmis"),
        total_clp=int(text(document, f"{head}/Totales/MntTotal")),
    )


def document_of(dte: etree._Element) -> etree._Element:
    """Find a DTE's Documento."""
    found = dte.find(f"{{{SII}}}Documento")
    assert found is not None, "the schema demands a Documento"
    return found


def stamp_of(dte: etree._Element) -> etree._Element:
    """Find a DTE's TED."""
    found = dte.find(f"{{{SII}}}Documento/{{{SII}}}TED")
    assert found is not None, "the schema demands a TED"
    return found


def signature_value(dte: etree._Element) -> str:
    """Read the document's SignatureValue, without white space."""
    found = dte.findtext(f"{{{DSIG}}}Signature/{{{DSIG}}}SignatureValue") or ""
    return "".join(found.split())
