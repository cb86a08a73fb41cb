from django.urls import path

from erpmarket.inventory import import_views

urlpatterns = [
    path("", import_views.imports, name="imports"),
    path("plantilla/", import_views.template, name="import_template"),
    path("exportar/", import_views.export_file, name="export"),
    path("<int:run_id>/", import_views.import_run, name="import"),
    path("<int:run_id>/columnas/", import_views.columns, name="import_columns"),
    path("<int:run_id>/cargar/", import_views.apply, name="import_apply"),
    path("<int:run_id>/deshacer/", import_views.undo, name="import_undo"),
    path("<int:run_id>/otra-vez/", import_views.again, name="import_again"),
    path("<int:run_id>/revisada/", import_views.marked_file, name="import_marked"),
]
