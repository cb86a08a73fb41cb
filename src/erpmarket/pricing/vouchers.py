"""A sale partly paid with vouchers that stand for a boleta: which part of each line they cover.

Source: Resolución Exenta SII 176 de 2020: the voucher of an electronic payment is the boleta.
Which lines it covers is our rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dte.amounts import split_clp
from erpmarket.pricing import errors


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherLine:
    """What a line pays, and whether restricted means (food cards) may pay it."""

    amount_clp: int
    is_eligible: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherTender:
    """What a means pays of the document; for cash the unrounded due."""

    amount_clp: int
    is_voucher: bool
    is_restricted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherSplit:
    """Per line the pesos that need a boleta, and those that a voucher covers."""

    boleta_clp: tuple[int, ...]
    voucher_clp: tuple[int, ...]


def split_vouchers(lines: Sequence[VoucherLine], tenders: Sequence[VoucherTender]) -> VoucherSplit:
    """Lay tenders over lines: restricted first, vouchers before others, then as entered.

    Raises TendersDiffer when they do not sum to the lines, NotEligible when a restricted one pays
    more than the eligible lines have left.
    """
    if sum(line.amount_clp for line in lines) != sum(tender.amount_clp for tender in tenders):
        raise errors.TendersDiffer
    left = [line.amount_clp for line in lines]
    vouchers = [0] * len(lines)
    for tender in sorted(tenders, key=lambda each: (not each.is_restricted, not each.is_voucher)):
        for place, part in enumerate(_lay(tender, lines, left)):
            left[place] -= part
            vouchers[place] += part if tender.is_voucher else 0
    return VoucherSplit(
        boleta_clp=tuple(
            line.amount_clp - part for line, part in zip(lines, vouchers, strict=True)
        ),
        voucher_clp=tuple(vouchers),
    )


def _lay(
    tender: VoucherTender, lines: Sequence[VoucherLine], left: Sequence[int]
) -> tuple[int, ...]:
    weights = [
        rest if line.is_eligible or not tender.is_restricted else 0
        for line, rest in zip(lines, left, strict=True)
    ]
    if tender.amount_clp > sum(weights):
        raise errors.NotEligible
    return split_clp(tender.amount_clp, weights)
