"""The instance's mail account, read from the environment."""

import pytest

from erpmarket.config import env


def test_mail_account_is_absent_without_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ERP_MAIL_HOST", raising=False)

    account = env.mail_account()

    assert (account.host, account.port, account.security) == ("", 587, "starttls")


def test_mail_account_needs_an_address_to_send_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERP_MAIL_HOST", "mail.example")

    with pytest.raises(env.BadEnvironment, match="ERP_MAIL_FROM"):
        env.mail_account()


def test_mail_account_does_not_show_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERP_MAIL_HOST", "mail.example")
    monkeypatch.setenv("ERP_MAIL_FROM", "avisos@mail.example")
    monkeypatch.setenv("ERP_MAIL_PASSWORD", "secreta")

    account = env.mail_account()

    assert account.password == "secreta"
    assert "secreta" not in repr(account)
