"""What the API remembers between two requests."""

from django.db import models

from shop.accounts.models import ApiClient, ApiKey


class IdempotencyKey(models.Model):
    """A request that succeeded, and its answer byte for byte; written in the transaction of what it did.

    The body holds personal data: the worker deletes the row after seven days.
    """

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="+")
    path = models.CharField(max_length=200, help_text="Method and concrete path.")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    location = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "path", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return f"{self.path} {self.key}"


class RateWindow(models.Model):
    """How many requests of a kind a key was granted in a minute, by all processes together."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=5)
    minute = models.BigIntegerField(help_text="Minutes since 1970.")
    granted = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["api_key", "kind", "minute"], name="rate_window_once")]

    def __str__(self) -> str:
        return f"{self.granted} {self.kind}"
