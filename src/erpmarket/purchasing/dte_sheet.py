"""A supplier's paper as one sheet: what each line is here, what it costs, at what price to sell."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from dte.taxes import vat_percent
from erpmarket.catalog.margins import margin_percent
from erpmarket.catalog.matching_queries import get_products
from erpmarket.catalog.proposals import get_price_rules
from erpmarket.costing import SupplierLine, SupplierPaper, receipt_cost
from erpmarket.costing.amounts import share
from erpmarket.inventory.queries import get_stock_totals
from erpmarket.pricing.proposal import PriceRule, move_percent, propose_price
from erpmarket.purchasing.dte_matching import Found, Match, barcode_of, match_lines
from erpmarket.purchasing.dte_packs import choose_units, clean_name, is_kilo
from erpmarket.purchasing.dte_paper import LineRole, PaperLine, SupplierDte, tax_words
from erpmarket.purchasing.dte_queries import get_last_costs
from erpmarket.ui.formats import percent

ZERO: Final = Decimal(0)
_THOUSANDTH: Final = Decimal("0.001")
_MOST_UNITS: Final = Decimal(100_000)
_MOST_QUANTITY: Final = Decimal(10**9)


class Mode(StrEnum):
    """What somebody says that a line is."""

    PRODUCT = "product"
    NEW = "new"
    FREIGHT = "freight"
    IGNORE = "ignore"
    OPEN = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody decided about a line; None is what the sheet proposes."""

    mode: Mode | None = None
    product_id: int | None = None
    packs: Decimal | None = None
    units: Decimal | None = None
    price_clp: int | None = None
    is_ticked: bool | None = None
    name: str = ""
    category_id: int | None = None
    barcode: str | None = None
    search: str = ""


NO_ANSWER: Final = Answer()


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """One line as the page shows it and the action takes it.

    `quantity` and `value` are what comes in, `old_cost` and `new_cost` pesos per unit without VAT.
    `price_clp` is the price that it will have when ticked; `doubts` say why nobody but a person
    should tick it.
    """

    paper: PaperLine
    answer: Answer
    mode: Mode
    match: Match
    product: Any
    candidates: tuple[Any, ...]
    packs: Decimal
    units: Decimal
    is_sure_of_units: bool
    quantity: Decimal
    value: Decimal
    new_cost: Decimal | None
    old_cost: Decimal | None
    old_price: int | None
    price_clp: int | None
    proposed_clp: int | None
    is_ticked: bool
    margin_before: Decimal | None
    margin_after: Decimal | None
    unit: str
    name: str
    category_id: int | None
    barcode: str
    tax_words: str
    problem: str = ""
    doubts: tuple[str, ...] = ()

    @property
    def is_in(self) -> bool:
        """Whether it becomes stock."""
        return self.mode in {Mode.PRODUCT, Mode.NEW} and self.packs > 0

    @property
    def is_open(self) -> bool:
        return self.mode == Mode.OPEN or bool(self.problem)

    @property
    def differs(self) -> bool:
        return self.packs != self.paper.packs

    @property
    def auto_tick(self) -> bool:
        """Whether its price would change if nobody said anything."""
        has_other = self.price_clp is not None and self.price_clp != self.old_price
        return self.mode == Mode.PRODUCT and has_other and not self.doubts

    @property
    def changes_price(self) -> bool:
        has_other = self.price_clp is not None and self.price_clp != self.old_price
        return self.mode == Mode.PRODUCT and self.is_ticked and has_other

    @property
    def stated_cost(self) -> Decimal:
        """Net pesos of one unit before additional taxes and freight."""
        billed = self.paper.packs * self.units
        return self.paper.net_clp / billed if billed else ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All lines, in the paper's order; `freight_clp` is what they share of freight."""

    paper: SupplierDte
    lines: tuple[SheetLine, ...]
    freight_clp: int
    extra_freight_clp: int = 0
    open_count: int = field(default=0)

    @property
    def coming_in(self) -> tuple[SheetLine, ...]:
        return tuple(line for line in self.lines if line.is_in)

    @property
    def price_changes(self) -> dict[int, int]:
        """Product → new price; of a product in two lines, the last one counts."""
        return {
            line.product.id: line.price_clp
            for line in self.coming_in
            if line.changes_price and line.price_clp is not None
        }

    @property
    def cost_tax_clp(self) -> int:
        return sum(tax.amount_clp for tax in self.paper.cost_taxes)


def build_sheet(
    paper: SupplierDte,
    answers: Mapping[int, Answer],
    *,
    supplier_id: int | None,
    on: date,
    extra_freight_clp: int = 0,
) -> Sheet:
    """Match, cost and price a paper with the answers given so far; `on` is the day of its rates."""
    matches = match_lines(supplier_id, paper.lines)
    asked = {line.position: answers.get(line.position, NO_ANSWER) for line in paper.lines}
    wanted = _product_ids(matches.values(), asked.values())
    products = get_products(wanted)
    costs = _known_costs(wanted)
    drafts = [
        _draft_line(line, asked[line.position], matches.get(line.position, _NONE), products, costs)
        for line in paper.lines
    ]
    freight = extra_freight_clp + sum(
        line.paper.net_clp for line in drafts if line.mode == Mode.FREIGHT
    )
    costed = _costed(drafts, freight)
    lines = _priced(costed, on)
    return Sheet(
        paper=paper,
        lines=tuple(_with_tax_words(line, paper, on) for line in lines),
        freight_clp=freight,
        extra_freight_clp=extra_freight_clp,
        open_count=sum(line.is_open for line in lines),
    )


_NONE: Final = Match(found=Found.NOTHING)


def _product_ids(matches: Collection[Match], answers: Collection[Answer]) -> set[int]:
    chosen = [one.product_id for one in answers] + [one.product_id for one in matches]
    others = [product_id for match in matches for product_id in match.others]
    return {product_id for product_id in (*chosen, *others) if product_id is not None}


def _known_costs(product_ids: Collection[int]) -> Mapping[int, Decimal]:
    """Return what units cost by now: the average of what is there, else the last purchase."""
    totals = get_stock_totals(list(product_ids))
    averages = {
        product_id: total.average
        for product_id, total in totals.items()
        if total.average is not None
    }
    return {**get_last_costs(set(product_ids) - averages.keys()), **averages}


def _draft_line(
    line: PaperLine,
    answer: Answer,
    match: Match,
    products: Mapping[int, Any],
    costs: Mapping[int, Decimal],
) -> SheetLine:
    mode = _mode(line, answer, match)
    product_id = answer.product_id or match.product_id
    product = None if product_id is None else products.get(product_id)
    if mode == Mode.PRODUCT and product is None:
        mode = Mode.OPEN
    old_cost = None if product is None or mode == Mode.NEW else costs.get(product.id)
    units, is_sure = _units(line, answer, match, product, old_cost)
    packs = line.packs if answer.packs is None else answer.packs
    others = (match.product_id, *match.others)
    return SheetLine(
        paper=line,
        answer=answer,
        mode=mode,
        match=match,
        product=product,
        candidates=tuple(
            products[one] for one in dict.fromkeys(others) if one is not None and one in products
        ),
        packs=packs,
        units=units,
        is_sure_of_units=is_sure,
        quantity=packs * units,
        value=ZERO,
        new_cost=None,
        old_cost=old_cost,
        old_price=None if product is None or mode == Mode.NEW else product.price_clp,
        price_clp=answer.price_clp,
        proposed_clp=None,
        is_ticked=bool(answer.is_ticked),
        margin_before=None,
        margin_after=None,
        unit=_unit(line, product, mode),
        name=answer.name or clean_name(line.name),
        category_id=answer.category_id or match.category_id,
        barcode=barcode_of(line) if answer.barcode is None else answer.barcode,
        tax_words="",
        problem=_problem(mode, line, packs, units) or _lacks(mode, answer, match),
    )


def _mode(line: PaperLine, answer: Answer, match: Match) -> Mode:
    if answer.mode is not None:
        return answer.mode
    if line.role == LineRole.FREIGHT:
        return Mode.FREIGHT
    if line.role != LineRole.GOODS:
        return Mode.IGNORE
    return Mode.PRODUCT if match.found.is_sure else Mode.OPEN


def _unit(line: PaperLine, product: Any, mode: Mode) -> str:  # noqa: ANN401  (a row of another room)
    if product is not None and mode != Mode.NEW:
        return str(product.unit)
    return "kg" if is_kilo(line.unit) else "un"


def _units(
    line: PaperLine,
    answer: Answer,
    match: Match,
    product: Any,  # noqa: ANN401  (a row of another room)
    known_cost: Decimal | None,
) -> tuple[Decimal, bool]:
    if answer.units is not None:
        return answer.units, True
    if match.units is not None and product is not None and product.id == match.product_id:
        return match.units, True
    pack_cost = (line.net_clp + line.tax_clp) / line.packs if line.packs else ZERO
    return choose_units(
        name=line.name,
        description=line.description,
        unit=line.unit,
        pack_cost=pack_cost,
        known_cost=known_cost,
    )


def _problem(mode: Mode, line: PaperLine, packs: Decimal, units: Decimal) -> str:
    if mode not in {Mode.PRODUCT, Mode.NEW}:
        return ""
    if packs < 0 or not packs.is_finite():
        return "La cantidad no puede ser menor que cero."
    if not units.is_finite() or not 0 < units <= _MOST_UNITS:
        return "Di cuántas unidades trae cada una."
    if max(packs, line.packs) * units > _MOST_QUANTITY:
        return "Esa cantidad es demasiado grande. Revisa cuántas unidades trae cada una."
    if packs % _THOUSANDTH or any((one * units) % _THOUSANDTH for one in (packs, line.packs)):
        return "La cantidad tiene más de tres decimales. Corrígela para poder recibirla."
    return ""


def _lacks(mode: Mode, answer: Answer, match: Match) -> str:
    if mode != Mode.NEW or answer.category_id or match.category_id:
        return ""
    return "Elige la categoría del producto nuevo."


def _costed(lines: Sequence[SheetLine], freight_clp: int) -> list[SheetLine]:
    """Cost the goods as billed; the share of what did not come is no stock but a nota to ask for.

    Each line bears its own additional taxes as the paper shares them: each has its own code.
    """
    goods = [
        line
        for line in lines
        if line.mode in {Mode.PRODUCT, Mode.NEW, Mode.OPEN}
        and not line.problem
        and line.paper.role != LineRole.DEPOSIT
    ]
    if not goods:
        return list(lines)
    paper = SupplierPaper(
        lines=tuple(
            SupplierLine(
                packs=line.paper.packs * line.units,
                amount_clp=line.paper.net_clp,
                tax_code=str(line.paper.position),
            )
            for line in goods
        ),
        additional_taxes_clp=tuple(
            (str(line.paper.position), line.paper.tax_clp) for line in goods if line.paper.net_clp
        ),
        freight_clp=freight_clp,
    )
    values = {
        line.paper.position: cost.value
        for line, cost in zip(goods, receipt_cost(paper), strict=True)
    }
    return [
        _with_cost(line, values[line.paper.position]) if line.paper.position in values else line
        for line in lines
    ]


def _with_cost(line: SheetLine, billed_value: Decimal) -> SheetLine:
    billed = line.paper.packs
    value = share(billed_value, line.packs, billed) if line.packs < billed else billed_value
    unit_cost = value / line.quantity if line.quantity else billed_value / (billed * line.units)
    return replace(line, value=value, new_cost=unit_cost)


def _priced(lines: Sequence[SheetLine], on: date) -> list[SheetLine]:
    """Propose prices by what all lines of a product cost together."""
    rules = get_price_rules()
    sums: dict[int, tuple[Decimal, Decimal]] = {}
    for line in lines:
        if line.mode == Mode.PRODUCT and line.new_cost is not None:
            value, quantity = sums.get(line.product.id, (ZERO, ZERO))
            sums[line.product.id] = (value + line.value, quantity + line.quantity)
    priced = []
    for line in lines:
        if line.new_cost is None:
            priced.append(line)
            continue
        cost = line.new_cost
        if line.mode == Mode.PRODUCT and sums[line.product.id][1]:
            value, quantity = sums[line.product.id]
            cost = value / quantity
        category_id = line.category_id if line.product is None else line.product.category_id
        rule = rules.get(category_id) or rules[None]
        one = _with_price(line, cost, rule, on)
        one = replace(one, doubts=_doubts(one, rule))
        said = one.answer.is_ticked
        priced.append(replace(one, is_ticked=one.auto_tick if said is None else said))
    return priced


def _with_price(line: SheetLine, cost: Decimal, rule: PriceRule, on: date) -> SheetLine:
    is_exempt = line.paper.is_exempt if line.product is None else line.product.is_exempt
    vat = vat_percent(on)
    proposal = propose_price(cost, rule, line.old_price, is_exempt=is_exempt, vat=vat)
    price = proposal.new_clp if line.answer.price_clp is None else line.answer.price_clp
    return replace(
        line,
        proposed_clp=proposal.new_clp,
        price_clp=price,
        margin_before=None
        if line.old_price is None
        else margin_percent(line.old_price, line.old_cost, is_exempt=is_exempt, on=on),
        margin_after=None
        if not price or cost <= 0
        else margin_percent(price, cost, is_exempt=is_exempt, on=on),
    )


def _doubts(line: SheetLine, rule: PriceRule) -> tuple[str, ...]:
    """Say what makes a new price one that a person should look at before it reaches the till."""
    old, new = line.old_price, line.price_clp
    if line.mode != Mode.PRODUCT or not old or not new or old == new:
        return ()
    found = [] if line.is_sure_of_units else ["unidades sin confirmar"]
    moved = move_percent(old, new)
    # Who types a price has seen it: only what nobody said is asked for.
    if line.answer.price_clp in {None, line.proposed_clp} and abs(moved) > rule.most_move_percent:
        found.append(f"{'sube' if moved > 0 else 'baja'} {percent(abs(moved))}")
    if line.margin_after is not None and line.margin_after < rule.floor_percent:
        found.append(f"bajo el mínimo de {percent(rule.floor_percent)}")
    return tuple(found)


def _with_tax_words(line: SheetLine, paper: SupplierDte, on: date) -> SheetLine:
    if not line.paper.tax_clp:
        return line
    names = [
        tax_words(tax.code, tax.percent, on)
        for tax in paper.cost_taxes
        if tax.code in line.paper.tax_codes or tax.code in paper.loose_taxes
    ]
    return replace(line, tax_words=" + ".join(names))
