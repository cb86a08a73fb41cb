from django.urls import path

from erpmarket.notifications import views

app_name = "notifications"
urlpatterns = [
    path("", views.notices, name="notices"),
    path("campana/", views.bell, name="bell"),
    path("leidos/", views.read_all, name="read_all"),
    path("<int:notice_id>/", views.follow, name="follow"),
    path("correo/", views.mail, name="mail"),
]
