"""Rows put aside."""

from imports.spool import CHUNK, Row, Spool


def test_rows_come_back_in_chunks_and_more_than_once():
    with Spool() as spool:
        for number in range(CHUNK + 1):
            spool.add(Row(number, [number, "x", None]))
        assert spool.length == CHUNK + 1
        for chunks in (list(spool.chunks()), list(spool.chunks())):
            assert [len(chunk) for chunk in chunks] == [CHUNK, 1]
            assert chunks[1] == [Row(CHUNK, [CHUNK, "x", None])]


def test_two_readers_do_not_disturb_each_other():
    with Spool() as spool:
        for number in range(CHUNK * 2):
            spool.add(Row(number, []))
        one, two = spool.chunks(), spool.chunks()
        assert next(one)[0].number == next(two)[0].number == 0
        assert next(one)[0].number == next(two)[0].number == CHUNK
