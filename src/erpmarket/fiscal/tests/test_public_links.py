import pytest
from hypothesis import given
from hypothesis import strategies as st

from erpmarket.fiscal.public_links import TOKEN_SIGNS, Linked, make_token, read_token

_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(
    company_id=st.integers(min_value=1, max_value=2**32 - 1),
    document_id=st.integers(min_value=1, max_value=2**56 - 1),
)
def test_a_token_leads_back_to_its_document(company_id: int, document_id: int) -> None:
    token = make_token(company_id=company_id, document_id=document_id)

    assert len(token) == TOKEN_SIGNS
    assert read_token(token) == Linked(company_id=company_id, document_id=document_id)
    assert make_token(company_id=company_id, document_id=document_id) == token


def test_no_single_changed_bit_opens_another_document() -> None:
    token = make_token(company_id=7, document_id=184523)

    for place, sign in enumerate(token):
        value = _SIGNS.index(sign)
        for bit in range(6):
            changed = token[:place] + _SIGNS[value ^ (1 << bit)] + token[place + 1 :]
            assert read_token(changed) is None


def test_neighbouring_documents_have_nothing_in_common() -> None:
    """Who has two boletas must not learn how many were sold between them."""
    first = make_token(company_id=7, document_id=1000)
    second = make_token(company_id=7, document_id=1001)

    assert sum(one == other for one, other in zip(first, second, strict=True)) < 8


@pytest.mark.parametrize(
    "token",
    ["", "A" * 36, "A" * 35, "A" * 37, "Á" * 36, "+" * 36, "=" * 36, "A" * 35 + "=", " " * 36],
)
def test_what_is_no_token_opens_nothing(token: str) -> None:
    assert read_token(token) is None


def test_another_master_key_makes_other_tokens(settings: object) -> None:
    token = make_token(company_id=7, document_id=1000)

    settings.MASTER_KEY = "YW5vdGhlci1tYXN0ZXIta2V5LW9mLTMyLWJ5dGVzISE="  # type: ignore[attr-defined]

    assert read_token(token) is None
    assert make_token(company_id=7, document_id=1000) != token
