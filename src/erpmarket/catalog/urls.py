from django.urls import path

from erpmarket.catalog import (
    counter_views,
    label_views,
    list_views,
    offer_views,
    price_views,
    views,
)

app_name = "catalog"
urlpatterns = [
    path("nuevo/", views.new_product, name="new_product"),
    path("<int:product_id>/editar/", views.edit, name="edit_product"),
    path("<int:product_id>/etiqueta/", label_views.want, name="want_label"),
    path("precios/", price_views.changes, name="price_changes"),
    path("precios/<int:change_id>/deshacer/", price_views.undo, name="undo_price"),
    path("precios/planes/<int:plan_id>/cancelar/", price_views.cancel, name="cancel_plan"),
    path("ofertas/", offer_views.promotions, name="promotions"),
    path("ofertas/nueva/", offer_views.new_promotion, name="new_promotion"),
    path("ofertas/ejemplo/", offer_views.example, name="offer_example"),
    path("ofertas/limite/", offer_views.discount_limit, name="discount_limit"),
    path("ofertas/<int:promotion_id>/", offer_views.promotion, name="promotion"),
    path("ofertas/<int:promotion_id>/regir/", offer_views.switch, name="switch_promotion"),
    path("mostrador/", counter_views.counter, name="counter"),
    path("mostrador/<int:rule_id>/olvidar/", counter_views.drop, name="drop_scale_rule"),
    path("mostrador/alcohol/", counter_views.hours, name="alcohol_hours"),
    path("listas/", list_views.price_lists, name="price_lists"),
    path("listas/locales/", list_views.branch_list, name="branch_list"),
    path("listas/<int:list_id>/", list_views.price_list, name="price_list"),
    path("listas/<int:list_id>/cambiar/", list_views.change, name="change_price_list"),
    path("listas/<int:list_id>/fechas/", list_views.add_dated, name="add_dated_price"),
    path("listas/<int:list_id>/copiar/", list_views.copy, name="copy_prices"),
    path("listas/<int:list_id>/planilla/", list_views.bring, name="bring_prices"),
    path(
        "listas/<int:list_id>/precios/<int:row_id>/quitar/",
        list_views.drop,
        name="drop_listed_price",
    ),
    path("margenes/", price_views.margins, name="margins"),
    path("etiquetas/", label_views.labels, name="labels"),
    path("etiquetas/imprimir/", label_views.print_, name="print_labels"),
    path("etiquetas/hojas/<int:sheet_id>/", label_views.sheet, name="sheet"),
    path("etiquetas/hojas/<int:sheet_id>/devolver/", label_views.give_back, name="give_back"),
]
