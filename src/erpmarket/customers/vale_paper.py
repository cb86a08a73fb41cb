"""A vale on the till's roll: its code to read and to scan. No tax document."""

from dte.blocks import (
    Align,
    Amount,
    Block,
    Qr,
    Rule,
    RuleStyle,
    Text,
    TextRole,
    blocks_to_json,
    instant_text,
)
from erpmarket.customers.store_credit_models import StoreCredit


def roll_of_vale(vale: StoreCredit, *, shop_name: str) -> list[dict[str, object]]:
    """Return a vale as device-free blocks in JSON values, for the till's printer."""
    return blocks_to_json(vale_blocks(vale, shop_name=shop_name))  # type: ignore[return-value]  # JSON values are plain objects here


def vale_blocks(vale: StoreCredit, *, shop_name: str) -> tuple[Block, ...]:
    """Return a vale as blocks: what is left on it, and its code."""
    return (
        Text(text=shop_name, role=TextRole.SHOP_NAME, align=Align.CENTER),
        Text(text="Vale para comprar", role=TextRole.STRONG, align=Align.CENTER),
        Rule(style=RuleStyle.HEAVY),
        Amount(label="Vale por", amount_clp=vale.balance_clp, strong=True),
        Qr(content=vale.code),
        Text(text=vale.shown_code, role=TextRole.STRONG, align=Align.CENTER),
        Rule(style=RuleStyle.LIGHT),
        Text(text=f"Se dio el {instant_text(vale.issued_at)}", align=Align.CENTER),
        Text(text="Quien lo trae lo usa. Guárdalo como dinero.", align=Align.CENTER),
        Text(text="Documento interno. No es boleta.", align=Align.CENTER),
    )
