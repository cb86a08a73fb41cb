"""Papers of every kind at random, issued through the actions that the screens use."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.issue_document import issue_boleta
from erpmarket.fiscal.actions.issue_guia import issue_guia
from erpmarket.fiscal.actions.issue_nota import annul_document, correct_text, raise_amounts
from erpmarket.fiscal.draft_maps import PaperLine
from erpmarket.fiscal.tests.trade_factories import (
    factura_order,
    guia_order,
    make_factura,
    nota_order,
    trade_item,
)
from erpmarket.tenancy.models import Branch
from erpmarket.tenancy.scope import company_scope

_WEIGHTS = {39: 55, 41: 10, 33: 12, 34: 4, 52: 6, 61: 9, 56: 4}


@dataclass(slots=True, kw_only=True)
class Desk:
    """Who issues; remembers what may still be corrected. The same seed sells the same."""

    company_id: int
    branch_id: int
    rng: random.Random
    correctable: list[tuple[int, int]] = field(default_factory=list)
    issued: int = 0
    refused: int = 0

    def issue(self) -> None:
        """Issue one paper in a transaction of its own."""
        kind = self.rng.choices(list(_WEIGHTS), weights=list(_WEIGHTS.values()))[0]
        try:
            with company_scope(self.company_id):
                self._issue(kind)
        except DomainError:
            # A nota on what the SII has rejected meanwhile: the shop is told, nothing is written.
            self.refused += 1
            with company_scope(self.company_id):
                self._issue(39)
        self.issued += 1

    def _issue(self, kind: int) -> None:
        branch = Branch.objects.select_related("company").get(id=self.branch_id)
        at = datetime.now(UTC)
        price = self.rng.randint(100, 9_000)
        match kind:
            case 39 | 41:
                self._remember(kind, self._boleta(branch, price, at, is_exempt=kind == 41))
            case 33 | 34:
                line = trade_item(price=str(price), is_exempt=kind == 34)
                paper = make_factura(branch, factura_order(line, uid=self._uid()), at=at)
                self._remember(kind, int(paper.row.id))
            case 52:
                order = guia_order(uid=self._uid())
                issue_guia(order=order, branch=branch, issued_by=None, at=at)
            case 61:
                self._credit(branch, price, at)
            case _:
                self._debit(branch, price, at)

    def _boleta(self, branch: Branch, price: int, at: datetime, *, is_exempt: bool) -> int:
        line = PaperLine(
            code="A1",
            name="Café & té Ñuñoa 170 g",
            quantity=Decimal(self.rng.randint(1, 5)),
            unit="un",
            price_clp=price,
            discount_clp=0,
            is_exempt=is_exempt,
        )
        paper = issue_boleta(source_uid=self._uid(), branch=branch, lines=[line], at=at)
        return int(paper.row.id)

    def _credit(self, branch: Branch, price: int, at: datetime) -> None:
        target = self._take_target((39, 41, 33, 34))
        if target is None:
            self._boleta(branch, price, at, is_exempt=False)
        elif self.rng.random() < 0.7:
            annul_document(order=nota_order(target, uid=self._uid()), at=at)
        else:
            correct_text(
                order=nota_order(target, uid=self._uid()),
                wrong="Los Robles",
                right="Los Robles Ltda.",
                at=at,
            )

    def _debit(self, branch: Branch, price: int, at: datetime) -> None:
        target = self._take_target((33,))
        if target is None:
            self._boleta(branch, price, at, is_exempt=False)
        else:
            lines = [trade_item(name="Intereses", price=str(price), quantity="1")]
            raise_amounts(order=nota_order(target, uid=self._uid()), lines=lines, at=at)

    def _remember(self, kind: int, document_id: int) -> None:
        self.correctable.append((kind, document_id))

    def _take_target(self, kinds: tuple[int, ...]) -> int | None:
        found = [each for each in self.correctable[-200:] if each[0] in kinds]
        if not found:
            return None
        chosen = self.rng.choice(found)
        self.correctable.remove(chosen)
        return chosen[1]

    def _uid(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)
