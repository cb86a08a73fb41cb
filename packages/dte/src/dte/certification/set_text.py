"""Read the SII's test set (set de pruebas), the text file with a number of atención."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NoReturn

from dte.codes import DispatchKind, DocumentType, TransferReason
from dte.errors import DteError

MAX_BYTES = 200_000
# The accent of "ATENCIÓN" often arrives spoiled by a tool on the way.
_SECTION = re.compile(r"SET (.+?)\s*-\s*NUMERO DE ATENCI.{1,12}N\s*:\s*(\d+)")
# What is left of an accented letter once a program has replaced it.
_SPOILED = ("\ufffd", "\u00ef\u00bf\u00bd")
_CASE = re.compile(r"CASO\s+(\d+-\d+)")
_RULE = re.compile(r"[=-]{5,}")
_CELLS = re.compile(r"\t+| {2,}")
_GLOBAL_DISCOUNT = re.compile(r"DESCUENTO GLOBAL .*?(\d+(?:[.,]\d+)?)\s*%")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")

_KINDS = {
    "FACTURA ELECTRONICA": DocumentType.FACTURA,
    "FACTURA NO AFECTA O EXENTA ELECTRONICA": DocumentType.FACTURA_EXENTA,
    "FACTURA EXENTA ELECTRONICA": DocumentType.FACTURA_EXENTA,
    "GUIA DE DESPACHO": DocumentType.GUIA,
    "GUIA DE DESPACHO ELECTRONICA": DocumentType.GUIA,
    "NOTA DE CREDITO ELECTRONICA": DocumentType.NOTA_CREDITO,
    "NOTA DE DEBITO ELECTRONICA": DocumentType.NOTA_DEBITO,
}
_TRANSFER_WORDS = {
    "TRASLADO": TransferReason.INTERNAL,
    "VENTA": TransferReason.SALE,
    "CONSIGNACION": TransferReason.CONSIGNMENT,
    "ENTREGA GRATUITA": TransferReason.FREE_DELIVERY,
    "DEVOLUCION": TransferReason.RETURN,
}
# A lone amount this far from the margin stands in the affected column, when tabs became blanks.
_EXEMPT_COLUMN_WIDTH = 12


class TestSetRefused(DteError):
    """A file is no test set, or asks for something we do not issue.

    Codes: unreadable, no_cases, unsupported_kind, bad_case.
    """

    # pytest would take the name for a test.
    __test__ = False


class SectionKind(StrEnum):
    """What a section of the file asks for."""

    DOCUMENTS = "documents"
    SALES_BOOK = "sales_book"
    PURCHASE_BOOK = "purchase_book"
    GUIA_BOOK = "guia_book"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseItem:
    """A line of a case; `unit_price` None means that of the case it refers to."""

    name: str
    quantity: Decimal | None = None
    unit: str = ""
    unit_price: Decimal | None = None
    discount_percent: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One document that the SII wants to see.

    `number` is "4352553-1"; `refers_to` the number of another case, `reason` its words.
    `global_discount_percent` is on the affected lines. `transfer` and `dispatch` are of guías.
    """

    number: str
    kind: DocumentType
    items: tuple[CaseItem, ...] = ()
    global_discount_percent: Decimal | None = None
    refers_to: str = ""
    reason: str = ""
    transfer: TransferReason | None = None
    dispatch: DispatchKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DictatedPurchase:
    """One line of the purchase book that the SII dictates; amounts in pesos, net or exempt."""

    kind_name: str
    folio: int
    remark: str
    exempt_clp: int = 0
    affected_clp: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One set of the file, with the number of atención that goes to its covers."""

    kind: SectionKind
    title: str
    attention: str
    cases: tuple[Case, ...] = ()
    purchases: tuple[DictatedPurchase, ...] = ()
    shared_vat_factor: Decimal | None = None
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSet:
    """Every section of a file, in its order."""

    __test__ = False

    sections: tuple[Section, ...]

    @property
    def spoiled_names(self) -> tuple[str, ...]:
        """The item names whose accents were lost: the SII would reject them as altered."""
        names = (item.name for case in self.cases for item in case.items)
        return tuple(name for name in names if any(mark in name for mark in _SPOILED))

    @property
    def cases(self) -> tuple[Case, ...]:
        """Every document asked for, in order."""
        return tuple(case for section in self.sections for case in section.cases)


def read_test_set(content: bytes) -> TestSet:
    """Read the file as it was downloaded (ISO-8859-1 or UTF-8).

    Item names are kept letter by letter: the SII compares them. Raises TestSetRefused.
    Source: SII, instructivo del set de pruebas de facturación electrónica.
    """
    if len(content) > MAX_BYTES:
        _refuse("unreadable", "El archivo es demasiado grande para ser un set de pruebas.")
    lines = _decode(content).splitlines()
    starts = [place for place, line in enumerate(lines) if _SECTION.search(_plain(line))]
    ends = [*starts[1:], len(lines)]
    sections = tuple(
        _read_section(lines[start:end]) for start, end in zip(starts, ends, strict=False)
    )
    if not any(section.cases for section in sections):
        _refuse("no_cases", "El archivo no trae ningún caso del set de pruebas.")
    numbers = [case.number for section in sections for case in section.cases]
    if len(set(numbers)) != len(numbers):
        _refuse("bad_case", "El archivo trae el mismo caso dos veces.")
    return TestSet(sections=sections)


def _decode(content: bytes) -> str:
    if b"\0" in content:
        _refuse("unreadable", "El archivo no es un texto.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("iso-8859-1")


def _plain(text: str) -> str:
    """Return capitals without accents and with single blanks, to compare keywords only."""
    decomposed = unicodedata.normalize("NFKD", text)
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(letters.upper().split())


def _read_section(lines: Sequence[str]) -> Section:
    found = _SECTION.search(_plain(lines[0]))
    assert found is not None, "sections start where this matched"
    title, attention = found[1], found[2]
    body = [line for line in lines[1:] if not _RULE.fullmatch(line.strip())]
    if title.startswith("LIBRO DE COMPRAS"):
        return Section(
            kind=SectionKind.PURCHASE_BOOK,
            title=title,
            attention=attention,
            purchases=tuple(_read_purchases(body)),
            shared_vat_factor=_read_factor(body),
        )
    books = {"LIBRO DE VENTAS": SectionKind.SALES_BOOK, "LIBRO DE GUIAS": SectionKind.GUIA_BOOK}
    for name, kind in books.items():
        if title.startswith(name):
            notes = "\n".join(line.strip() for line in body if line.strip())
            return Section(kind=kind, title=title, attention=attention, notes=notes)
    return Section(
        kind=SectionKind.DOCUMENTS,
        title=title,
        attention=attention,
        cases=tuple(_read_cases(body)),
    )


def _read_cases(lines: Sequence[str]) -> Iterator[Case]:
    starts = [place for place, line in enumerate(lines) if _CASE.match(_plain(line))]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=False):
        yield _read_case(lines[start:end])


def _read_case(lines: Sequence[str]) -> Case:
    found = _CASE.match(_plain(lines[0]))
    assert found is not None, "cases start where this matched"
    number = found[1]
    facts = _read_facts(lines[1:])
    kind = _KINDS.get(facts.get("DOCUMENTO", ""))
    if kind is None:
        _refuse(
            "unsupported_kind",
            f"El caso {number} pide un documento que aquí no se emite:"
            f" {facts.get('DOCUMENTO', 'sin nombre')}. Postula solo a los que usarás.",
        )
    refers_to = _CASE.search(facts.get("REFERENCIA", ""))
    discount = next(filter(None, (_GLOBAL_DISCOUNT.search(_plain(line)) for line in lines)), None)
    return Case(
        number=number,
        kind=kind,
        items=tuple(_read_items(number, lines[1:])),
        global_discount_percent=_number(discount[1]) if discount else None,
        refers_to=refers_to[1] if refers_to else "",
        reason=facts.get("RAZON REFERENCIA", ""),
        transfer=_read_transfer(number, facts) if kind is DocumentType.GUIA else None,
        dispatch=_read_dispatch(facts),
    )


def _read_facts(lines: Sequence[str]) -> dict[str, str]:
    """Return keyword -> value of the lines above the items, both plain."""
    names = ("RAZON REFERENCIA", "DOCUMENTO", "REFERENCIA", "MOTIVO", "TRASLADO POR")
    facts: dict[str, str] = {}
    for line in lines:
        text = _plain(line)
        for name in names:
            rest = text.removeprefix(name)
            if rest != text and (not rest or rest[0] in " :"):
                facts.setdefault(name, rest.lstrip(" :"))
                break
    return facts


def _read_transfer(number: str, facts: dict[str, str]) -> TransferReason:
    reason = facts.get("MOTIVO", "")
    found = [transfer for word, transfer in _TRANSFER_WORDS.items() if word in reason]
    if not found:
        _refuse("bad_case", f"El caso {number} es una guía con un motivo desconocido: {reason!r}.")
    return found[0]


def _read_dispatch(facts: dict[str, str]) -> DispatchKind | None:
    carrier = facts.get("TRASLADO POR", "")
    if not carrier:
        return None
    if not carrier.startswith("EMISOR"):
        return DispatchKind.BY_RECEIVER
    to_client = "CLIENTE" in carrier
    return DispatchKind.BY_ISSUER_TO_RECEIVER if to_client else DispatchKind.BY_ISSUER_ELSEWHERE


def _read_items(number: str, lines: Sequence[str]) -> Iterator[CaseItem]:
    columns: list[str] = []
    for line in lines:
        cells = [cell.strip() for cell in _CELLS.split(line.strip()) if cell.strip()]
        if cells and _plain(cells[0]) == "ITEM" and len(cells) > 1:
            columns = [_plain(cell) for cell in cells]
        elif not columns or not cells:
            continue
        elif len(cells) == len(columns):
            yield _read_item(number, dict(zip(columns, cells, strict=True)))
        elif not _GLOBAL_DISCOUNT.search(_plain(line)):
            _refuse("bad_case", f"El caso {number} trae una línea que no se entiende: {line!r}.")


def _read_item(number: str, cells: dict[str, str]) -> CaseItem:
    known = {"ITEM", "CANTIDAD", "UNIDAD MEDIDA", "PRECIO UNITARIO", "VALOR UNITARIO"}
    known.add("DESCUENTO ITEM")
    if not set(cells) <= known:
        _refuse("bad_case", f"El caso {number} trae una columna desconocida: {sorted(cells)}.")
    price = cells.get("PRECIO UNITARIO") or cells.get("VALOR UNITARIO")
    discount = cells.get("DESCUENTO ITEM", "").removesuffix("%")
    values = [cells.get("CANTIDAD"), price, discount or None]
    wrong = [value for value in values if value is not None and not _NUMBER.fullmatch(value)]
    if wrong:
        _refuse("bad_case", f"El caso {number} trae un número que no se entiende: {wrong[0]!r}.")
    quantity, unit_price, percent = (None if each is None else _number(each) for each in values)
    return CaseItem(
        name=cells["ITEM"],
        quantity=quantity,
        unit=cells.get("UNIDAD MEDIDA", ""),
        unit_price=unit_price,
        discount_percent=percent,
    )


def _read_purchases(lines: Sequence[str]) -> Iterator[DictatedPurchase]:
    """Read the triplets: kind and folio, remark, amounts (exempt left, affected right)."""
    rows = [line for line in lines if line.strip()]
    first = next(
        (place for place, line in enumerate(rows) if "MONTO AFECTO" in _plain(line)), len(rows)
    )
    last = next(
        (place for place, line in enumerate(rows) if "OBSERVACIONES GENERALES" in _plain(line)),
        len(rows),
    )
    table = rows[first + 1 : last]
    if len(table) % 3:
        _refuse("bad_case", "El libro de compras del set no se entiende: descárgalo otra vez.")
    for head, remark, amounts in zip(*[iter(table)] * 3, strict=True):
        yield _read_purchase(head, remark, amounts)


def _read_purchase(head: str, remark: str, amounts: str) -> DictatedPurchase:
    found = re.fullmatch(r"(.+?)\s+(\d+)", _plain(head))
    values = re.fullmatch(r"(\s*)(\d+)(?:\s+(\d+))?\s*", amounts)
    if found is None or values is None:
        _refuse("bad_case", f"El libro de compras del set trae una línea rara: {head.strip()!r}.")
    # With one amount, its column tells what it is: the exempt one starts left of the tabs.
    if values[3] is not None:
        exempt_clp, affected_clp = int(values[2]), int(values[3])
    elif "\t" in values[1] or len(values[1]) > _EXEMPT_COLUMN_WIDTH:
        exempt_clp, affected_clp = 0, int(values[2])
    else:
        exempt_clp, affected_clp = int(values[2]), 0
    return DictatedPurchase(
        kind_name=found[1],
        folio=int(found[2]),
        remark=_plain(remark),
        exempt_clp=exempt_clp,
        affected_clp=affected_clp,
    )


def _read_factor(lines: Sequence[str]) -> Decimal | None:
    found = re.search(r"PROPORCIONALIDAD DEL IVA ES DE (\d+[.,]\d+)", _plain(" ".join(lines)))
    return _number(found[1]) if found else None


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def _refuse(code: str, problem: str) -> NoReturn:
    raise TestSetRefused(
        code, f"{problem} Usa el archivo .txt que el SII entrega al generar el set, sin abrirlo."
    )
