from django.urls import path

from erpmarket.fiscal import paper_views, trade_views, views

app_name = "fiscal"
urlpatterns = [
    path("", views.documents, name="documents"),
    path("documentos/<int:document_id>/", views.document, name="document"),
    path("documentos/<int:document_id>/xml/", views.xml, name="xml"),
    path("documentos/<int:document_id>/pdf/", paper_views.pdf, name="pdf"),
    path("documentos/<int:document_id>/copia/", paper_views.reprint_copy, name="reprint"),
    path("documentos/<int:document_id>/correo/", paper_views.mail, name="mail_document"),
    path("papeles/", paper_views.bundle, name="bundle"),
    path("papeles/<int:job_id>/", paper_views.paper, name="paper"),
    path("papeles/ajustes/", paper_views.paper_settings, name="paper_settings"),
    path(
        "documentos/<int:document_id>/corregir/<slug:deed>/", trade_views.correct, name="correct"
    ),
    path("facturas/nueva/", trade_views.new_factura, name="new_factura"),
    path("guias/nueva/", trade_views.new_guia, name="new_guia"),
    path("comprador/", trade_views.buyer, name="buyer"),
    path("empresa/", trade_views.company, name="company"),
    path("folios/", views.folios, name="folios"),
    path("certificado/", views.certificate, name="certificate"),
    path("estado/", views.chip, name="chip"),
]
