from datetime import UTC, date, datetime

import pytest

from dte.clock import chile_date, chile_time, read_local
from dte.codes import DocumentType


def test_every_type_has_the_name_the_paper_shows() -> None:
    assert DocumentType.BOLETA.title == "Boleta Electrónica"
    assert DocumentType.BOLETA_EXENTA.title == "Boleta No Afecta o Exenta Electrónica"
    assert all(kind.title.endswith("Electrónica") for kind in DocumentType)


def test_only_39_and_41_are_boletas() -> None:
    assert [kind for kind in DocumentType if kind.is_boleta] == [39, 41]


def test_legal_date_is_chiles() -> None:
    assert chile_date(datetime(2026, 11, 23, 2, 59, tzinfo=UTC)) == date(2026, 11, 22)
    assert chile_date(datetime(2026, 11, 23, 3, 0, tzinfo=UTC)) == date(2026, 11, 23)
    with pytest.raises(ValueError, match="zone"):
        chile_time(datetime(2026, 11, 23))  # noqa: DTZ001


def test_stamps_of_files_are_local_whatever_their_form() -> None:
    noon = datetime(2026, 11, 22, 12)  # noqa: DTZ001 - as written

    assert read_local("2026-11-22T12:00:00") == noon
    assert read_local(" 2026-11-22T15:00:00Z") == noon
    assert read_local("2026-11-22T10:00:00-05:00") == noon
    with pytest.raises(ValueError, match="isoformat"):
        read_local("ayer")
