"""What happened, for others to hear: the outbox."""

from django.db import models


class OutboxEvent(models.Model):
    """One event, written in the transaction of the change that it tells of: rolled back with it, or sent."""

    class Type(models.TextChoices):
        ORDER_CREATED = "order.created"
        ORDER_CANCELLED = "order.cancelled"
        SHIPMENT_CREATED = "shipment.created"
        BACKORDER_FILLED = "backorder.filled"
        STOCK_LOW = "stock.low"
        AVAILABILITY_CHANGED = "availability.changed"

    type = models.CharField(max_length=40, choices=Type)
    data = models.JSONField(help_text="Ids and numbers only: never a name, an address or an e-mail.")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        indexes = [models.Index(fields=["id"], name="outbox_waiting", condition=models.Q(sent_at=None))]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"
