"""Check one document of an envelope: who, when, signature, stamp, amounts and references."""

from datetime import date, datetime, timedelta

from lxml import etree

from . import amounts, rules, signatures, stamps
from .certificates import Authority, is_current, rut_of
from .clock import CHILE, chile
from .corrections import CONSUMER, correction_findings
from .envelope import SII, text
from .facts import Facts, document_of, read_facts, stamp_of
from .findings import Finding
from .ledger import Ledger
from .rut import is_rut
from .settings import Settings
from .transport import transport_findings

_SALES_AND_SERVICES = "3"
_SIGN_WITHIN = timedelta(days=3)
_VAT_TAGS = ("MntNeto", "TasaIVA", "IVA")


def document_findings(
    dte: etree._Element,
    dte_text: bytes,
    *,
    encoding: str,
    issuer: str,
    authority: Authority,
    at: datetime,
    settings: Settings,
    ledger: Ledger,
) -> tuple[Finding, ...]:
    """List the objections to one document, at the levels of the settings.

    `issuer` is the envelope's; `ledger` knows what notes did to other documents.
    """
    document, facts = document_of(dte), read_facts(dte)
    found = _signature_findings(
        dte_text, facts, encoding=encoding, authority=authority, settings=settings, at=at
    )
    found += _people_findings(document, facts, issuer=issuer)
    found += _date_findings(document, facts, today=chile(at).date())
    found += stamps.disagreements(
        stamp_of(dte),
        stamps.Stated(
            issuer=facts.issuer,
            kind=str(facts.kind),
            folio=str(facts.folio),
            issue_date=facts.issue_date,
            receiver=facts.receiver,
            total=text(document, "Encabezado/Totales/MntTotal"),
        ),
        expires=facts.kind in settings.expiring_kinds,
    )
    found += amounts.amount_findings(document, kind=facts.kind)
    if facts.kind in amounts.WHOLLY_EXEMPT:
        found += _exempt_findings(document)
    if facts.kind in amounts.BOLETAS:
        found += _big_boleta_findings(document, facts, settings=settings)
    else:
        found += correction_findings(document, facts, ledger=ledger)
        found += transport_findings(document, facts, since=settings.transport_from)
    return rules.applied(found, settings.rule_levels)


def _signature_findings(
    dte_text: bytes,
    facts: Facts,
    *,
    encoding: str,
    authority: Authority,
    settings: Settings,
    at: datetime,
) -> list[Finding]:
    try:
        certificate = signatures.check_document(dte_text, encoding=encoding).certificate
    except signatures.BadSignatureError as error:
        return [rules.BAD_SIGNATURE.finding(f"[{error.reason}]")]
    signer = rut_of(certificate)
    if not authority.trusts(certificate) or signer is None:
        return [rules.STRANGE_CERTIFICATE.finding(f"[{certificate.subject.rfc4514_string()}]")]
    if not is_current(certificate, at=at):
        return [rules.EXPIRED_CERTIFICATE.finding(f"[{certificate.not_valid_after_utc.date()}]")]
    if not settings.may_sign(signer, company=facts.issuer):
        return [rules.SIGNER_NOT_AUTHORIZED.finding(f"[{signer}]")]
    return []


def _people_findings(document: etree._Element, facts: Facts, *, issuer: str) -> list[Finding]:
    head = document.find(f"{{{SII}}}Encabezado")
    found = []
    if facts.issuer != issuer:
        found.append(rules.OTHER_ISSUER.at(head, f"[{facts.issuer}]"))
    if not is_rut(facts.issuer):
        found.append(rules.BAD_ISSUER.at(head, f"[{facts.issuer}]"))
    if not is_rut(facts.receiver):
        found.append(rules.BAD_RECEIVER.at(head, f"[{facts.receiver}]"))
    service = text(document, "Encabezado/IdDoc/IndServicio")
    if (
        facts.kind in amounts.BOLETAS
        and facts.receiver == CONSUMER
        and service != _SALES_AND_SERVICES
    ):
        found.append(rules.ANONYMOUS_SERVICE.at(head, f"[{service}]"))
    return found


def _date_findings(document: etree._Element, facts: Facts, *, today: date) -> list[Finding]:
    issue_date = date.fromisoformat(facts.issue_date)
    if issue_date > today:
        return [
            rules.FUTURE_DATE.at(document.find(f"{{{SII}}}Encabezado"), f"[{facts.issue_date}]")
        ]
    written = text(document, "TmstFirma")
    signed_at = datetime.fromisoformat(written).replace(tzinfo=CHILE)
    if not issue_date <= signed_at.date() <= issue_date + _SIGN_WITHIN:
        return [rules.LATE_SIGNATURE.finding(f"[{written}] <> [{facts.issue_date}]")]
    return []


def _exempt_findings(document: etree._Element) -> list[Finding]:
    head = document.find(f"{{{SII}}}Encabezado")
    stated = [tag for tag in _VAT_TAGS if text(document, f"Encabezado/Totales/{tag}")]
    if document.find(f"{{{SII}}}Encabezado/{{{SII}}}Totales/{{{SII}}}ImptoReten") is not None:
        stated.append("ImptoReten")
    if text(document, "Encabezado/IdDoc/IndMntNeto"):
        stated.append("IndMntNeto")
    return [rules.EXEMPT_WITH_VAT.at(head, f"[{', '.join(stated)}]")] if stated else []


def _big_boleta_findings(
    document: etree._Element, facts: Facts, *, settings: Settings
) -> list[Finding]:
    """Source: Ley 21.713; Res. Ex. SII 44 of 2025: identify the buyer above 135 UF."""
    if (
        facts.total_clp <= settings.big_boleta_clp
        or date.fromisoformat(facts.issue_date) < settings.big_boleta_from
    ):
        return []
    head = document.find(f"{{{SII}}}Encabezado")
    found = []
    if facts.receiver == CONSUMER or not text(document, "Encabezado/Receptor/RznSocRecep"):
        found.append(rules.BIG_BOLETA_BUYER.at(head, f"[{facts.total_clp}]"))
    if not text(document, "Encabezado/IdDoc/MedioPago"):
        found.append(rules.BIG_BOLETA_PAYMENT.at(head, f"[{facts.total_clp}]"))
    return found
