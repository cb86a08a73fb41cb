from django.urls import path

from erpmarket.purchasing import views

app_name = "purchasing"
urlpatterns = [
    path("", views.receipts, name="receipts"),
    path("<int:receipt_id>/", views.receipt, name="receipt"),
    path("proveedores/", views.suppliers, name="suppliers"),
]
