from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey


class UserManager(BaseUserManager[Any]):
    """Finds logins by mail."""


class User(AbstractBaseUser):
    """A login. Names and roles live in `tenancy.Membership`, inside the wall of a company."""

    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return self.email


class Pin(CompanyBoundModel):
    """A member's number at the till: it attributes sales; it does not protect data by itself."""

    membership = TenantForeignKey("tenancy.Membership")
    pin_hash = models.CharField(max_length=200)
    failed_count = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "membership"], name="accounts_pin_member"),
        ]

    def __str__(self) -> str:
        return f"PIN of membership {self.membership_id}"


class SignInTry(models.Model):
    """Tries to sign in from one place, counted in a window of time; no mail or address is kept."""

    key = models.BinaryField(max_length=32, unique=True)
    tries = models.PositiveIntegerField()
    window_ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.tries} tries until {self.window_ends_at:%Y-%m-%d %H:%M}"
