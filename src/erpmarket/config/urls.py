"""Every URL of the application."""

from django.urls import include, path

from erpmarket.config.home import home, icon

urlpatterns = [
    path("", home, name="home"),
    path("favicon.ico", icon, name="icon"),
    path("", include("erpmarket.accounts.urls")),
    path("caja/", include("erpmarket.pos.urls")),
    path("productos/", include("erpmarket.catalog.urls")),
    path("productos/", include("erpmarket.inventory.urls")),
    path("compras/", include("erpmarket.purchasing.urls")),
    path("clientes/", include("erpmarket.customers.urls")),
    path("", include("erpmarket.fiscal.public_urls")),
    path("sii/", include("erpmarket.fiscal.urls")),
    path("avisos/", include("erpmarket.notifications.urls")),
]
