"""The store's clock."""

import threading
from datetime import UTC, datetime, timedelta, timezone

from shop import clock


def test_it_tells_the_time_in_utc():
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.now().tzinfo is UTC


def test_inside_the_block_it_is_the_moment_that_was_named():
    noon = datetime(2026, 11, 23, 12, tzinfo=timezone(timedelta(hours=2)))
    with clock.at(noon):
        assert clock.now() == noon
        assert clock.now().utcoffset() == timedelta(0)
        with clock.at(noon + timedelta(days=1)):
            assert clock.now() == noon + timedelta(days=1)
        assert clock.now() == noon
    assert clock.now() != noon


def test_another_thread_keeps_its_own_time():
    seen = []
    with clock.at(datetime(2000, 1, 1, tzinfo=UTC)):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert seen[0].year > 2000
