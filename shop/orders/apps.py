from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "shop.orders"

    def ready(self) -> None:
        from inventory.stock import stock_changed
        from shop.orders.queue import announce_stock

        stock_changed.connect(announce_stock, dispatch_uid="orders announce coverage")
