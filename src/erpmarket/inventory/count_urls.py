"""The addresses of counts, waste and own use."""

from django.urls import path

from erpmarket.inventory import count_views, removal_views

urlpatterns = [
    path("conteos/", count_views.counts, name="counts"),
    path("conteos/nuevo/", count_views.new_count, name="new_count"),
    path("conteos/aviso/", count_views.count_notice, name="count_notice"),
    path("conteos/<int:count_id>/", count_views.count, name="count"),
    path("conteos/<int:count_id>/catalogo/", count_views.count_catalogue, name="count_catalogue"),
    path("conteos/<int:count_id>/anotar/", count_views.count_entry, name="count_entry"),
    path("conteos/<int:count_id>/ceros/", count_views.count_zero, name="count_zero"),
    path("conteos/<int:count_id>/terminar/", count_views.count_end, name="count_end"),
    path("conteos/<int:count_id>/seguir/", count_views.count_resume, name="count_resume"),
    path("conteos/<int:count_id>/revisar/", count_views.count_review, name="count_review"),
    path(
        "conteos/<int:count_id>/revisar/<int:product_id>/",
        count_views.count_line,
        name="count_line",
    ),
    path("conteos/<int:count_id>/aprobar/", count_views.count_approve, name="count_approve"),
    path("conteos/<int:count_id>/avance/", count_views.count_progress, name="count_progress"),
    path("conteos/<int:count_id>/descartar/", count_views.count_discard, name="count_discard"),
    path("conteos/<int:count_id>/hoja/", count_views.count_sheet, name="count_sheet"),
    path("mermas/", removal_views.removals, name="removals"),
    path("mermas/nueva/", removal_views.new_removal, name="new_removal"),
    path("mermas/<int:removal_id>/", removal_views.removal, name="removal"),
]
