"""Addresses of the stock's rules; part of the stock's own."""

from django.urls import path

from erpmarket.inventory import rules_views

urlpatterns = [
    path("ajustes/", rules_views.rules, name="rules"),
    path("ajustes/metodo/", rules_views.method, name="method"),
]
