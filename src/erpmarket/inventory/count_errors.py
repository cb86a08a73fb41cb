"""Why something about a count is refused."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from erpmarket.common.errors import DomainError
from erpmarket.ui.formats import day_short, hour


class CountClosed(DomainError):
    """A count that was approved or thrown away takes nothing more."""

    code: ClassVar[str] = "count_closed"

    @property
    def message(self) -> str:
        return "Este conteo ya se cerró. Abre otro y cuenta ahí ese producto."


class CountNotReviewed(DomainError):
    """Only a count that people have ended can be approved."""

    code: ClassVar[str] = "count_not_reviewed"

    @property
    def message(self) -> str:
        return "Todavía se está contando. Termina el conteo y después apruébalo."


class NothingToCount(DomainError):
    """A count of no products."""

    code: ClassVar[str] = "nothing_to_count"

    @property
    def message(self) -> str:
        return "Ahí no hay productos que contar. Elige otra categoría, o cuenta lo que escanees."


class NothingCounted(DomainError):
    """A count without lines changes nothing."""

    code: ClassVar[str] = "nothing_counted"

    @property
    def message(self) -> str:
        return "No has contado nada todavía. Cuenta un producto, o descarta el conteo."


class NotWhole(DomainError):
    """Half a tin."""

    code: ClassVar[str] = "not_whole"

    @property
    def message(self) -> str:
        return "Este producto se cuenta por unidad. Escribe un número sin decimales."


class TooManyUnits(DomainError):
    """A code scanned into the field of the quantity."""

    code: ClassVar[str] = "too_many_units"

    @property
    def message(self) -> str:
        return "Son demasiadas unidades. Revisa que no sea un código: máximo 99.999."


class EntryConflict(DomainError):
    """One uid came with two contents."""

    code: ClassVar[str] = "entry_conflict"
    status: ClassVar[int] = 409

    @property
    def message(self) -> str:
        return "Ese conteo ya se había guardado con otra cantidad. Recarga la página y cuenta ahí."


class CountedInFuture(DomainError):
    """Goods are not counted tomorrow."""

    code: ClassVar[str] = "counted_in_future"

    @property
    def message(self) -> str:
        return "Esa hora todavía no llega. Escribe la hora en que contaste."


@dataclass(kw_only=True, eq=False)
class CountedBeforeOpening(DomainError):
    """A count begins when it is opened."""

    opened_at: datetime

    code: ClassVar[str] = "counted_before_opening"

    @property
    def message(self) -> str:
        opened = f"{day_short(self.opened_at)} a las {hour(self.opened_at)}"
        return f"El conteo empezó el {opened}. Escribe una hora posterior."


@dataclass(kw_only=True, eq=False)
class CountedBeforeLastCount(DomainError):
    """Nothing is dated into a count that was approved."""

    counted_at: datetime

    code: ClassVar[str] = "counted_before_last_count"

    @property
    def message(self) -> str:
        counted = f"{day_short(self.counted_at)} a las {hour(self.counted_at)}"
        return f"Ese producto ya se contó el {counted} y se aprobó. Cuéntalo de nuevo ahora."


class ReasonMissing(DomainError):
    """What was left out must say why it was."""

    code: ClassVar[str] = "reason_missing"

    @property
    def message(self) -> str:
        return "Elige un motivo de la lista. Si es otro, escríbelo en la nota."
