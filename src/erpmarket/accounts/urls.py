from django.urls import path

from erpmarket.accounts import views

app_name = "accounts"
urlpatterns = [
    path("entrar/", views.login, name="login"),
    path("salir/", views.logout, name="logout"),
    path("empresas/", views.companies, name="companies"),
    path("empresas/entrar/", views.switch, name="switch"),
]
