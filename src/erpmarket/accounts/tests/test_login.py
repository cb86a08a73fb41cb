from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client

from erpmarket.accounts.actions import (
    SIGN_IN_TRIES,
    SIGN_IN_TRIES_OF_ADDRESS,
    SIGN_IN_WINDOW,
    SignInPaused,
    WrongSignIn,
    check_sign_in,
    create_user,
)
from erpmarket.accounts.models import SignInTry, User
from erpmarket.tenancy.access import COMPANY_KEY
from erpmarket.tenancy.actions import admit_member
from erpmarket.tenancy.models import Role
from erpmarket.tenancy.scope import company_scope

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)
WORDS = "El correo o la clave no calzan. Revísalos y prueba de nuevo."


def sign_in(client: Client, email: str, password: str, **query: str) -> Any:
    return client.post(
        "/entrar/", {"email": email, "password": password}, query_params=query or None
    )


def test_login_page_asks_for_mail_and_password(db: None) -> None:
    page = Client().get("/entrar/")

    assert page.status_code == 200
    assert 'name="email"' in page.text
    assert 'name="password"' in page.text


def test_login_enters_the_only_company(dona_rosa: Any) -> None:
    client = Client()

    answer = sign_in(client, dona_rosa.owner.email, dona_rosa.owner.password)

    assert (answer.status_code, answer.url) == (302, "/")
    assert client.session[COMPANY_KEY] == dona_rosa.company_id
    assert client.session[SESSION_KEY] == str(dona_rosa.owner.user_id)


def test_login_takes_the_mail_in_any_case(dona_rosa: Any) -> None:
    client = Client()

    sign_in(client, f"  {dona_rosa.owner.email.upper()} ", dona_rosa.owner.password)

    assert client.session[SESSION_KEY] == str(dona_rosa.owner.user_id)


def test_login_changes_the_key_of_the_session(dona_rosa: Any, el_vecino: Any) -> None:
    client = el_vecino.client(el_vecino.owner)
    before = client.session.session_key

    sign_in(client, dona_rosa.owner.email, dona_rosa.owner.password)

    assert client.session.session_key != before
    assert client.session[COMPANY_KEY] == dona_rosa.company_id


def test_login_goes_on_to_the_page_that_was_wanted(dona_rosa: Any) -> None:
    answer = sign_in(Client(), dona_rosa.owner.email, dona_rosa.owner.password, next="/sii/folios/")

    assert answer.url == "/sii/folios/"


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/", "javascript:x"])
def test_login_never_leads_to_another_site(dona_rosa: Any, wanted: str) -> None:
    answer = sign_in(Client(), dona_rosa.owner.email, dona_rosa.owner.password, next=wanted)

    assert answer.url == "/"


def test_login_says_the_same_for_a_wrong_password_and_an_unknown_mail(dona_rosa: Any) -> None:
    wrong = sign_in(Client(), dona_rosa.owner.email, "otra-clave-cualquiera")
    unknown = sign_in(Client(), "nadie@donarosa.example", "otra-clave-cualquiera")

    assert wrong.status_code == unknown.status_code == 422
    assert WORDS in wrong.text
    assert WORDS in unknown.text
    assert SESSION_KEY not in Client().session


def test_login_of_an_inactive_user_is_refused_in_the_same_words(dona_rosa: Any) -> None:
    User.objects.filter(id=dona_rosa.owner.user_id).update(is_active=False)

    answer = sign_in(Client(), dona_rosa.owner.email, dona_rosa.owner.password)

    assert answer.status_code == 422
    assert WORDS in answer.text


def test_login_without_a_company_says_whom_to_ask(db: None) -> None:
    create_user(email="suelta@example.com", password="una-clave-larga-de-prueba")
    client = Client()

    answer = sign_in(client, "suelta@example.com", "una-clave-larga-de-prueba")

    assert answer.status_code == 422
    assert "no está en ninguna empresa" in answer.text
    assert SESSION_KEY not in client.session


def test_login_with_an_empty_form_says_what_is_missing(db: None) -> None:
    answer = sign_in(Client(), "", "")

    assert answer.status_code == 422
    assert "Escribe tu correo." in answer.text
    assert "Escribe tu clave." in answer.text


def test_a_password_stays_out_of_error_reports(dona_rosa: Any) -> None:
    answer = sign_in(Client(), dona_rosa.owner.email, "no")

    assert answer.wsgi_request.sensitive_post_parameters == ("password",)


def test_login_never_shows_the_password_again(dona_rosa: Any) -> None:
    answer = sign_in(Client(), dona_rosa.owner.email, "clave-que-no-vuelve")

    assert "clave-que-no-vuelve" not in answer.text


def test_login_of_a_member_goes_home(dona_rosa: Any) -> None:
    answer = dona_rosa.client(dona_rosa.owner).get("/entrar/")

    assert (answer.status_code, answer.url) == (302, "/")


def test_login_asked_for_as_a_part_of_a_page_leaves_that_page(db: None) -> None:
    answer = Client().get("/entrar/", headers={"HX-Request": "true"})

    assert answer.headers["HX-Redirect"] == "/entrar/"


def test_login_of_two_companies_lets_the_person_choose(dona_rosa: Any, el_vecino: Any) -> None:
    with company_scope(el_vecino.company_id):
        admit_member(
            user_id=dona_rosa.owner.user_id, role=Role.ACCOUNTANT, display_name="Rosa Núñez"
        )
    client = Client()

    answer = sign_in(client, dona_rosa.owner.email, dona_rosa.owner.password)

    assert (answer.status_code, answer.url) == (302, "/empresas/")
    assert COMPANY_KEY not in client.session


def test_logout_forgets_the_person_and_needs_a_post(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.cashier)

    assert client.get("/salir/").status_code == 405
    answer = client.post("/salir/")

    assert (answer.status_code, answer.url) == (302, "/entrar/")
    assert client.get("/").url == "/entrar/"


def test_sixth_try_pauses_even_the_right_password(dona_rosa: Any) -> None:
    owner = dona_rosa.owner
    tries = [
        check_sign_in(email=owner.email, password="no", address="10.0.0.9", at=AT).refusal
        for _ in range(SIGN_IN_TRIES)
    ]

    right = check_sign_in(email=owner.email, password=owner.password, address="10.0.0.9", at=AT)

    assert all(isinstance(refusal, WrongSignIn) for refusal in tries)
    assert right.user is None
    assert isinstance(right.refusal, SignInPaused)


def test_pause_ends_with_its_window(dona_rosa: Any) -> None:
    owner = dona_rosa.owner
    for _ in range(SIGN_IN_TRIES + 1):
        check_sign_in(email=owner.email, password="no", address="10.0.0.9", at=AT)

    later = check_sign_in(
        email=owner.email, password=owner.password, address="10.0.0.9", at=AT + SIGN_IN_WINDOW
    )

    assert later.user is not None
    assert later.refusal is None


def test_pause_holds_for_one_mail_at_one_address(dona_rosa: Any) -> None:
    owner, cashier = dona_rosa.owner, dona_rosa.cashier
    for _ in range(SIGN_IN_TRIES + 1):
        check_sign_in(email=owner.email, password="no", address="10.0.0.9", at=AT)

    elsewhere = check_sign_in(email=owner.email, password=owner.password, address="10.0.0.8", at=AT)
    another = check_sign_in(
        email=cashier.email, password=cashier.password, address="10.0.0.9", at=AT
    )

    assert elsewhere.user is not None
    assert another.user is not None


def test_address_that_tries_many_mails_is_paused(dona_rosa: Any) -> None:
    for n in range(SIGN_IN_TRIES_OF_ADDRESS):
        check_sign_in(email=f"m{n}@example.com", password="no", address="10.0.0.9", at=AT)

    owner = dona_rosa.owner
    right = check_sign_in(email=owner.email, password=owner.password, address="10.0.0.9", at=AT)

    assert isinstance(right.refusal, SignInPaused)


def test_right_password_frees_the_mail_and_sweeps_old_windows(dona_rosa: Any) -> None:
    owner = dona_rosa.owner
    old = AT - SIGN_IN_WINDOW - timedelta(seconds=1)
    check_sign_in(email="otra@example.com", password="no", address="10.0.0.1", at=old)
    check_sign_in(email=owner.email, password="no", address="10.0.0.9", at=AT)

    check_sign_in(email=owner.email, password=owner.password, address="10.0.0.9", at=AT)

    assert list(SignInTry.objects.values_list("tries", flat=True)) == [2]


def test_tries_keep_neither_mail_nor_address(dona_rosa: Any) -> None:
    check_sign_in(email=dona_rosa.owner.email, password="no", address="10.0.0.9", at=AT)

    keys = b"".join(bytes(row.key) for row in SignInTry.objects.all())
    assert len(keys) == 64
    assert b"donarosa" not in keys


def test_pause_is_told_on_the_page(dona_rosa: Any) -> None:
    client = Client()
    for _ in range(SIGN_IN_TRIES):
        sign_in(client, dona_rosa.owner.email, "no")

    answer = sign_in(client, dona_rosa.owner.email, dona_rosa.owner.password)

    assert answer.status_code == 422
    assert "Espera diez minutos" in answer.text
