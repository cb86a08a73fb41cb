"""Addresses of what is in the shop and what it is worth; part of the stock's own."""

from django.urls import path

from erpmarket.inventory import stock_views

urlpatterns = [
    path("", stock_views.stock, name="stock"),
    path("valor/", stock_views.value, name="stock_value"),
    path("valor/archivo/", stock_views.value_file, name="stock_value_file"),
]
