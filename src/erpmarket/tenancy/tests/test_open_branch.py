"""A branch is on every boleta it sells: what it says must be what the SII takes."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from erpmarket.tenancy.actions import BadSiiCode, open_branch
from erpmarket.tenancy.models import Branch
from erpmarket.tenancy.scope import company_scope

WRONG = ["CDG-77", "7 7", "-7", "7.0", "0", "000", "٧", "1234567890", "7\n8"]


@pytest.mark.parametrize(("typed", "kept"), [("", ""), (" 81234567 ", "81234567"), ("007", "007")])
def test_a_code_of_digits_or_none_is_kept(dona_rosa: Any, typed: str, kept: str) -> None:
    with company_scope(dona_rosa.company_id):
        branch = open_branch(
            name="Otra", address="Uno 1", commune="Maipú", city="Santiago", sii_code=typed
        )

        assert Branch.objects.get(id=branch.id).sii_code == kept


@pytest.mark.parametrize("code", WRONG)
def test_a_code_the_sii_never_gave_is_refused_and_opens_nothing(dona_rosa: Any, code: str) -> None:
    with company_scope(dona_rosa.company_id):
        with pytest.raises(BadSiiCode) as refusal:
            open_branch(
                name="Otra", address="Uno 1", commune="Maipú", city="Santiago", sii_code=code
            )

        assert "1 a 9 dígitos" in refusal.value.message
        assert Branch.objects.count() == 1


@pytest.mark.parametrize("code", [code for code in WRONG if len(code) <= 9])
def test_the_database_keeps_such_a_code_out_as_well(dona_rosa: Any, code: str) -> None:
    with company_scope(dona_rosa.company_id):
        with pytest.raises(IntegrityError, match="tenancy_branch_sii_code"), transaction.atomic():
            Branch.objects.filter(id=dona_rosa.branch_id).update(sii_code=code)

        assert Branch.objects.get().sii_code != code
