"""Write documents as the SII reads them: ISO-8859-1, one tag per line, nothing empty.

The upload gateway cuts lines at about 4,090 characters, hence one element per line.
"""

from datetime import date, datetime
from decimal import Decimal

from dte.amounts import number_text
from dte.document import Adjustment, ItemCode
from dte.rut import Rut
from dte.text import escape
from dte.xml.canonical import SII_NAMESPACE

ENCODING = "iso-8859-1"
DECLARATION = '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
DTE_START = f'<DTE xmlns="{SII_NAMESPACE}" version="1.0">\n'


def leaf(tag: str, text: str) -> str:
    """Return one escaped element on its line, or nothing for an empty text."""
    return f"<{tag}>{escape(text)}</{tag}>\n" if text else ""


def amount(tag: str, amount_clp: int) -> str:
    """Return an amount on its line, or nothing for zero (older validators refuse zeros)."""
    return f"<{tag}>{amount_clp}</{tag}>\n" if amount_clp else ""


def plain(tag: str, value: int | str | Rut | None) -> str:
    """Return a value that needs no escaping on its line (zero too), or nothing for None."""
    return "" if value is None else f"<{tag}>{value!s}</{tag}>\n"


def number(tag: str, value: Decimal | None) -> str:
    """Return a number without exponent or needless zeros on its line, or nothing for None."""
    return "" if value is None else f"<{tag}>{number_text(value)}</{tag}>\n"


def day(tag: str, value: date | None) -> str:
    """Return a date on its line, or nothing for None."""
    return "" if value is None else f"<{tag}>{value.isoformat()}</{tag}>\n"


def item_codes(codes: tuple[ItemCode, ...]) -> str:
    """Return CdgItem, once per code. Source: DTE_v10.xsd and EnvioBOLETA_v11.xsd, CdgItem."""
    return "".join(
        f"<CdgItem>\n<TpoCodigo>{escape(code.kind)}</TpoCodigo>\n"
        f"<VlrCodigo>{escape(code.value)}</VlrCodigo>\n</CdgItem>\n"
        for code in codes
    )


def adjustments(movements: tuple[Adjustment, ...]) -> str:
    """Return DscRcgGlobal, once per discount or surcharge.

    Source: DTE_v10.xsd and EnvioBOLETA_v11.xsd, DscRcgGlobal.
    """
    return "".join(
        f"<DscRcgGlobal>\n<NroLinDR>{place}</NroLinDR>\n<TpoMov>{movement.kind.value}</TpoMov>\n"
        f"{leaf('GlosaDR', movement.reason)}"
        f"<TpoValor>{'%' if movement.is_percent else '$'}</TpoValor>\n"
        f"{number('ValorDR', movement.value)}{plain('IndExeDR', movement.applies_to)}"
        "</DscRcgGlobal>\n"
        for place, movement in enumerate(movements, start=1)
    )


def write_document(*, document_id: str, body: str, ted: bytes, stamped_at: datetime) -> bytes:
    """Return the unsigned `<DTE>`; `body` is everything before the stamp.

    `stamped_at` is Chilean local time, naive. The stamp stays flat, on one line of under 1,000
    characters, so that the bytes of the bar code are in the file as they are.
    Source: EnvioBOLETA_v11.xsd and DTE_v10.xsd, Documento.
    """
    head = f'{DTE_START}<Documento ID="{document_id}">\n{body}'.encode(ENCODING)
    tail = f"\n<TmstFirma>{stamped_at.isoformat()}</TmstFirma>\n</Documento>\n</DTE>"
    return head + ted + tail.encode(ENCODING)
