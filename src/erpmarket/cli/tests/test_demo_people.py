from dte.rut import Rut
from erpmarket.cli.demo.catalogue import demo_products
from erpmarket.cli.demo.people import (
    DemoUser,
    demo_companies,
    demo_customers,
    demo_suppliers,
)


def _all_users() -> list[DemoUser]:
    return [user for company in demo_companies() for user in company.users]


def _all_ruts() -> list[str]:
    companies = demo_companies()
    customers = [c for company in companies for c in demo_customers(company.key)]
    return [
        *(company.rut for company in companies),
        *(company.signer_rut for company in companies),
        *(customer.rut for customer in customers),
        *(supplier.rut for supplier in demo_suppliers()),
    ]


def test_ruts_have_right_check_digits_in_the_form_of_the_sii() -> None:
    assert [str(Rut.parse(rut)) for rut in _all_ruts()] == _all_ruts()


def test_ruts_are_unique_and_from_numbers_nobody_was_given() -> None:
    numbers = [Rut.parse(rut).number for rut in _all_ruts()]

    assert len(set(numbers)) == len(numbers)
    assert {number // 1_000_000 for number in numbers} == {38, 68}


def test_each_shop_has_two_warehouses_two_tills_and_the_three_roles() -> None:
    assert [company.key for company in demo_companies()] == ["dona_rosa", "el_vecino"]
    for company in demo_companies():
        assert company.warehouse_names == ("Sala", "Bodega")
        assert company.till_names == ("Caja 1", "Caja 2")
        assert [user.role for user in company.users] == ["owner", "cashier", "stock_keeper"]


def test_three_customers_and_two_suppliers() -> None:
    assert len(demo_customers()) == 3
    assert len(demo_suppliers()) == 2
    assert all(customer.credit_limit_clp > 0 for customer in demo_customers())


def test_every_product_comes_from_one_of_the_suppliers() -> None:
    keys = {supplier.key for supplier in demo_suppliers()}

    for company in demo_companies():
        assert {product.supplier_key for product in demo_products(company.key)} == keys


def test_users_differ_in_email_pin_and_password() -> None:
    users = _all_users()

    assert len({user.email for user in users}) == 6
    assert len({user.pin for user in users}) == 6
    assert len({user.password for user in users}) == 6
    assert all(user.pin.isdigit() and len(user.pin) == 4 for user in users)
    assert all(len(user.password) >= 12 for user in users)


def test_nobody_can_be_called_or_written_to() -> None:
    phones = [c.phone for company in demo_companies() for c in demo_customers(company.key)]

    assert all(user.email.endswith(".example") for user in _all_users())
    assert all(phone.startswith("+56 9 0000 ") for phone in phones)
    assert len(set(phones)) == len(phones)


def test_texts_fit_the_fields_of_a_document() -> None:
    for company in demo_companies():
        assert len(company.name) <= 100
        assert len(company.business) <= 80
        assert len(company.address) <= 70
        assert max(len(company.commune), len(company.city)) <= 20
        f"{company.name}{company.shop_name}{company.business}".encode("latin-1")
