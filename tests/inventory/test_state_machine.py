"""Whatever happens, in whatever order: the shop's numbers are those of a plain book that knows nothing of its code."""

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from inventory import decision, stock, variants
from inventory.models import StockItem
from inventory.stock import Entry, Switch
from shop.errors import DomainError
from shop.orders import fulfilment, placing, queue, statuses
from shop.orders.finding import OrderClosed, views
from shop.orders.fulfilment import Returned
from shop.orders.models import Order
from shop.webhooks import outbox
from tests.factories import make_variant
from tests.inventory.evidence import discrepancies, everything
from tests.inventory.model import Book, Line, Shelf

VARIANTS = 3

some = st.integers(1, 4)
mostly = st.integers(0, 3).map(bool)
which = st.integers(0, VARIANTS - 1)
any_of = st.integers(0, 10_000)
wishes = st.lists(st.tuples(which, some, st.none() | st.none() | st.integers(0, 3)), min_size=1, max_size=3)
shelves = st.builds(Shelf, st.integers(0, 8), mostly, mostly, st.none() | st.none() | st.integers(0, 6))


def any_line(shop):
    return bool(shop.book.lines)


def any_open_line(shop):
    return any(line.open for line in shop.book.lines)


def any_shipped_line(shop):
    return any(line.shipped for line in shop.book.lines)


HAPPENINGS = {}


def happens(often, when=lambda shop: True, **draws):
    """Something that can happen, so many times as often as others. One rule draws among all: left to itself,
    Hypothesis would place one order in thirty steps and cancel it three times."""

    def note(act):
        HAPPENINGS[act.__name__] = often, when, st.fixed_dictionaries(draws)
        return act

    return note


class Shop(RuleBasedStateMachine):
    """Each step does one thing to the shop and to the book, or finds that the shop refuses what the book refuses."""

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.book = Book()

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize(opening=st.lists(shelves, min_size=VARIANTS, max_size=VARIANTS))
    def open(self, opening):
        self.ids = []
        for shelf in opening:
            made = make_variant(on_hand=shelf.on_hand, track_inventory=shelf.track, allow_backorders=shelf.allow,
                                backorder_limit=shelf.limit)  # fmt: skip
            self.ids.append(made.pk)
            self.book.shelves[made.pk] = shelf

    def attempt(self, allowed, act, *refusals):
        """Do it if the book allows it; otherwise it must be refused and change nothing. Returns what came of it."""
        if allowed:
            with transaction.atomic():
                return act()
        before = everything()
        with pytest.raises(refusals or DomainError), transaction.atomic():
            act()
        assert everything() == before
        return None

    def pick(self, among, number):
        """One of them, chosen by a number that was drawn before it was known how many there are."""
        return among[number % len(among)]

    def write_lines(self, order, wish):
        self.book.lines += [Line(order, variant, units, units) for variant, units, _ in wish]

    # Orders

    @happens(4, wish=wishes)
    def place(self, wish):
        named = [(self.ids[index], units, consent) for index, units, consent in wish]
        act = lambda: placing.place_order(lines=[placing.Line(*line) for line in named], channel="storefront")  # noqa: E731
        placed = self.attempt(self.book.accepts(named), act, placing.OrderRejected)
        if placed:
            self.write_lines(placed.order.pk, named)

    @happens(2, when=any_line, wish=wishes, number=any_of)
    def add_lines(self, wish, number):
        order = self.pick(self.book.lines, number).order
        named = [(self.ids[index], units, consent) for index, units, consent in wish]
        is_open = any(line.open for line in self.book.of(order))
        self.attempt(
            is_open and self.book.accepts(named),
            lambda: placing.add_lines(order, [placing.Line(*line) for line in named]),
            *((placing.OrderRejected,) if is_open else (OrderClosed,)),
        )
        if is_open and self.book.accepts(named):
            self.write_lines(order, named)

    @happens(1, when=any_line, number=any_of)
    def cancel(self, number):
        order = self.pick(self.book.lines, number).order
        lines = self.book.of(order)
        cancelled_before = Order.objects.get(pk=order).cancelled_at is not None
        allowed = cancelled_before or any(line.open for line in lines) or not any(line.shipped for line in lines)
        self.attempt(allowed, lambda: fulfilment.cancel(order), fulfilment.NothingToCancel)
        for line in lines:
            line.cancelled, line.open = line.cancelled + line.open, 0

    @happens(2, when=any_open_line, number=any_of, quantity=st.integers(0, 6))
    def lower(self, number, quantity):
        line = self.pick(self.book.lines, number)
        allowed = line.shipped <= quantity <= line.open + line.shipped
        self.attempt(allowed, lambda: fulfilment.lower_line(line.order, self.id_of(line), quantity),
                     fulfilment.MoreThanOrdered, fulfilment.AlreadyShipped)  # fmt: skip
        if allowed:
            given_up = line.open + line.shipped - quantity
            line.open, line.cancelled = line.open - given_up, line.cancelled + given_up

    @happens(
        5,
        when=any_open_line,
        number=any_of,
        wishes=st.lists(st.sampled_from(["none", "ready", "one more", "all", "one"]), min_size=4),
        ahead=st.integers(0, 3).map(lambda drawn: drawn == 0),
    )
    def ship(self, number, wishes, ahead):
        lines = self.book.of(self.pick([line for line in self.book.lines if line.open], number).order)
        units = [(line, self.wish(line, word)) for line, word in zip(lines, wishes, strict=False)]
        wanted = [(line, wish) for line, wish in units if wish]
        if not wanted:
            return
        allowed = all(wish <= (line.open if ahead else self.book.allocated(line)) for line, wish in wanted)
        for variant in {line.variant for line, _ in wanted}:
            shelf = self.book.shelves[variant]
            leaving = sum(wish for line, wish in wanted if line.variant == variant)
            allowed = allowed and (not shelf.track or leaving <= shelf.on_hand)
        quantities = {self.id_of(line): wish for line, wish in wanted}
        self.attempt(allowed, lambda: fulfilment.ship(lines[0].order, quantities, ahead=ahead),
                     fulfilment.NotEnoughAllocated)  # fmt: skip
        for line, wish in wanted if allowed else []:
            line.open, line.shipped = line.open - wish, line.shipped + wish
            self.book.shelves[line.variant].on_hand -= wish if self.book.shelves[line.variant].track else 0

    @happens(2, when=any_shipped_line, number=any_of, quantity=st.integers(1, 2), restock=st.booleans())
    def take_back(self, number, quantity, restock):
        line = self.pick([line for line in self.book.lines if line.shipped], number)
        allowed = line.returned + quantity <= line.shipped
        back = [Returned(self.id_of(line), quantity, restock)]
        self.attempt(allowed, lambda: fulfilment.take_back(line.order, back), fulfilment.ReturnExceedsShipped)
        if allowed:
            line.returned += quantity
            shelf = self.book.shelves[line.variant]
            shelf.on_hand += quantity if restock and shelf.track else 0

    def wish(self, line, word):
        ready = self.book.allocated(line)
        return {"none": 0, "ready": ready, "one more": ready + 1, "all": line.open, "one": 1}[word]

    # The shelf

    @happens(2, index=which, quantity=some)
    def receive(self, index, quantity):
        self.book_units(index, lambda entry: stock.receive([entry]), quantity, quantity)

    @happens(1, index=which, quantity=some)
    def return_at_the_till(self, index, quantity):
        self.book_units(index, lambda entry: stock.take_back([entry]), quantity, quantity)

    @happens(1, index=which, quantity=some)
    def sell(self, index, quantity):
        taken = min(quantity, self.book.shelves[self.ids[index]].on_hand)
        self.book_units(index, lambda entry: stock.sell([entry]), quantity, -taken)

    def book_units(self, index, verb, quantity, change):
        shelf = self.book.shelves[self.ids[index]]
        self.attempt(True, lambda: verb(Entry(self.ids[index], quantity)))
        shelf.on_hand += change if shelf.track else 0

    @happens(1, index=which, found=st.integers(0, 8), belief=st.none() | st.integers(-1, 1))
    def count(self, index, found, belief):
        shelf = self.book.shelves[self.ids[index]]
        believed = None if belief is None else shelf.on_hand + belief
        allowed = not shelf.track or not belief
        self.attempt(allowed, lambda: stock.count([Entry(self.ids[index], found, believed)]), stock.StockChanged)
        if allowed and shelf.track:
            shelf.on_hand = found

    @happens(1, index=which, level=st.integers(-6, 6))
    def count_as_level(self, index, level):
        shelf, there = self.book.shelves[self.ids[index]], level + self.book.committed(self.ids[index])
        allowed = not shelf.track or there >= 0
        self.attempt(
            allowed, lambda: stock.count([Entry(self.ids[index], level)], as_level=True), stock.NotEnoughOnHand
        )
        if allowed and shelf.track:
            shelf.on_hand = there

    @happens(1, index=which, units=st.integers(-4, 4))
    def correct(self, index, units):
        shelf = self.book.shelves[self.ids[index]]
        allowed = not shelf.track or shelf.on_hand + units >= 0
        self.attempt(
            allowed, lambda: stock.correct([Entry(self.ids[index], units)], reason="Found"), stock.NotEnoughOnHand
        )
        if allowed and shelf.track:
            shelf.on_hand += units

    @happens(1, index=which, level=st.integers(-6, 6))
    def set_level(self, index, level):
        pk, there = self.ids[index], level + self.book.committed(self.ids[index])
        self.attempt(
            there >= 0,
            lambda: outbox.record(stock.set_levels(stock.lock([pk]), {pk: level})),
            stock.NotEnoughOnHand,
        )
        if there >= 0:
            self.book.shelves[pk].on_hand = there

    # The switches

    @happens(2, index=which, track=st.none() | st.booleans(), allow=st.none() | st.booleans(), there=st.none() | some)
    def switch(self, index, track, allow, there):
        pk, shelf = self.ids[index], self.book.shelves[self.ids[index]]
        wanted = {pk: Switch(track, allow, there)}
        self.attempt(True, lambda: outbox.record(stock.switch(stock.lock([pk]), wanted)))
        shelf.track = shelf.track if track is None else track
        shelf.allow = shelf.allow if allow is None else allow
        shelf.on_hand = shelf.on_hand if there is None else there

    @happens(1, index=which, limit=st.none() | st.integers(0, 6))
    def limit(self, index, limit):
        self.attempt(True, lambda: variants.change(self.ids[index], {"backorder_limit": limit}))
        self.book.shelves[self.ids[index]].limit = limit

    @rule(data=st.data())
    def something_happens(self, data):
        possible = [name for name, (often, when, _) in HAPPENINGS.items() if when(self) for _ in range(often)]
        name = self.pick(possible, data.draw(any_of))
        getattr(self, name)(**data.draw(HAPPENINGS[name][2]))

    # What must be so after each step

    def id_of(self, line):
        """The id of a line of the book: lines are made in the book in the order in which the shop makes them."""
        return self.line_ids[next(index for index, other in enumerate(self.book.lines) if other is line)]

    @property
    def line_ids(self):
        found = views(Order.objects.order_by("pk"))
        return sorted(state.line.pk for view in found for state in view.lines)

    @invariant()
    def the_shop_agrees_with_the_book(self):
        for item in StockItem.objects.all():
            shelf, level = self.book.shelves[item.pk], self.book.level(item.pk)
            assert (item.on_hand, item.committed) == (shelf.on_hand, self.book.committed(item.pk))
            assert (item.track_inventory, item.allow_backorders) == (shelf.track, shelf.allow)
            available, waiting = (max(level, 0), max(-level, 0)) if shelf.track else (0, 0)
            assert (item.level, item.available, item.backordered) == (level, available, waiting)
        found = views(Order.objects.order_by("pk"))
        for view in found:
            read = (statuses.order_status(view.lines), statuses.backorder_status(view.lines))
            assert read == self.book.status(view.order.pk)
        states = sorted((state for view in found for state in view.lines), key=lambda state: state.line.pk)
        assert [self.shown(state) for state in states] == [self.written(line) for line in self.book.lines]
        assert self.covered() == [self.book.allocated(line) for line in self.book.lines if line.open]
        assert discrepancies() == []

    def covered(self):
        """Units that may be shipped of each open line, as the verbs ask before they ship."""
        found, items = {}, stock.look(self.ids)
        for pk, waiting in queue.open_lines(self.ids).items():
            found.update(queue.cover(waiting, items[pk]))
        return [found[line_id] for line_id in sorted(found)]

    def shown(self, state):
        line = state.line
        quantities = (line.ordered, line.open, line.shipped, line.cancelled, line.returned)
        return line.order_id, line.variant_id, *quantities, state.allocated, state.backordered

    def written(self, line):
        allocated = self.book.allocated(line)
        quantities = (line.ordered, line.open, line.shipped, line.cancelled, line.returned)
        return line.order, line.variant, *quantities, allocated, line.open - allocated


QUICK = settings(max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.django_db
def test_the_shop_agrees_with_a_plain_book_whatever_happens():
    run_state_machine_as_test(Shop, settings=QUICK)


# Negative controls: the faults that it is there to find are found.


def give_back_what_was_never_there(monkeypatch):
    """A cancelled backorder comes back as positive stock."""

    def release(items, quantities, *, reference, reason=""):
        book = stock.Book(items, reference=reference)
        for variant_id, quantity in sorted(quantities.items()):
            book.move(variant_id, stock.Kind.CANCELLATION, on_hand=quantity, committed=-quantity)
        return book.write()

    monkeypatch.setattr(stock, "release_units", release)


def judge_one_by_one(monkeypatch):
    """Two lines of one variant are judged one by one."""
    decide = decision.decide

    def one_by_one(lines, items, already=None):
        return [verdict for line in lines for verdict in decide([line], items, already)]

    monkeypatch.setattr(decision, "decide", one_by_one)


def jump_the_queue(monkeypatch):
    """Every line is covered as if it were the first."""
    cover = queue.cover

    def each_first(lines, item):
        return {line.line_id: cover([line], item)[line.line_id] for line in lines}

    monkeypatch.setattr(queue, "cover", each_first)


def forget_what_left(monkeypatch):
    """A unit that was shipped is still on the shelf."""

    def ship(items, quantities, *, reference, ahead=()):
        return stock.release_units(items, quantities, reference=reference)

    monkeypatch.setattr(stock, "ship_units", ship)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sabotage", [give_back_what_was_never_there, judge_one_by_one, jump_the_queue, forget_what_left]
)
def test_a_fault_in_the_shop_is_found(sabotage, monkeypatch, capsys):
    sabotage(monkeypatch)
    found = settings(QUICK, max_examples=100, phases=[Phase.generate], derandomize=True, database=None)
    with pytest.raises((AssertionError, IntegrityError, pytest.fail.Exception)):
        run_state_machine_as_test(Shop, settings=found)
