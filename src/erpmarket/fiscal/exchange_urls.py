from django.urls import path

from erpmarket.fiscal import exchange_views

urlpatterns = [
    path("recibidas/", exchange_views.received, name="received"),
    path(
        "recibidas/<int:received_id>/", exchange_views.received_document, name="received_document"
    ),
    path("recibidas/<int:received_id>/xml/", exchange_views.received_xml, name="received_xml"),
    path("recibidas/<int:received_id>/responder/", exchange_views.answer, name="answer_received"),
    path("recibidas/<int:received_id>/credito/", exchange_views.mark, name="mark_credit"),
    path("documentos/<int:document_id>/intercambio/", exchange_views.exchange, name="exchange"),
]
