from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class StoreConfig(AppConfig):
    name = "shop.store"

    def ready(self) -> None:
        post_migrate.connect(make_the_one_row, sender=self)


def make_the_one_row(**_kwargs: Any) -> None:
    """Every store has its settings, from the first migration on: nobody else ever asks whether the row is there."""
    from shop.store.models import StoreSettings

    StoreSettings.objects.make()
