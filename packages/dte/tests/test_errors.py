import pickle
from datetime import UTC, datetime

import pytest

from dte.caf import CafUnknownAuthority
from dte.certificate import CertificateExpired, WrongPassword
from dte.errors import DteError, SchemaRefused, TextRefused


@pytest.mark.parametrize(
    "error",
    [
        DteError("una_causa", "Qué hacer."),
        TextRefused(field="NmbItem", character="\u2603"),
        SchemaRefused(("línea 1: falta algo",)),
        CafUnknownAuthority(100),
        CertificateExpired(datetime(2026, 11, 22, tzinfo=UTC)),
        WrongPassword(),
    ],
)
def test_errors_come_back_whole_from_another_process(error: DteError) -> None:
    # A pool of processes breaks down when it cannot unpickle what a worker raised.
    restored = pickle.loads(pickle.dumps(error))

    assert type(restored) is type(error)
    assert str(restored) == str(error)
    assert vars(restored) == vars(error)
