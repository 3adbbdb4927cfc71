from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "shop.operations"
