"""Orders: what customers were promised, and what became of it."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from catalog.models import Variant
from shop.accounts.models import ApiClient, User

FIRST_NUMBER = 1001


class Order(models.Model):
    """What one customer ordered. Its statuses are derived from the quantities of its lines, never stored."""

    class Channel(models.TextChoices):
        STOREFRONT = "storefront", "Storefront"
        BACK_OFFICE = "back_office", "Back office"
        POS = "pos", "Point of sale"

    channel = models.CharField(max_length=20, choices=Channel)
    client = models.ForeignKey(ApiClient, null=True, on_delete=models.PROTECT, related_name="orders")
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="orders")
    reference = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001  (several may have none)
    currency = models.CharField(max_length=3)
    customer_name = models.CharField(max_length=255, blank=True)
    customer_email = models.CharField(max_length=254, blank=True)
    customer_phone = models.CharField(max_length=60, blank=True)
    address_line1 = models.CharField(max_length=255, blank=True)
    address_line2 = models.CharField(max_length=255, blank=True)
    address_postal_code = models.CharField(max_length=60, blank=True)
    address_city = models.CharField(max_length=255, blank=True)
    address_region = models.CharField(max_length=255, blank=True)
    address_country = models.CharField(max_length=2, blank=True)
    placed_at = models.DateTimeField(default=timezone.now, db_index=True)
    updated_at = models.DateTimeField(default=timezone.now, db_index=True)
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["client", "reference"], condition=Q(reference__isnull=False), name="reference_once_per_client"
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number that people use. It follows from the id, so no refused order ever draws one."""
        return number_of(self.pk)


def number_of(order_id: int) -> str:
    """The human number of the order with this id."""
    return str(order_id + FIRST_NUMBER - 1)


class OrderLine(models.Model):
    """Units of one variant that an order promised: `quantity` = open + shipped.

    Title, SKU, price, split and delivery promise are frozen as the customer saw them. Lines are inserted while the
    stock is locked, so the ids of a variant's lines follow the order of their placement: the queue depends on it.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="order_lines")
    line_ref = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=520)
    sku = models.CharField(max_length=120, blank=True)
    unit_price = models.DecimalField(max_digits=14, decimal_places=4)
    ordered = models.PositiveIntegerField(help_text="Units asked for at placement.")
    open = models.PositiveIntegerField(help_text="Units still to be shipped, covered by stock or waiting.")
    shipped = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)
    returned = models.PositiveIntegerField(default=0)
    backordered_at_placement = models.PositiveIntegerField(default=0)
    deliveries = models.JSONField(help_text="What the customer was told would come, and when.")
    promised_until = models.DateField(null=True, help_text="The last day promised for the backordered part.")
    placed_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        indexes = [models.Index(fields=["variant", "id"], name="queue_of_a_variant", condition=Q(open__gt=0))]
        constraints = [
            models.CheckConstraint(
                name="line_units_add_up", condition=Q(ordered=F("open") + F("shipped") + F("cancelled"))
            ),
            models.CheckConstraint(name="line_returns_what_was_shipped", condition=Q(returned__lte=F("shipped"))),
        ]

    def __str__(self) -> str:
        return f"{self.title} of order {self.order_id}"

    @property
    def quantity(self) -> int:
        """What the customer is still to get, or got."""
        return self.open + self.shipped


class Shipment(models.Model):
    """Units of an order that left the house together, or were picked up at the counter."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="shipments")
    method = models.CharField(max_length=60, blank=True)
    tracking = models.CharField(max_length=255, blank=True)
    shipped_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"shipment {self.pk}"


class ShipmentLine(models.Model):
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="shipments")
    quantity = models.PositiveIntegerField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.line_id}"


class Return(models.Model):
    """Units that a customer sent back."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="returns")
    returned_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"return {self.pk}"


class ReturnLine(models.Model):
    parent = models.ForeignKey(Return, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="returns")
    quantity = models.PositiveIntegerField()
    restock = models.BooleanField(help_text="Put back on the shelf; otherwise only counted on the line.")

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.line_id}"
