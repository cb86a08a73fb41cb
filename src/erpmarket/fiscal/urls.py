from django.urls import path

from erpmarket.fiscal import (
    archive_views,
    books_views,
    folio_views,
    paper_views,
    trade_views,
    views,
)

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
    path("documentos/<int:document_id>/corregir/<slug:deed>/", trade_views.correct, name="correct"),
    path("facturas/nueva/", trade_views.new_factura, name="new_factura"),
    path("guias/nueva/", trade_views.new_guia, name="new_guia"),
    path("comprador/", trade_views.buyer, name="buyer"),
    path("empresa/", trade_views.company, name="company"),
    path("folios/", folio_views.folios, name="folios"),
    path("folios/cuadre/", folio_views.account, name="folio_account"),
    path("folios/por-anular.csv", folio_views.annul_list, name="annul_list"),
    path("folios/anulados/<int:void_id>/", folio_views.confirm, name="confirm_void"),
    path("folios/cajas/<int:lease_id>/perdida/", folio_views.lose, name="lose_lease"),
    path("certificado/", views.certificate, name="certificate"),
    path("libro/", books_views.book, name="book"),
    path("respaldo/", archive_views.archive, name="archive"),
    path("respaldo.zip", archive_views.archive_zip, name="archive_zip"),
    path("libro.csv", books_views.book_csv, name="book_csv"),
    path("libro.xlsx", books_views.book_excel, name="book_excel"),
    path("estado/", views.chip, name="chip"),
]
