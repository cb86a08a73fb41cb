"""Every text of a draft, made fit for the SII; and what had to change for it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import is_
from typing import Any, NamedTuple, TypeVar

from dte.document import (
    Adjustment,
    Draft,
    Instalment,
    Issuer,
    ItemCode,
    Line,
    PaymentTerms,
    Receiver,
    Reference,
    Transport,
)
from dte.errors import DraftRefused
from dte.kinds.kind import TextLimits
from dte.text import clean_text, is_clean

_Record = TypeVar(
    "_Record",
    Adjustment,
    Instalment,
    Issuer,
    ItemCode,
    Line,
    PaymentTerms,
    Receiver,
    Reference,
    Transport,
)


class _Text(NamedTuple):
    """One text of a record; an exact one is refused when too long, never cut."""

    attribute: str
    field: str
    limit: int
    exact: bool = False


_Texts = tuple[_Text, ...]

_ANY_LENGTH = 1_000_000
_NO_TRANSPORT = Transport()


@dataclass(frozen=True, slots=True, kw_only=True)
class _TextsOf:
    phone: _Text
    issuer: _Texts
    receiver: _Texts
    line: _Texts
    code: _Texts
    reference: _Texts
    adjustment: _Texts
    terms: _Texts
    instalment: _Texts
    transport: _Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChange:
    """A text that the document says otherwise than its draft; `field` is its Spanish name."""

    field: str
    before: str
    after: str


def clean_draft(draft: Draft, limits: TextLimits) -> tuple[Draft, tuple[TextChange, ...]]:
    """Return the draft with its texts mapped to ISO-8859-1 and cut, and what changed.

    Texts that the type's XML has no place for are emptied without a word, so that one issuer and
    one receiver serve all types. An equal draft comes back when nothing changed. Raises
    TextRefused, and DraftRefused for an identifier that would be cut: a shortened folio or plate
    points to something else.
    Source: DTE_v10.xsd and EnvioBOLETA_v11.xsd, maxLength of each element.
    """
    texts = _texts_of(limits)
    issuer, issuer_changes = _clean_issuer(draft.issuer, limits)
    receiver, receiver_changes = _clean_receiver(draft.receiver, limits)
    changes = [*issuer_changes, *receiver_changes]
    cleaned: dict[str, Any] = {
        "issuer": issuer,
        "receiver": receiver,
        "lines": _each(draft.lines, lambda place, line: _clean_line(place, line, texts, changes)),
        "references": _each(
            draft.references,
            lambda place, reference: _clean(
                reference, texts.reference, f" de la referencia {place}", changes
            ),
        ),
        "adjustments": _each(
            draft.adjustments,
            lambda _, adjustment: _clean(adjustment, texts.adjustment, "", changes),
        ),
        "payment_terms": _clean_terms(draft.payment_terms, texts, changes),
        "transport": draft.transport and _clean_transport(draft.transport, texts, changes),
    }
    differing = {
        name: value for name, value in cleaned.items() if value is not getattr(draft, name)
    }
    return (replace(draft, **differing) if differing else draft), tuple(changes)


@lru_cache(maxsize=256)
def _clean_issuer(issuer: Issuer, limits: TextLimits) -> tuple[Issuer, tuple[TextChange, ...]]:
    changes: list[TextChange] = []
    texts = _texts_of(limits)
    cleaned = _clean(issuer, texts.issuer, "", changes)
    phones = tuple(filter(None, (_fit(phone, texts.phone, "", changes) for phone in issuer.phones)))
    return (cleaned if phones == issuer.phones else replace(cleaned, phones=phones)), tuple(changes)


@lru_cache(maxsize=256)
def _clean_receiver(
    receiver: Receiver, limits: TextLimits
) -> tuple[Receiver, tuple[TextChange, ...]]:
    changes: list[TextChange] = []
    return _clean(receiver, _texts_of(limits).receiver, "", changes), tuple(changes)


def _clean_line(place: int, line: Line, texts: _TextsOf, changes: list[TextChange]) -> Line:
    where = f" de la línea {place}"
    cleaned = _clean(line, texts.line, where, changes)
    if not line.codes:
        return cleaned
    codes = _each(line.codes, lambda _, code: _clean(code, texts.code, where, changes))
    return cleaned if codes is line.codes else replace(cleaned, codes=codes)


def _clean_terms(terms: PaymentTerms, texts: _TextsOf, changes: list[TextChange]) -> PaymentTerms:
    cleaned = _clean(terms, texts.terms, "", changes)
    instalments = _each(
        terms.instalments, lambda _, part: _clean(part, texts.instalment, "", changes)
    )
    if instalments is terms.instalments:
        return cleaned
    return replace(cleaned, instalments=instalments)


def _clean_transport(
    transport: Transport, texts: _TextsOf, changes: list[TextChange]
) -> Transport | None:
    cleaned = _clean(transport, texts.transport, "", changes)
    departs_at = transport.departs_at
    if departs_at is not None and (departs_at.microsecond or departs_at.tzinfo):
        # HraSalida has neither fractions nor a zone: it is read on the Chilean clock.
        cleaned = replace(cleaned, departs_at=departs_at.replace(microsecond=0, tzinfo=None))
    # Nobody can tell an empty group in the XML from none.
    return None if cleaned == _NO_TRANSPORT else cleaned


def _each(
    records: tuple[_Record, ...], clean: Callable[[int, _Record], _Record]
) -> tuple[_Record, ...]:
    """Return the cleaned records, or the very tuple when none of them changed."""
    cleaned = tuple(clean(place, record) for place, record in enumerate(records, start=1))
    unchanged = all(map(is_, cleaned, records))
    return records if unchanged else cleaned


def _clean(record: _Record, texts: _Texts, where: str, changes: list[TextChange]) -> _Record:
    cleaned: dict[str, Any] = {}
    for text in texts:
        before = getattr(record, text.attribute)
        if not before or is_clean(before, limit=text.limit):
            continue
        after = _fit(before, text, where, changes)
        if after != before:
            cleaned[text.attribute] = after
    return replace(record, **cleaned) if cleaned else record


def _fit(before: str, text: _Text, where: str, changes: list[TextChange]) -> str:
    if not text.limit:
        return ""
    field = f"{text.field}{where}"
    after = clean_text(before, field=field, limit=text.limit)
    if after == before:
        return before
    if text.exact and clean_text(before, field=field, limit=_ANY_LENGTH) != after:
        raise DraftRefused(
            "identifier_too_long",
            f"Para {field} caben {text.limit} caracteres. Revísalo y vuelve a emitir.",
        )
    changes.append(TextChange(field=field, before=before, after=after))
    return after


@lru_cache(maxsize=8)
def _texts_of(limits: TextLimits) -> _TextsOf:
    return _TextsOf(
        phone=_Text("", "el teléfono de la empresa", limits.issuer_phone),
        issuer=_issuer_texts(limits),
        receiver=_receiver_texts(limits),
        line=(
            _Text("name", "el nombre del producto", limits.item_name),
            _Text("unit", "la unidad del producto", limits.unit),
            _Text("description", "la descripción del producto", limits.item_description),
            _Text("reference_unit", "la unidad de la tarifa", limits.reference_unit),
        ),
        code=(
            _Text("kind", "el tipo de código del producto", limits.code_kind),
            _Text("value", "el código del producto", limits.code_value),
        ),
        reference=(
            _Text("kind", "el tipo", limits.reference_kind, exact=True),
            _Text("folio", "el folio", limits.reference_folio, exact=True),
            _Text("code", "el código", limits.reference_code),
            _Text("reason", "la razón", limits.reference_reason),
            _Text("seller_code", "el código de vendedor", limits.reference_seller_code),
            _Text("till_code", "el código de caja", limits.reference_till_code),
        ),
        adjustment=(_Text("reason", "la glosa de un descuento", limits.adjustment_reason),),
        terms=_terms_texts(limits),
        instalment=(_Text("note", "la glosa de un pago", limits.instalment_note),),
        transport=_transport_texts(limits),
    )


def _issuer_texts(limits: TextLimits) -> _Texts:
    return (
        _Text("name", "la razón social", limits.issuer_name),
        _Text("giro", "el giro", limits.issuer_giro),
        _Text("address", "la dirección", limits.address),
        _Text("commune", "la comuna", limits.commune),
        _Text("city", "la ciudad", limits.city),
        _Text("branch_name", "el nombre de la sucursal", limits.branch_name),
        _Text("email", "el correo de la empresa", limits.issuer_email),
        _Text("seller_code", "el código de vendedor", limits.seller_code),
    )


def _receiver_texts(limits: TextLimits) -> _Texts:
    return (
        _Text("name", "el nombre del cliente", limits.receiver_name),
        _Text("giro", "el giro del cliente", limits.receiver_giro),
        _Text("internal_code", "el código del cliente", limits.receiver_code),
        _Text("contact", "el contacto del cliente", limits.contact),
        _Text("email", "el correo del cliente", limits.email),
        _Text("phone", "el teléfono del cliente", limits.receiver_phone),
        _Text("address", "la dirección del cliente", limits.address),
        _Text("commune", "la comuna del cliente", limits.commune),
        _Text("city", "la ciudad del cliente", limits.city),
        _Text("postal_address", "la dirección postal del cliente", limits.address),
        _Text("postal_commune", "la comuna postal del cliente", limits.commune),
        _Text("postal_city", "la ciudad postal del cliente", limits.city),
    )


def _terms_texts(limits: TextLimits) -> _Texts:
    return (
        _Text("account_kind", "el tipo de cuenta", limits.account_kind, exact=True),
        _Text("account", "el número de cuenta", limits.account, exact=True),
        _Text("bank", "el banco", limits.bank),
        _Text("term_code", "el código de los términos de pago", limits.term_code),
        _Text("term_text", "los términos de pago", limits.term_text),
    )


def _transport_texts(limits: TextLimits) -> _Texts:
    return (
        _Text("plate", "la patente", limits.plate, exact=True),
        _Text("trailer_plate", "la patente del carro", limits.plate, exact=True),
        _Text("driver_name", "el nombre del chofer", limits.driver_name),
        _Text("address", "la dirección de destino", limits.address),
        _Text("commune", "la comuna de destino", limits.commune),
        _Text("city", "la ciudad de destino", limits.city),
    )
