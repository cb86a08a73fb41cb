"""Addresses of warehouses, transfers, lots and minimums; part of the stock's own."""

from django.urls import path

from erpmarket.inventory import lot_views, low_stock_views, transfer_views

urlpatterns = [
    path("bodegas/", transfer_views.warehouses, name="warehouses"),
    path("bodegas/<int:warehouse_id>/", transfer_views.warehouse, name="warehouse"),
    path("traslados/", transfer_views.transfers, name="transfers"),
    path("traslados/nuevo/", transfer_views.new_transfer, name="new_transfer"),
    path("traslados/<int:transfer_id>/", transfer_views.transfer, name="transfer"),
    path("vencimientos/", lot_views.lots, name="lots"),
    path("vencimientos/rebaja/<int:lot_id>/", lot_views.markdown, name="markdown"),
    path("<int:product_id>/vencimiento/", lot_views.watch, name="watch_expiry"),
    path("minimos/", low_stock_views.low, name="low"),
    path("minimos/sugeridos/", low_stock_views.suggested, name="suggested"),
    path("<int:product_id>/minimo/", low_stock_views.minimum, name="minimum"),
]
