from django.urls import path

from erpmarket.customers import account_views, views

app_name = "customers"
urlpatterns = [
    path("", views.customers, name="customers"),
    path("nuevo/", views.new_customer, name="new_customer"),
    path("vales/", views.vales, name="vales"),
    path("<int:customer_id>/", account_views.account, name="account"),
    path("<int:customer_id>/editar/", views.edit, name="edit"),
    path("<int:customer_id>/abono/", account_views.pay, name="pay"),
    path("<int:customer_id>/prestamo/", account_views.lend, name="lend"),
    path("<int:customer_id>/correccion/", account_views.fix, name="fix"),
    path("<int:customer_id>/cuenta.pdf", account_views.paper, name="statement"),
    path("<int:customer_id>/rollo", account_views.roll, name="roll"),
]
