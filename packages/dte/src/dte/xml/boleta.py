"""The boleta's part of the XML. Order and names: EnvioBOLETA_v11.xsd (2025 generation)."""

from functools import lru_cache

from dte.amounts import number_text
from dte.codes import PaymentMeans, TradeMeans
from dte.document import Draft, Issuer, Line, Receiver, Reference, Totals
from dte.text import escape
from dte.xml.write import amount, leaf


def write_boleta_header(draft: Draft, folio: int, totals: Totals) -> str:
    """Return Encabezado: no VAT rate and no zero amounts, the schema has no place for them.

    Source: EnvioBOLETA_v11.xsd, Encabezado.
    """
    return (
        f"<Encabezado>\n<IdDoc>\n<TipoDTE>{draft.kind:d}</TipoDTE>\n<Folio>{folio}</Folio>\n"
        f"<FchEmis>{draft.issue_date.isoformat()}</FchEmis>\n"
        f"<IndServicio>{draft.service:d}</IndServicio>\n{_means(draft.payment_means)}</IdDoc>\n"
        f"{_issuer(draft.issuer)}{_receiver(draft.receiver)}<Totales>\n"
        f"{amount('MntNeto', totals.net_clp)}{amount('MntExe', totals.exempt_clp)}"
        f"{amount('IVA', totals.vat_clp)}<MntTotal>{totals.total_clp}</MntTotal>\n"
        "</Totales>\n</Encabezado>\n"
    )


def write_boleta_lines(draft: Draft) -> str:
    """Return Detalle and Referencia. Source: EnvioBOLETA_v11.xsd, Detalle and Referencia."""
    lines = [_line(number, line) for number, line in enumerate(draft.lines, start=1)]
    lines += [
        _reference(number, reference) for number, reference in enumerate(draft.references, start=1)
    ]
    return "".join(lines)


def _means(means: PaymentMeans | TradeMeans | None) -> str:
    return "" if means is None else f"<MedioPago>{means:d}</MedioPago>\n"


@lru_cache(maxsize=256)
def _issuer(issuer: Issuer) -> str:
    branch = "" if issuer.branch_code is None else str(issuer.branch_code)
    return (
        f"<Emisor>\n<RUTEmisor>{issuer.rut}</RUTEmisor>\n{leaf('RznSocEmisor', issuer.name)}"
        f"{leaf('GiroEmisor', issuer.giro)}{leaf('CdgSIISucur', branch)}"
        f"{leaf('DirOrigen', issuer.address)}{leaf('CmnaOrigen', issuer.commune)}"
        f"{leaf('CiudadOrigen', issuer.city)}</Emisor>\n"
    )


def _receiver(receiver: Receiver) -> str:
    return (
        f"<Receptor>\n<RUTRecep>{receiver.rut}</RUTRecep>\n{leaf('RznSocRecep', receiver.name)}"
        f"{leaf('CorreoRecep', receiver.email)}{leaf('DirRecep', receiver.address)}"
        f"{leaf('CmnaRecep', receiver.commune)}{leaf('CiudadRecep', receiver.city)}</Receptor>\n"
    )


def _line(number: int, line: Line) -> str:
    codes = "".join(
        f"<CdgItem>\n<TpoCodigo>{escape(code.kind)}</TpoCodigo>\n"
        f"<VlrCodigo>{escape(code.value)}</VlrCodigo>\n</CdgItem>\n"
        for code in line.codes
    )
    exempt = "" if line.exemption is None else f"<IndExe>{line.exemption:d}</IndExe>\n"
    quantity = "" if line.quantity is None else number_text(line.quantity)
    price = "" if line.unit_price is None else number_text(line.unit_price)
    return (
        f"<Detalle>\n<NroLinDet>{number}</NroLinDet>\n{codes}{exempt}"
        f"<NmbItem>{escape(line.name)}</NmbItem>\n{leaf('DscItem', line.description)}"
        f"{leaf('QtyItem', quantity)}{leaf('UnmdItem', line.unit)}{leaf('PrcItem', price)}"
        f"{amount('DescuentoMonto', line.discount_clp)}"
        f"{amount('RecargoMonto', line.surcharge_clp)}"
        f"<MontoItem>{line.amount_clp}</MontoItem>\n</Detalle>\n"
    )


def _reference(number: int, reference: Reference) -> str:
    return (
        f"<Referencia>\n<NroLinRef>{number}</NroLinRef>\n{leaf('TpoDocRef', reference.kind)}"
        f"{leaf('FolioRef', reference.folio)}{leaf('CodRef', reference.code)}"
        f"{leaf('RazonRef', reference.reason)}</Referencia>\n"
    )
