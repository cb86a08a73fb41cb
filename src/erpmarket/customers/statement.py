"""A customer's account on paper: blocks for the till's roll, a page as PDF. No tax document."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.module_loading import import_string

from dte.blocks import (
    Align,
    Amount,
    Block,
    Pair,
    Rule,
    RuleStyle,
    Text,
    TextRole,
    blocks_to_json,
    instant_text,
)
from erpmarket.common.clock import local_date
from erpmarket.customers.models import Customer, CustomerMove
from erpmarket.ui.formats import clp, day_short

if TYPE_CHECKING:
    from erpmarket.tenancy.models import Company

PRINT_FOLDER: Final = Path(__file__).parent / "templates" / "customers" / "print"
# A roll shows what one asks about; the rest is in the PDF.
ROLL_MOVES: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """An account as its paper shows it; the moves oldest first."""

    customer: Customer
    moves: tuple[CustomerMove, ...]
    oldest: datetime | None
    company: "Company"
    made_at: datetime


def statement_pdf(statement: Statement) -> bytes:
    """Draw an account as a letter page, or as many as it needs."""
    sheet = import_string(f"{settings.PDF_ENGINE}.Sheet")(
        html=render_to_string("customers/print/account.html", {"statement": statement}),
        css=_css(),
        pictures={},
        weights=(400, 700),
    )
    pdf: bytes = import_string(f"{settings.PDF_ENGINE}.write_pdf")([sheet])
    return pdf


@cache
def _css() -> str:
    return (PRINT_FOLDER / "account.css").read_text(encoding="utf-8")


def statement_roll(statement: Statement) -> list[dict[str, object]]:
    """Return an account as device-free blocks in JSON values, for the till's printer."""
    return blocks_to_json(statement_blocks(statement))  # type: ignore[return-value]  # JSON values are plain objects here


def statement_blocks(statement: Statement) -> tuple[Block, ...]:
    """Return an account as blocks: whose it is, its last moves, what is owed."""
    return (*_head(statement), *_moves(statement), *_foot(statement))


def _head(statement: Statement) -> Iterator[Block]:
    customer = statement.customer
    yield Text(text=statement.company.shop_name, role=TextRole.SHOP_NAME, align=Align.CENTER)
    yield Text(text="Cuenta de fiado", role=TextRole.STRONG, align=Align.CENTER)
    yield Rule(style=RuleStyle.HEAVY)
    yield Pair(left="Cliente", right=customer.name)
    if customer.alias:
        yield Pair(left="Le dicen", right=customer.alias)
    yield Pair(left="Fiado hasta", right=clp(customer.credit_limit_clp))
    if statement.oldest is not None:
        yield Pair(left="Debe desde", right=day_short(local_date(statement.oldest)))


def _moves(statement: Statement) -> Iterator[Block]:
    yield Rule(style=RuleStyle.DASHED)
    shown = statement.moves[-ROLL_MOVES:]
    if len(shown) < len(statement.moves):
        before = shown[0].balance_clp - shown[0].amount_clp
        yield Amount(label="Venía de antes", amount_clp=before)
    for move in shown:
        label = f"{day_short(local_date(move.made_at))} {move.get_kind_display()}"
        yield Amount(label=label, amount_clp=move.amount_clp, signed=True)
        if move.words:
            yield Text(text=move.words)
    if not shown:
        yield Text(text="Todavía no hay movimientos.")


def _foot(statement: Statement) -> Iterator[Block]:
    customer = statement.customer
    yield Rule(style=RuleStyle.HEAVY)
    yield Amount(label="Debe", amount_clp=customer.balance_clp, strong=True)
    yield Amount(label="Le queda de fiado", amount_clp=customer.available_clp)
    yield Text(text="Cada compra ya tiene su boleta.", align=Align.CENTER)
    yield Text(text=f"Impreso {instant_text(statement.made_at)}", align=Align.CENTER)
    yield Text(text="Documento interno. No es boleta.", align=Align.CENTER)
