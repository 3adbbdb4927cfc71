"""What every test stands on."""

import pytest

from shop.api import throttling


@pytest.fixture(autouse=True)
def _fresh_rate_limits():
    """A process keeps the requests it was granted; the next test's keys are other keys with the same ids."""
    throttling._blocks.clear()


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    """Addresses without fingerprints: nothing has to be collected before a page can be rendered."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
