"""Every list of codes: a meaning for each, and no end for what nobody knows."""

from typing import Any

import pytest

from dte.sii import (
    AssignabilityCode,
    ClaimAction,
    ClaimCode,
    DocumentCode,
    DocumentErrorCode,
    DocumentState,
    EnvelopeState,
    MailCode,
    QueryError,
    SeedState,
    SignedQueryCode,
    TokenState,
    UploadStatus,
)

LISTS: list[Any] = [
    AssignabilityCode,
    ClaimAction,
    ClaimCode,
    DocumentCode,
    DocumentErrorCode,
    DocumentState,
    EnvelopeState,
    MailCode,
    QueryError,
    SeedState,
    SignedQueryCode,
    TokenState,
    UploadStatus,
]


@pytest.mark.parametrize("codes", LISTS)
def test_every_code_has_a_meaning_for_people(codes: Any) -> None:
    for code in codes:
        assert len(code.meaning) > 8
        assert code.meaning[0].isupper()
        assert not code.meaning.endswith(".")


@pytest.mark.parametrize("codes", LISTS)
@pytest.mark.parametrize("code", ["ZZZ", "9999", "", "?", "-999", "٣", "- 1"])
def test_a_code_that_is_not_listed_is_unknown_and_never_an_end(codes: Any, code: str) -> None:
    found = codes.read(code)

    assert found is codes.UNKNOWN
    assert not getattr(found, "is_final", False)
    assert not getattr(found, "is_refusal", False)


@pytest.mark.parametrize("codes", LISTS)
def test_every_code_is_read_back_as_itself(codes: Any) -> None:
    assert [codes.read(code.value) for code in codes] == list(codes)


@pytest.mark.parametrize(
    ("codes", "text", "name"),
    [
        (TokenState, "0", "OK"),
        (TokenState, "00", "OK"),
        (TokenState, " 8 ", "SEED_TIMED_OUT"),
        (TokenState, "07", "MESSAGE_ERROR"),
        (TokenState, "-7", "NOT_ENABLED"),
        (TokenState, "-07", "NOT_ENABLED"),
        (SeedState, "0", "OK"),
        (UploadStatus, "7 ", "INVALID_SCHEMA"),
        (ClaimCode, "-1", "INTERNAL_ERROR"),
        (ClaimAction, " ACD", "ACCEPT_CONTENT"),
    ],
)
def test_leading_zeros_and_blanks_do_not_matter(codes: Any, text: str, name: str) -> None:
    assert codes.read(text) is codes[name]


def test_the_token_codes_are_three_digits_and_no_other_number() -> None:
    """The book of query errors has 001 and -1: neither is 1."""
    assert QueryError.read("001") is QueryError.TOKEN_INACTIVE
    assert QueryError.read("1") is QueryError.UNKNOWN
    assert [code for code in QueryError if code.wants_new_token] == ["001", "002", "003"]
    assert [code for code in QueryError if code.is_final] == []
    assert [code for code in QueryError if code.needs_person] == ["-6"]


def test_finality_is_said_for_each_list() -> None:
    assert {state for state in TokenState if not state.is_final} == {"00", "08", "10", "12", "?"}
    assert {state for state in UploadStatus if state.is_final} == set("0123678")
    assert {code for code in ClaimCode if not code.is_final} == {"18", "-1", "?"}
    assert {code for code in AssignabilityCode if code.is_final} == {"20", "21", "24"}
    assert {code for code in AssignabilityCode if code.is_assignable} == {"23", "25"}
    assert {code for code in ClaimCode if code.is_registered} == {"0", "7"}
    assert {state for state in EnvelopeState if state.is_final} == {
        *("EPR", "RPR", "RLV", "RSC", "RFR", "RCT", "RPT", "RCH", "RCO", "VOF"),
        *("LOK", "LNC", "LRH"),
    }
    assert {code for code in DocumentCode if not code.is_final} == {"FAU", "FNA", "EMP", "?"}
    assert {code for code in DocumentCode if not code.is_received} == {
        *("DNK", "FAU", "FNA", "FAN", "EMP", "?"),
    }
    assert {code for code in SignedQueryCode if code.is_refusal} == {"5", "9"}
    assert {code for code in MailCode if code.is_refusal} == {"101", "102", "105", "106"}
