from django.urls import path

from erpmarket.catalog import views

app_name = "catalog"
urlpatterns = [
    path("nuevo/", views.new_product, name="new_product"),
]
