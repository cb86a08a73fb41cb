"""The embedded runner, as a process of its own: a trouble becomes a notice, the notice a mail."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connections

from erpmarket.common.clock import now
from erpmarket.notifications.actions.accounts import Login, keep_outgoing_account
from erpmarket.notifications.models import Mail, Notice
from erpmarket.notifications.tests.mail_server import PASSWORD, USER, PostOffice
from erpmarket.tenancy.scope import company_scope

MANAGE = Path(__file__).resolve().parents[4] / "manage.py"
LIMIT_SECONDS = 60


def wait_until(is_true: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not is_true():
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.2)


def test_owner_gets_the_mail_about_a_missing_certificate_once(
    fresh_database: str,
    found_cast: Callable[[], tuple[Any, Any]],
    post_office: PostOffice,
    trusted: Path,
    tmp_path: Path,
) -> None:
    shop, _ = found_cast()
    with company_scope(shop.company_id):
        keep_outgoing_account(
            login=Login(
                host="localhost",
                port=post_office.port,
                security="starttls",
                username=USER,
                password=PASSWORD,
            ),
            from_address=USER,
            from_name="",
            at=now(),
        )
    connections.close_all()
    log = tmp_path / "runner.log"
    environment = {**os.environ, "ERP_MAIL_CA_FILE": str(trusted), "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as out:
        runners = [
            subprocess.Popen(
                [sys.executable, str(MANAGE), "runner"], env=environment, stdout=out, stderr=out
            )
            for _ in range(2)
        ]
    try:
        wait_until(lambda: bool(post_office.received), log)
        time.sleep(2)
    finally:
        for runner in runners:
            runner.terminate()
        for runner in runners:
            runner.wait(timeout=30)

    # By day the daily mail may come along.
    subject = "Almacén Doña Rosa: Falta el certificado digital"
    (letter,) = [letter for letter in post_office.letters if letter["Subject"] == subject]
    assert letter["To"] == "rosa@donarosa.example"
    with company_scope(shop.company_id):
        assert Notice.objects.filter(kind="sii.certificate_missing").count() == 1
        assert set(Mail.objects.values_list("state", flat=True)) <= {"sent", "pending"}
