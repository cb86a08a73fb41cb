from django.urls import path

from erpmarket.inventory import views

app_name = "inventory"
urlpatterns = [
    path("", views.products, name="products"),
    path("<int:product_id>/", views.product, name="product"),
    path("<int:product_id>/precio/", views.price, name="price"),
]
