from django.urls import path

from erpmarket.fiscal import views

app_name = "fiscal"
urlpatterns = [
    path("", views.documents, name="documents"),
    path("documentos/<int:document_id>/", views.document, name="document"),
    path("documentos/<int:document_id>/xml/", views.xml, name="xml"),
    path("documentos/<int:document_id>/pdf/", views.pdf, name="pdf"),
    path("folios/", views.folios, name="folios"),
    path("certificado/", views.certificate, name="certificate"),
    path("estado/", views.chip, name="chip"),
]
