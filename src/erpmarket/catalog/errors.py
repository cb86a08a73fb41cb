"""What the catalogue refuses, and what to do then."""

from dataclasses import dataclass
from typing import ClassVar

from erpmarket.common.errors import DomainError

PRICE_LIMIT_CLP = 10_000_000


@dataclass(kw_only=True, eq=False)
class WrongCheckDigit(DomainError):
    """The last digit of a GS1 code does not fit."""

    barcode: str

    code: ClassVar[str] = "wrong_check_digit"

    @property
    def message(self) -> str:
        return f"El código {self.barcode} está mal copiado: revisa el último dígito."


@dataclass(kw_only=True, eq=False)
class BarcodeTaken(DomainError):
    """Another product of the shop has the code."""

    barcode: str
    product_name: str

    code: ClassVar[str] = "barcode_taken"

    @property
    def message(self) -> str:
        return f"El código {self.barcode} ya es de {self.product_name}. Usa otro o quítalo de allí."


@dataclass(kw_only=True, eq=False)
class CodeTaken(DomainError):
    """Another product has the internal code or the PLU."""

    product_code: str

    code: ClassVar[str] = "code_taken"

    @property
    def message(self) -> str:
        return f"Ya hay un producto con el código interno o PLU {self.product_code}. Elige otro."


@dataclass(kw_only=True, eq=False)
class BadPrice(DomainError):
    """A price must be a whole, positive number of pesos below the limit."""

    price_clp: int

    code: ClassVar[str] = "bad_price"

    @property
    def message(self) -> str:
        return "Escribe un precio en pesos, mayor que $0 y menor que $10.000.000."


@dataclass(kw_only=True, eq=False)
class NameTaken(DomainError):
    """Another category has the name."""

    name: str

    code: ClassVar[str] = "category_taken"

    @property
    def message(self) -> str:
        return f"Ya hay una categoría {self.name}. Elige otro nombre."


@dataclass(kw_only=True, eq=False)
class PriceMovedOn(DomainError):
    """The price changed again, or the change was undone before: nothing to go back to."""

    product_name: str

    code: ClassVar[str] = "price_moved_on"

    @property
    def message(self) -> str:
        return f"El precio de {self.product_name} cambió de nuevo. Cámbialo desde su página."


@dataclass(kw_only=True, eq=False)
class PlanEnded(DomainError):
    """The planned price was applied or called off meanwhile."""

    code: ClassVar[str] = "plan_ended"

    @property
    def message(self) -> str:
        return "Ese precio ya rige o ya se canceló. Mira los últimos cambios más abajo."


@dataclass(kw_only=True, eq=False)
class NothingToPrint(DomainError):
    """Labels were asked for, and none of them waits any more."""

    code: ClassVar[str] = "nothing_to_print"

    @property
    def message(self) -> str:
        return "Esas etiquetas ya se imprimieron. Si faltan, están en Hojas recientes."


@dataclass(kw_only=True, eq=False)
class TooManyLabels(DomainError):
    """More labels than one print takes."""

    limit: int

    code: ClassVar[str] = "too_many_labels"

    @property
    def message(self) -> str:
        return f"Se imprimen hasta {self.limit} etiquetas de una vez. Elige menos."


@dataclass(kw_only=True, eq=False)
class BadOffer(DomainError):
    """An offer that no till could apply; `field` is what to mend."""

    field: str
    words: str

    code: ClassVar[str] = "bad_offer"

    @property
    def message(self) -> str:
        return self.words
