"""The till's addresses."""

from django.urls import path

from erpmarket.pos import return_views, sold_views, till_places, views

app_name = "pos"
urlpatterns = [
    path("", views.choose_till, name="choose_till"),
    path("<int:till_id>/", views.till, name="till"),
    path("<int:till_id>/catalogo", views.catalogue, name="catalogue"),
    path("<int:till_id>/ventas", views.sales, name="sales"),
    path("<int:till_id>/estado", views.state, name="state"),
    path("<int:till_id>/comprador", sold_views.buyer, name="buyer"),
    path("<int:till_id>/vendidas", sold_views.sold, name="sold"),
    path("<int:till_id>/vendidas/<uuid:sale_uid>", sold_views.sold_one, name="sold_one"),
    path("<int:till_id>/vendidas/<uuid:sale_uid>/copia", sold_views.copy, name="copy"),
    path("<int:till_id>/vendidas/<uuid:sale_uid>/correo", sold_views.mail, name="mail"),
    path("<int:till_id>/bodega/", till_places.till_warehouse, name="till_warehouse"),
    path("<int:till_id>/stock", till_places.stock, name="stock"),
    path("<int:till_id>/turno/", views.shift, name="shift"),
    path("<int:till_id>/voucher/", return_views.voucher, name="voucher"),
    path("ventas/<uuid:sale_uid>/devolver/", return_views.back, name="return"),
    path("ventas/<uuid:sale_uid>/factura/", return_views.invoice, name="invoice"),
]
