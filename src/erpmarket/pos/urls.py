"""The till's addresses."""

from django.urls import path

from erpmarket.pos import device_pages, device_views, return_views, sold_views, till_places, views

app_name = "pos"
urlpatterns = [
    path("", views.choose_till, name="choose_till"),
    path("equipos/", device_pages.devices, name="devices"),
    path("equipos/codigo/<int:till_id>/", device_pages.code, name="device_code"),
    path("equipos/<int:device_id>/baja/", device_pages.revoke, name="device_revoke"),
    path("equipos/vistas/", device_pages.seen, name="flags_seen"),
    path("equipo/<int:company_id>/inscribir", device_views.enrol, name="device_enrol"),
    path("equipo/<int:company_id>/folios", device_views.folios, name="device_folios"),
    path("equipo/<int:company_id>/folios/devolver", device_views.give_back, name="give_back"),
    path("equipo/<int:company_id>/diario", device_views.journal, name="device_journal"),
    path("equipo/<int:company_id>/estado", device_views.state, name="device_state"),
    path("equipo/<int:company_id>/catalogo", device_views.catalogue, name="device_catalogue"),
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
