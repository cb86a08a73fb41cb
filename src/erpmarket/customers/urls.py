from django.urls import path

from erpmarket.customers import views

app_name = "customers"
urlpatterns = [
    path("", views.customers, name="customers"),
]
