"""Check one document of an envelope: who, when, signature, stamp and amounts."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lxml import etree

from . import amounts, signatures, stamps
from .caf_office import AuthorityKey
from .certificates import Authority, is_current, rut_of
from .clock import CHILE, chile
from .envelope import SII, line_of, text
from .findings import LIGHT, REJECT, Finding
from .rut import is_rut

CONSUMER = "66666666-6"
_SALES_AND_SERVICES = "3"
_SIGN_WITHIN = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boleta:
    """The facts by which the registry knows a document."""

    issuer: str
    kind: int
    folio: int
    receiver: str
    issue_date: str
    total_clp: int

    @property
    def key(self) -> tuple[str, int, int]:
        """What may be accepted only once."""
        return self.issuer, self.kind, self.folio


def read_boleta(dte: etree._Element) -> Boleta:
    """Read the facts of a DTE that follows the schema."""
    document = _document(dte)
    head = "Encabezado"
    return Boleta(
        issuer=text(document, f"{head}/Emisor/RUTEmisor"),
        kind=int(text(document, f"{head}/IdDoc/TipoDTE")),
        folio=int(text(document, f"{head}/IdDoc/Folio")),
        receiver=text(document, f"{head}/Receptor/RUTRecep"),
        issue_date=text(document, f"{head}/IdDoc/FchEmis"),
        total_clp=int(text(document, f"{head}/Totales/MntTotal")),
    )


def stamp_forgeries(dte: etree._Element, dte_text: bytes, *, authority: AuthorityKey) -> list[str]:
    """List what is forged in a document's stamp."""
    return stamps.forgeries(dte_text, _ted(dte), authority=authority)


def document_findings(
    dte: etree._Element,
    dte_text: bytes,
    *,
    encoding: str,
    issuer: str,
    authority: Authority,
    at: datetime,
) -> tuple[Finding, ...]:
    """List the objections to one document; `issuer` is the envelope's."""
    document, boleta = _document(dte), read_boleta(dte)
    found = _signature_findings(dte_text, encoding=encoding, authority=authority, at=at)
    found += _people_findings(document, boleta, issuer=issuer)
    found += _date_findings(document, boleta, today=chile(at).date())
    found += stamps.disagreements(
        _ted(dte),
        stamps.Facts(
            issuer=boleta.issuer,
            kind=str(boleta.kind),
            folio=str(boleta.folio),
            issue_date=boleta.issue_date,
            receiver=boleta.receiver,
            total=str(boleta.total_clp),
        ),
    )
    found += amounts.amount_findings(document, kind=boleta.kind)
    return tuple(found)


def _signature_findings(
    dte_text: bytes, *, encoding: str, authority: Authority, at: datetime
) -> list[Finding]:
    try:
        certificate = signatures.check_document(dte_text, encoding=encoding).certificate
    except signatures.BadSignatureError as error:
        return [_dte(505, "Firma DTE Incorrecta", error.reason)]
    if not authority.trusts(certificate) or rut_of(certificate) is None:
        return [_dte(506, "Certificado no autorizado", str(certificate.subject.rfc4514_string()))]
    if not is_current(certificate, at=at):
        return [_dte(507, "Certificado no vigente", str(certificate.not_valid_after_utc.date()))]
    return []


def _people_findings(document: etree._Element, boleta: Boleta, *, issuer: str) -> list[Finding]:
    head = document.find(f"{{{SII}}}Encabezado")
    found = []
    if boleta.issuer != issuer:
        found.append(_head(head, 102, "RUT Emisor distinto al de la caratula", boleta.issuer))
    if not is_rut(boleta.issuer):
        found.append(_head(head, 103, "RUT Emisor invalido", boleta.issuer))
    if not is_rut(boleta.receiver):
        found.append(_head(head, 104, "RUT Receptor invalido", boleta.receiver))
    service = text(document, "Encabezado/IdDoc/IndServicio")
    if boleta.receiver == CONSUMER and service != _SALES_AND_SERVICES:
        found.append(_head(head, 105, "IndServicio exige identificar al receptor", service))
    return found


def _date_findings(document: etree._Element, boleta: Boleta, *, today: date) -> list[Finding]:
    head = document.find(f"{{{SII}}}Encabezado")
    issue_date = date.fromisoformat(boleta.issue_date)
    if issue_date > today:
        return [_head(head, 106, "Fecha de emision en el futuro", boleta.issue_date)]
    signed_at = datetime.fromisoformat(text(document, "TmstFirma")).replace(tzinfo=CHILE)
    if not issue_date <= signed_at.date() <= issue_date + _SIGN_WITHIN:
        return [
            Finding(
                section="DTE",
                level=LIGHT,
                code=650,
                text="Fecha de firma fuera de plazo respecto de la emision",
                detail=f"[{text(document, 'TmstFirma')}] <> [{boleta.issue_date}]",
            )
        ]
    return []


def _dte(code: int, words: str, detail: str) -> Finding:
    return Finding(section="DTE", level=REJECT, code=code, text=words, detail=f"[{detail}]")


def _head(head: etree._Element | None, code: int, words: str, detail: str) -> Finding:
    return Finding(
        section="HED", level=REJECT, code=code, text=words, detail=f"[{detail}]", line=line_of(head)
    )


def _document(dte: etree._Element) -> etree._Element:
    found = dte.find(f"{{{SII}}}Documento")
    assert found is not None, "the schema demands a Documento"
    return found


def _ted(dte: etree._Element) -> etree._Element:
    found = dte.find(f"{{{SII}}}Documento/{{{SII}}}TED")
    assert found is not None, "the schema demands a TED"
    return found
