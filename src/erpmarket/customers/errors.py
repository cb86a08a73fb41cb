"""Refusals of the room of customers. Nothing is written when one of them is raised."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from erpmarket.common.errors import DomainError
from erpmarket.ui.formats import clp


@dataclass(kw_only=True, eq=False)
class BadCustomer(DomainError):
    """Something written of a customer is not possible."""

    field: str
    words: str

    code: ClassVar[str] = "bad_customer"

    @property
    def message(self) -> str:
        return self.words


@dataclass(kw_only=True, eq=False)
class RutKnown(DomainError):
    """Another customer has this RUT."""

    name: str

    code: ClassVar[str] = "rut_known"

    @property
    def message(self) -> str:
        return f"Ese RUT ya es de {self.name}. Búscalo en la lista."


class UnknownCustomer(DomainError):
    """No customer of this company has this number."""

    code = "unknown_customer"

    @property
    def message(self) -> str:
        return "Ese cliente no está en la lista. Búscalo de nuevo."


@dataclass(kw_only=True, eq=False)
class OverCreditLimit(DomainError):
    """They would owe more than the shop lets them."""

    name: str
    available_clp: int

    code: ClassVar[str] = "over_credit_limit"

    @property
    def message(self) -> str:
        return (
            f"A {self.name} le quedan {clp(self.available_clp)} de fiado."
            " Cobra el resto de otra forma o pide que lo autoricen."
        )

    @property
    def details(self) -> dict[str, object]:
        return {"available_clp": self.available_clp}


@dataclass(kw_only=True, eq=False)
class MoreThanOwed(DomainError):
    """They would pay more than they owe."""

    balance_clp: int

    code: ClassVar[str] = "more_than_owed"

    @property
    def message(self) -> str:
        if self.balance_clp <= 0:
            return "No debe nada. Revisa que sea el cliente correcto."
        return f"Debe {clp(self.balance_clp)}: escribe ese monto o menos."


class BadAmount(DomainError):
    """An amount of nothing, or beyond all measure."""

    code = "bad_credit_amount"

    @property
    def message(self) -> str:
        return "Escribe el monto en pesos, mayor que cero."


class ReasonMissing(DomainError):
    """A correction says why."""

    code = "credit_reason_missing"

    @property
    def message(self) -> str:
        return "Escribe por qué corriges la cuenta."


@dataclass(kw_only=True, eq=False)
class CreditUidTaken(DomainError):
    """The uid belongs to something else; nothing may be overwritten."""

    uid: UUID

    code: ClassVar[str] = "credit_uid_taken"
    status: ClassVar[int] = 409

    @property
    def message(self) -> str:
        return "Esta página ya guardó otra cosa. Ábrela de nuevo y repite lo que falta."


@dataclass(kw_only=True, eq=False)
class UnknownVale(DomainError):
    """No vale has this code."""

    shown: str

    code: ClassVar[str] = "unknown_vale"

    @property
    def message(self) -> str:
        return f"No hay un vale con el código {self.shown}. Revísalo en el papel."


@dataclass(kw_only=True, eq=False)
class ValeSpent(DomainError):
    """There is less on the vale than it should pay."""

    balance_clp: int

    code: ClassVar[str] = "vale_spent"

    @property
    def message(self) -> str:
        if not self.balance_clp:
            return "Ese vale ya se gastó. Cobra de otra forma."
        return f"En el vale quedan {clp(self.balance_clp)}. Cobra el resto de otra forma."

    @property
    def details(self) -> dict[str, object]:
        return {"balance_clp": self.balance_clp}
