"""Role → verbs, the one table."""

from erpmarket.tenancy.models import Role

SELL = "sell"
SEE_PRODUCTS = "see_products"
SEE_COSTS = "see_costs"
ADD_PRODUCTS = "add_products"
CHANGE_PRICES = "change_prices"
SEE_DOCUMENTS = "see_documents"
SEE_PURCHASES = "see_purchases"
SEE_CUSTOMERS = "see_customers"
# Who may be lent to, and up to what: it is the shop's money.
EDIT_CUSTOMERS = "edit_customers"
LOAD_FOLIOS = "load_folios"
STORE_CERTIFICATE = "store_certificate"
SEE_NOTICES = "see_notices"
CHANGE_MAIL = "change_mail"
SET_PAPERS = "set_papers"
ISSUE_PAPERS = "issue_papers"
SEE_BOOKS = "see_books"
SET_STOCK_RULES = "set_stock_rules"
EDIT_SUPPLIERS = "edit_suppliers"
ORDER_GOODS = "order_goods"
RECEIVE_GOODS = "receive_goods"
CORRECT_COSTS = "correct_costs"
SEE_PAYABLES = "see_payables"
PAY_SUPPLIERS = "pay_suppliers"
COUNT_STOCK = "count_stock"
APPROVE_COUNTS = "approve_counts"
WRITE_OFF_STOCK = "write_off_stock"
MOVE_STOCK = "move_stock"
WATCH_STOCK = "watch_stock"
SET_WAREHOUSES = "set_warehouses"
# Files in and out: all that can be loaded at once, costs included.
IMPORT_FILES = "import_files"

# What somebody may do at a till, told to its device.
TILL_VERBS = (SELL, CHANGE_PRICES, ISSUE_PAPERS)

_EVERYTHING = frozenset(
    {
        SET_STOCK_RULES,
        IMPORT_FILES,
        SELL,
        SEE_PRODUCTS,
        SEE_COSTS,
        ADD_PRODUCTS,
        CHANGE_PRICES,
        SEE_DOCUMENTS,
        SEE_PURCHASES,
        SEE_CUSTOMERS,
        EDIT_CUSTOMERS,
        LOAD_FOLIOS,
        STORE_CERTIFICATE,
        SET_PAPERS,
        ISSUE_PAPERS,
        SEE_BOOKS,
        COUNT_STOCK,
        APPROVE_COUNTS,
        WRITE_OFF_STOCK,
        MOVE_STOCK,
        WATCH_STOCK,
        SET_WAREHOUSES,
        SEE_NOTICES,
        CHANGE_MAIL,
        EDIT_SUPPLIERS,
        ORDER_GOODS,
        RECEIVE_GOODS,
        CORRECT_COSTS,
        SEE_PAYABLES,
        PAY_SUPPLIERS,
    }
)
_VERBS = {
    Role.OWNER: _EVERYTHING,
    Role.CASHIER: frozenset({SELL, SEE_PRODUCTS, SEE_DOCUMENTS, SEE_CUSTOMERS, SEE_NOTICES}),
    Role.STOCK_KEEPER: frozenset(
        {
            SEE_PRODUCTS,
            SEE_COSTS,
            ADD_PRODUCTS,
            SEE_PURCHASES,
            EDIT_SUPPLIERS,
            ORDER_GOODS,
            RECEIVE_GOODS,
            SEE_NOTICES,
            COUNT_STOCK,
            WRITE_OFF_STOCK,
            MOVE_STOCK,
            WATCH_STOCK,
        }
    ),
    Role.ACCOUNTANT: frozenset(
        {
            SEE_DOCUMENTS,
            SEE_PURCHASES,
            SEE_PAYABLES,
            LOAD_FOLIOS,
            SEE_NOTICES,
            ISSUE_PAPERS,
            SEE_BOOKS,
        }
    ),
}


def verbs_of(role: str) -> frozenset[str]:
    """Return what a role may do; an unknown role may do nothing."""
    return _VERBS.get(Role(role), frozenset()) if role in Role.values else frozenset()
