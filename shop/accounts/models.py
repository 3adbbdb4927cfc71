"""People, programs with keys, and the trail of what both changed."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person who signs in with an e-mail; without a password nobody can sign in as them."""
        user = self.model(email=self.normalize_email(email).casefold(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email=(email or "").casefold())


class User(AbstractBaseUser, PermissionsMixin):
    """A person of the shop's staff. The e-mail is the name, kept in lower case so that it is one name."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"

    def __str__(self) -> str:
        return self.name or self.email


class ApiClient(models.Model):
    """A program that talks to the store: a storefront, a till, an integration.

    Owns its orders, its idempotency keys and its `reference` numbers. It may hold several keys, so that one can be
    replaced without a gap.
    """

    name = models.CharField(max_length=120, unique=True)
    channel = models.CharField(max_length=20, default="storefront")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """One key of a client: `prefix.secret`. Only a hash of the secret is kept."""

    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, related_name="keys")
    prefix = models.CharField(max_length=24, unique=True)
    secret_hash = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    reads_per_minute = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: the store's. 0: no limit.")
    writes_per_minute = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: the store's. 0: no limit.")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.prefix


class AuditEntry(models.Model):
    """One change of one thing, old → new, written in the change's own transaction. Never edited, never deleted."""

    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=254)
    request_id = models.CharField(max_length=64)
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    changes = models.JSONField(help_text='{"field": [old, new]}')

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=["object_type", "object_id", "-id"])]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id}"
