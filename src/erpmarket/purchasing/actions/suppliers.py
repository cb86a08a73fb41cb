"""Write down suppliers and their terms."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from erpmarket.purchasing.errors import SupplierKnown
from erpmarket.purchasing.models import Supplier, SupplierEdit


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierFacts:
    """All that can be edited of a supplier; the RUT is who they are and stays."""

    name: str
    business: str
    address: str = ""
    commune: str = ""
    contact: str = ""
    email: str = ""
    phone: str = ""
    lead_days: int = 0
    payment_days: int | None = None
    minimum_order_clp: int = 0
    note: str = ""
    is_active: bool = True


# Field → how the history calls it.
EDITED_FIELDS: Final[Mapping[str, str]] = {
    "name": "Nombre",
    "business": "Giro",
    "address": "Dirección",
    "commune": "Comuna",
    "contact": "Contacto",
    "email": "Correo",
    "phone": "Teléfono",
    "lead_days": "Días que demora",
    "payment_days": "Días para pagar",
    "minimum_order_clp": "Pedido mínimo",
    "note": "Nota",
    "is_active": "Le compras",
}


def register_supplier(*, rut: str, name: str, business: str, **terms: object) -> Supplier:
    """Add a supplier; `terms` are further fields of SupplierFacts. Raises SupplierKnown."""
    try:
        with transaction.atomic():
            supplier: Supplier = Supplier.objects.create(
                rut=rut, name=name, business=business, **terms
            )
    except IntegrityError as error:
        known = Supplier.objects.filter(rut=rut).first()
        if known is None:
            raise
        raise SupplierKnown(name=known.name) from error
    return supplier


@transaction.atomic
def edit_supplier(
    *, supplier_id: int, facts: SupplierFacts, at: datetime, by_id: int | None = None
) -> Supplier:
    """Change a supplier; what differs goes into its history. Raises Supplier.DoesNotExist."""
    supplier: Supplier = Supplier.objects.select_for_update(of=("self",)).get(id=supplier_id)
    wanted = asdict(facts)
    changes = {
        field: [getattr(supplier, field), wanted[field]]
        for field in EDITED_FIELDS
        if getattr(supplier, field) != wanted[field]
    }
    if not changes:
        return supplier
    for field, (_, value) in changes.items():
        setattr(supplier, field, value)
    supplier.save()
    SupplierEdit.objects.create(supplier=supplier, made_by_id=by_id, made_at=at, changes=changes)
    return supplier
