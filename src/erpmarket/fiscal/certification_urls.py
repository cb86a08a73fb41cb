from django.urls import path

from erpmarket.fiscal import certification_views

_PLACE = "certificacion/"
urlpatterns = [
    path(_PLACE, certification_views.certification, name="certification"),
    path(f"{_PLACE}empezar/", certification_views.start, name="start_certification"),
    path(f"{_PLACE}set/", certification_views.test_set, name="certification_set"),
    path(f"{_PLACE}folios/", certification_views.folios, name="certification_folios"),
    path(
        f"{_PLACE}folios-de-ensayo/",
        certification_views.rehearsal_folios,
        name="rehearsal_folios",
    ),
    path(f"{_PLACE}terminar/", certification_views.end, name="end_certification"),
    path(f"{_PLACE}paso/<slug:key>/", certification_views.step, name="certification_step"),
    path(
        f"{_PLACE}paso/<slug:key>/preparar/",
        certification_views.prepare,
        name="prepare_certification",
    ),
    path(
        f"{_PLACE}paso/<slug:key>/envio-de-practica/",
        certification_views.practice,
        name="certification_practice",
    ),
    path(
        f"{_PLACE}paso/<slug:key>/traslado/",
        certification_views.carriage,
        name="certification_carriage",
    ),
    path(f"{_PLACE}paso/<slug:key>/enviar/", certification_views.send, name="send_certification"),
    path(
        f"{_PLACE}paso/<slug:key>/respuesta/",
        certification_views.verdict,
        name="certification_verdict",
    ),
    path(f"{_PLACE}archivos/<int:file_id>/", certification_views.file, name="certification_file"),
    path(
        f"{_PLACE}muestras/<slug:part>/",
        certification_views.samples,
        name="certification_samples",
    ),
]
