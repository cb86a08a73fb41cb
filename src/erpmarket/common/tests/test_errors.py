from dataclasses import dataclass

import pytest

from erpmarket.common.errors import DomainError


class NoShift(DomainError):
    code = "no_shift"
    message = "Abre un turno antes de vender."


@dataclass(kw_only=True, eq=False)
class TooDear(DomainError):
    limit_clp: int

    code = "too_dear"

    @property
    def message(self) -> str:
        return f"El máximo es {self.limit_clp}."


def test_refusal_without_fields_has_no_details() -> None:
    refused = NoShift()

    assert (str(refused), refused.code, dict(refused.details)) == (
        "Abre un turno antes de vender.",
        "no_shift",
        {},
    )


def test_refusal_carries_its_fields() -> None:
    with pytest.raises(TooDear, match="El máximo es 500") as refused:
        raise TooDear(limit_clp=500)

    assert refused.value.details == {"limit_clp": 500}


def test_refusal_without_words_says_which_class_forgot_them() -> None:
    with pytest.raises(NotImplementedError, match="DomainError"):
        str(DomainError())
