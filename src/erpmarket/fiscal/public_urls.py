from django.urls import path

from erpmarket.fiscal import public

app_name = "public"
urlpatterns = [
    path("consulta/", public.lookup, name="lookup"),
    path("v/<slug:token>/", public.document, name="document"),
    path("v/<slug:token>/pdf/", public.pdf, name="pdf"),
    path("v/<slug:token>/xml/", public.xml, name="xml"),
]
