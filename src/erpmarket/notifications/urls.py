from django.urls import path

from erpmarket.notifications import views

app_name = "notifications"
urlpatterns = [
    path("", views.notices, name="notices"),
    path("campana/", views.bell, name="bell"),
    path("leidos/", views.read_all, name="read_all"),
    path("<int:notice_id>/", views.follow, name="follow"),
    path("correo/", views.mail, name="mail"),
    path("correo/entrada/", views.incoming, name="incoming"),
    path("correo/horas/", views.hours, name="hours"),
    path("correo/prueba/", views.try_mail, name="try_mail"),
    path("correo/quitar-salida/", views.drop_outgoing, name="drop_outgoing"),
    path("correo/quitar-entrada/", views.drop_incoming, name="drop_incoming"),
    path("correo/<int:mail_id>/estado/", views.mail_state, name="mail_state"),
    path("correo/<int:mail_id>/repetir/", views.repeat, name="repeat"),
]
