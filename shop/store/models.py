"""The shop itself: one typed row of settings, and the languages that it speaks to customers."""

import zoneinfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

FIRST_LANGUAGE = "EN"


class Language(models.Model):
    """A language of the store's texts, named by the code that stands in spreadsheet titles (`EN_Title_Short`)."""

    code = models.CharField(
        max_length=3,
        primary_key=True,
        validators=[RegexValidator(r"^[A-Z]{2,3}\Z", "A language code is two or three capital letters, such as EN.")],
    )
    name = models.CharField(max_length=60)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


def check_time_zone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError(f"{value} is not a time zone. Write it as in Europe/Amsterdam.")


class SettingsManager(models.Manager["StoreSettings"]):
    def make(self) -> None:
        """Make the row and the first language where they are missing."""
        Language.objects.get_or_create(code=FIRST_LANGUAGE, defaults={"name": "English"})
        self.get_or_create(pk=StoreSettings.THE_ONE, defaults={"default_language_id": FIRST_LANGUAGE})

    def current(self) -> "StoreSettings":
        """The settings as they are now."""
        return self.get(pk=StoreSettings.THE_ONE)


class StoreSettings(models.Model):
    """The store's settings: exactly one row.

    The two INVENTORY defaults are read when a variant is created without a value of its own; they never change a
    variant that exists (domain: Defaults for new products).
    """

    THE_ONE = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONE, editable=False)
    name = models.CharField(max_length=120, default="My shop")
    currency = models.CharField(
        max_length=3, default="EUR", validators=[RegexValidator(r"^[A-Z]{3}\Z", "A currency is three capital letters.")]
    )
    time_zone = models.CharField(max_length=60, default="Europe/Amsterdam", validators=[check_time_zone])
    default_language = models.ForeignKey(Language, on_delete=models.PROTECT, related_name="+")
    tax_rate = models.DecimalField(
        max_digits=5, decimal_places=4, default=0, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    allow_backorders_by_default = models.BooleanField("Allow backorders", default=False)
    track_inventory_by_default = models.BooleanField("Track the inventory", default=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SettingsManager()

    class Meta:
        constraints = [models.CheckConstraint(name="store_settings_is_one_row", condition=models.Q(id=1))]

    def __str__(self) -> str:
        return self.name
