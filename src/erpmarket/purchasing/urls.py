from django.urls import include, path

from erpmarket.purchasing import (
    order_views,
    payable_views,
    receipt_views,
    reorder_views,
    supplier_views,
)

app_name = "purchasing"
urlpatterns = [
    path("facturas/", include("erpmarket.purchasing.dte_urls")),
    path("", receipt_views.receipts, name="receipts"),
    path("recibir/", receipt_views.receive, name="receive"),
    path("<int:receipt_id>/", receipt_views.receipt, name="receipt"),
    path("<int:receipt_id>/costo/", receipt_views.costs, name="costs"),
    path("<int:receipt_id>/devolver/", receipt_views.give_back, name="give_back"),
    path("pedidos/", order_views.orders, name="orders"),
    path("pedidos/nuevo/", order_views.new_order, name="new_order"),
    path("pedidos/<int:order_id>/", order_views.order, name="order"),
    path("pedidos/<int:order_id>/editar/", order_views.edit, name="edit_order"),
    path("pedidos/<int:order_id>/pedido.pdf", order_views.paper, name="order_paper"),
    path("proveedores/", supplier_views.suppliers, name="suppliers"),
    path("proveedores/nuevo/", supplier_views.new_supplier, name="new_supplier"),
    path("proveedores/<int:supplier_id>/", supplier_views.supplier, name="supplier"),
    path("proveedores/<int:supplier_id>/proponer/", reorder_views.propose, name="propose"),
    path("proveedores/<int:supplier_id>/cuenta/", payable_views.account, name="account"),
    path("proveedores/<int:supplier_id>/pagar/", payable_views.pay, name="pay"),
    path("proveedores/<int:supplier_id>/nota/", payable_views.credit_note, name="credit_note"),
    path("por-pagar/", payable_views.payables, name="payables"),
    path("por-pagar/archivo.csv", payable_views.payables_csv, name="payables_csv"),
    path("por-pagar/archivo.xlsx", payable_views.payables_excel, name="payables_excel"),
    path("por-pagar/<int:entry_id>/usar/", payable_views.spend_credit, name="spend_credit"),
    path("por-pagar/<int:entry_id>/anular/", payable_views.undo, name="undo_payment"),
]
