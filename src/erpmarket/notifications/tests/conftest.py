"""Real mail servers on loopback: SMTP by aiosmtpd, IMAP by our own small one."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from erpmarket.notifications.tests.mail_server import Authority, PostOffice


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> "Authority":
    """A certificate for localhost that only who is told trusts."""
    from erpmarket.notifications.tests.mail_server import make_authority  # noqa: PLC0415

    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(authority: "Authority", settings: Any) -> Path:
    """Trust that certificate."""
    settings.MAIL_CA_FILE = str(authority.certificate)
    return authority.certificate


@pytest.fixture
def post_office(trusted: Path, authority: "Authority") -> "Iterator[PostOffice]":
    """An SMTP server with STARTTLS and the login `caja@donarosa.example` / `secreta`."""
    from erpmarket.notifications.tests.mail_server import PostOffice  # noqa: PLC0415

    with PostOffice(authority) as office:
        yield office
