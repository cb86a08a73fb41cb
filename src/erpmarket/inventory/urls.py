from django.urls import include, path

from erpmarket.inventory import views

app_name = "inventory"
urlpatterns = [
    path("", include("erpmarket.inventory.place_urls")),
    path("", include("erpmarket.inventory.rules_urls")),
    path("stock/", include("erpmarket.inventory.stock_urls")),
    path("", include("erpmarket.inventory.count_urls")),
    path("", views.products, name="products"),
    path("importar/", include("erpmarket.inventory.import_urls")),
    path("<int:product_id>/", views.product, name="product"),
    path("<int:product_id>/precio/", views.price, name="price"),
]
