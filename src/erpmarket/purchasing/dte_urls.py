from django.urls import path

from erpmarket.purchasing import dte_views

urlpatterns = [
    path("", dte_views.dtes, name="dtes"),
    path("<int:received_id>/", dte_views.dte, name="dte"),
    path("<int:received_id>/responder/", dte_views.answer_dte, name="answer_dte"),
]
