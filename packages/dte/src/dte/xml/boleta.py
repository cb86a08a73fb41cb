"""The boleta's part of the XML. Order and names: EnvioBOLETA_v11.xsd (2025 generation)."""

from functools import lru_cache

from dte.codes import PriceBasis
from dte.document import Draft, Issuer, Line, Receiver, Reference, Totals
from dte.text import escape
from dte.xml.write import adjustments, amount, day, item_codes, leaf, number, plain

# IndMntNeto knows one value only: lines without VAT.
_NET_LINES = 2


def write_boleta_header(draft: Draft, folio: int, totals: Totals) -> str:
    """Return Encabezado: no VAT rate and no zero amounts, the schema has no place for them.

    Source: EnvioBOLETA_v11.xsd, Encabezado.
    """
    net_lines = _NET_LINES if draft.price_basis is PriceBasis.NET else None
    return (
        f"<Encabezado>\n<IdDoc>\n<TipoDTE>{draft.kind:d}</TipoDTE>\n<Folio>{folio}</Folio>\n"
        f"<FchEmis>{draft.issue_date.isoformat()}</FchEmis>\n"
        f"<IndServicio>{draft.service:d}</IndServicio>\n{plain('IndMntNeto', net_lines)}"
        f"{day('PeriodoDesde', draft.period_from)}{day('PeriodoHasta', draft.period_to)}"
        f"{day('FchVenc', draft.due_date)}{plain('MedioPago', draft.payment_means)}</IdDoc>\n"
        f"{_issuer(draft.issuer)}{_receiver(draft.receiver)}"
        f"{plain('RUTProvSW', draft.software_provider)}<Totales>\n"
        f"{amount('MntNeto', totals.net_clp)}{amount('MntExe', totals.exempt_clp)}"
        f"{amount('IVA', totals.vat_clp)}<MntTotal>{totals.total_clp}</MntTotal>\n"
        f"{amount('MontoNF', totals.not_billable_clp)}{plain('TotalPeriodo', totals.period_clp)}"
        f"{plain('SaldoAnterior', totals.previous_balance_clp)}"
        f"{plain('VlrPagar', totals.payable_clp)}</Totales>\n</Encabezado>\n"
    )


def write_boleta_lines(draft: Draft) -> str:
    """Return Detalle, DscRcgGlobal and Referencia. Source: EnvioBOLETA_v11.xsd, Documento."""
    parts = [_line(place, line) for place, line in enumerate(draft.lines, start=1)]
    parts.append(adjustments(draft.adjustments))
    parts += [
        _reference(place, reference) for place, reference in enumerate(draft.references, start=1)
    ]
    return "".join(parts)


@lru_cache(maxsize=256)
def _issuer(issuer: Issuer) -> str:
    return (
        f"<Emisor>\n<RUTEmisor>{issuer.rut}</RUTEmisor>\n{leaf('RznSocEmisor', issuer.name)}"
        f"{leaf('GiroEmisor', issuer.giro)}{plain('CdgSIISucur', issuer.branch_code)}"
        f"{leaf('DirOrigen', issuer.address)}{leaf('CmnaOrigen', issuer.commune)}"
        f"{leaf('CiudadOrigen', issuer.city)}</Emisor>\n"
    )


@lru_cache(maxsize=256)
def _receiver(receiver: Receiver) -> str:
    return (
        f"<Receptor>\n<RUTRecep>{receiver.rut}</RUTRecep>\n"
        f"{leaf('CdgIntRecep', receiver.internal_code)}{leaf('RznSocRecep', receiver.name)}"
        f"{leaf('Contacto', receiver.contact)}{leaf('CorreoRecep', receiver.email)}"
        f"{leaf('TelefonoRecep', receiver.phone)}{leaf('DirRecep', receiver.address)}"
        f"{leaf('CmnaRecep', receiver.commune)}{leaf('CiudadRecep', receiver.city)}"
        f"{leaf('DirPostal', receiver.postal_address)}"
        f"{leaf('CmnaPostal', receiver.postal_commune)}"
        f"{leaf('CiudadPostal', receiver.postal_city)}</Receptor>\n"
    )


def _line(place: int, line: Line) -> str:
    return (
        f"<Detalle>\n<NroLinDet>{place}</NroLinDet>\n"
        f"{item_codes(line.codes) if line.codes else ''}"
        f"{plain('IndExe', line.exemption)}<NmbItem>{escape(line.name)}</NmbItem>\n"
        f"{leaf('DscItem', line.description)}{number('QtyItem', line.quantity)}"
        f"{leaf('UnmdItem', line.unit)}{number('PrcItem', line.unit_price)}"
        f"{number('DescuentoPct', line.discount_percent)}"
        f"{amount('DescuentoMonto', line.discount_clp)}"
        f"{number('RecargoPct', line.surcharge_percent)}"
        f"{amount('RecargoMonto', line.surcharge_clp)}"
        f"<MontoItem>{line.amount_clp}</MontoItem>\n</Detalle>\n"
    )


def _reference(place: int, reference: Reference) -> str:
    return (
        f"<Referencia>\n<NroLinRef>{place}</NroLinRef>\n{leaf('TpoDocRef', reference.kind)}"
        f"{leaf('FolioRef', reference.folio)}{leaf('CodRef', reference.code)}"
        f"{leaf('RazonRef', reference.reason)}{leaf('CodVndor', reference.seller_code)}"
        f"{leaf('CodCaja', reference.till_code)}</Referencia>\n"
    )
