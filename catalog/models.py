"""What we sell: products, their variants, their texts, and the lists that merchants keep beside them."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from shop.store.models import Language


class Named(models.Model):
    """A list entry that is its name."""

    name = models.CharField(max_length=120, unique=True)

    class Meta:
        abstract = True
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Brand(Named):
    pass


class Supplier(Named):
    pass


class Tag(Named):
    pass


class Category(models.Model):
    """A node of the category tree. Its title in the store's default language names it among its siblings."""

    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    title = models.CharField(max_length=255)

    class Meta:
        ordering = ("title",)
        constraints = [
            models.UniqueConstraint(fields=["parent", "title"], name="category_title_once_per_parent"),
            models.UniqueConstraint(fields=["title"], condition=Q(parent=None), name="category_title_once_at_the_top"),
        ]

    def __str__(self) -> str:
        return self.title


class CategoryText(models.Model):
    """A category's title in one language."""

    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="texts")
    language = models.ForeignKey(Language, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["category", "language"], name="category_text_once_per_language")]

    def __str__(self) -> str:
        return self.title


class DeliveryTimeframe(models.Model):
    """A named pair of messages, in stock and out of stock, each with optional minimum and maximum days.

    The messages here are in the store's default language; `DeliveryTimeframeText` holds them in the others.
    """

    name = models.CharField(max_length=120, unique=True)
    in_stock_message = models.CharField(max_length=255, blank=True)
    in_stock_min_days = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(999)])
    in_stock_max_days = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(999)])
    out_of_stock_message = models.CharField(max_length=255, blank=True)
    out_of_stock_min_days = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(999)])
    out_of_stock_max_days = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(999)])

    class Meta:
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                name="timeframe_days_in_order",
                condition=(
                    (Q(in_stock_max_days=None) | Q(in_stock_max_days__gte=models.F("in_stock_min_days")))
                    & (Q(out_of_stock_max_days=None) | Q(out_of_stock_max_days__gte=models.F("out_of_stock_min_days")))
                ),
            )
        ]

    def __str__(self) -> str:
        return self.name


class DeliveryTimeframeText(models.Model):
    """A delivery timeframe's messages in a further language."""

    timeframe = models.ForeignKey(DeliveryTimeframe, on_delete=models.CASCADE, related_name="texts")
    language = models.ForeignKey(Language, on_delete=models.PROTECT, related_name="+")
    in_stock_message = models.CharField(max_length=255, blank=True)
    out_of_stock_message = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["timeframe", "language"], name="timeframe_text_once_per_language")
        ]

    def __str__(self) -> str:
        return self.in_stock_message


class Product(models.Model):
    """What is sold. Never deleted: a product that is no longer sold is archived.

    `title` is the text in the store's default language and `search` the case-folded words to find it by; both are
    kept by `catalog.products` together with the texts they come from.
    """

    class Visibility(models.TextChoices):
        VISIBLE = "visible", "Visible"
        HIDDEN = "hidden", "Hidden"
        VISIBLE_WHEN_IN_STOCK = "visible_when_in_stock", "Visible when in stock"

    title = models.CharField(max_length=255)
    search = models.TextField(blank=True)
    visibility = models.CharField(max_length=24, choices=Visibility, default=Visibility.VISIBLE)
    brand = models.ForeignKey(Brand, null=True, blank=True, on_delete=models.PROTECT)
    supplier = models.ForeignKey(Supplier, null=True, blank=True, on_delete=models.PROTECT)
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="products")
    delivery_timeframe = models.ForeignKey(DeliveryTimeframe, null=True, blank=True, on_delete=models.PROTECT)
    tags = models.ManyToManyField(Tag, blank=True, related_name="products")
    images = models.JSONField(default=list, blank=True, help_text="References, in order: an address or !ID:123.")
    data_01 = models.TextField(blank=True)
    data_02 = models.TextField(blank=True)
    data_03 = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now, db_index=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("title", "id")
        indexes = [models.Index(fields=["title", "id"], name="product_by_title")]

    def __str__(self) -> str:
        return self.title


class ProductText(models.Model):
    """A product's texts in one language. The description is short, the content long and may hold HTML."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="texts")
    language = models.ForeignKey(Language, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=255)
    full_title = models.CharField(max_length=255, blank=True)
    description = models.TextField(blank=True)
    content = models.TextField(blank=True)
    slug = models.CharField(max_length=255)
    google_category = models.CharField(max_length=255, blank=True)
    meta_title = models.CharField(max_length=255, blank=True)
    meta_description = models.TextField(blank=True)
    meta_keywords = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "language"], name="product_text_once_per_language"),
            models.UniqueConstraint(fields=["language", "slug"], name="slug_once_per_language"),
        ]

    def __str__(self) -> str:
        return self.title


class WeightUnit(models.TextChoices):
    GRAM = "g"
    KILOGRAM = "kg"
    OUNCE = "oz"
    POUND = "lb"


class VolumeUnit(models.TextChoices):
    MILLILITRE = "ml"
    CENTILITRE = "cl"
    LITRE = "l"


class SizeUnit(models.TextChoices):
    CENTIMETRE = "cm"
    INCH = "in"


def amount(**options: Any) -> "models.DecimalField[Any, Any]":
    """A column of money: room for every currency's digits."""
    return models.DecimalField(max_digits=14, decimal_places=4, validators=[MinValueValidator(0)], **options)


def measure() -> "models.DecimalField[Any, Any]":
    """A column for a weight, a volume or a length, in the unit beside it."""
    return models.DecimalField(
        max_digits=14, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(0)]
    )


class Variant(models.Model):
    """What has a price, a SKU and stock. A simple product has exactly one, titled `Default`.

    `title` is the text in the store's default language; `VariantText` holds it in the others.
    """

    DEFAULT_TITLE = "Default"
    MOST_PER_ORDER = 10_000

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variants")
    position = models.PositiveIntegerField(default=0)
    title = models.CharField(max_length=255, default=DEFAULT_TITLE)
    price = amount(default=0)
    price_old = amount(default=0)
    price_cost = amount(default=0)
    price_unit = amount(default=0)
    unit = models.CharField(max_length=60, blank=True)
    tax = models.DecimalField(
        max_digits=5, decimal_places=4, default=0, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    article_code = models.CharField(max_length=120, blank=True)
    hs_code = models.CharField(max_length=120, blank=True)
    ean = models.CharField("EAN", max_length=120, blank=True)
    sku = models.CharField("SKU", max_length=120, blank=True)
    weight_value = measure()
    weight_unit = models.CharField(max_length=2, choices=WeightUnit, default=WeightUnit.GRAM)
    volume_value = measure()
    volume_unit = models.CharField(max_length=2, choices=VolumeUnit, default=VolumeUnit.MILLILITRE)
    colli = models.PositiveIntegerField(null=True, blank=True)
    size_x = measure()
    size_y = measure()
    size_z = measure()
    size_unit = models.CharField(max_length=2, choices=SizeUnit, default=SizeUnit.CENTIMETRE)
    matrix = models.CharField(max_length=255, blank=True)
    minimum_order = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    maximum_order = models.PositiveIntegerField(null=True, blank=True, default=MOST_PER_ORDER)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now, db_index=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("product", "position", "id")
        indexes = [
            models.Index(fields=["product", "position", "id"], name="variants_of_a_product"),
            models.Index(fields=["sku"], name="variant_by_sku"),
            models.Index(fields=["ean"], name="variant_by_ean"),
            models.Index(fields=["article_code"], name="variant_by_article_code"),
        ]
        constraints = [
            models.CheckConstraint(name="variant_minimum_order_is_one_or_more", condition=Q(minimum_order__gte=1)),
            models.CheckConstraint(
                name="variant_order_limits_in_order",
                condition=Q(maximum_order=None) | Q(maximum_order__gte=models.F("minimum_order")),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class VariantText(models.Model):
    """A variant's title in one language."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="texts")
    language = models.ForeignKey(Language, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["variant", "language"], name="variant_text_once_per_language")]

    def __str__(self) -> str:
        return self.title
