"""What has had its time: deleted by the worker, in small pieces, so that orders keep flowing."""

from datetime import datetime, timedelta

from django.db.models import Model, QuerySet

from shop import clock
from shop.api.models import IdempotencyKey, RateWindow

KEEP_ANSWERS = timedelta(days=7)
"""How long a request may be sent again and is answered the same: tills go offline for days."""

KEEP_RATES = timedelta(minutes=10)
PIECE = 500


def tidy(now: datetime | None = None) -> int:
    """Delete remembered answers (they hold personal data) and rate counts past their time; return how many rows."""
    moment = now or clock.now()
    minute = int((moment - KEEP_RATES).timestamp() // 60)
    answers = IdempotencyKey.objects.filter(created_at__lt=moment - KEEP_ANSWERS)
    return _delete(answers) + _delete(RateWindow.objects.filter(minute__lt=minute))


def _delete(rows: QuerySet[Model]) -> int:
    deleted = 0
    while keys := list(rows.values_list("pk", flat=True)[:PIECE]):
        deleted += rows.model._default_manager.filter(pk__in=keys).delete()[0]
    return deleted
