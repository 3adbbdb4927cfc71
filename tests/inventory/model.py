"""Stock and orders as a shopkeeper with a pencil would keep them: plain, slow, and without knowing the shop's code."""

from dataclasses import dataclass, field


@dataclass
class Line:
    order: int
    variant: int
    ordered: int
    open: int
    shipped: int = 0
    cancelled: int = 0
    returned: int = 0


@dataclass
class Shelf:
    on_hand: int
    track: bool
    allow: bool
    limit: int | None = None


@dataclass
class Book:
    shelves: dict[int, Shelf] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)  # in the order in which they wait

    def committed(self, variant: int) -> int:
        return sum(line.open for line in self.lines if line.variant == variant)

    def level(self, variant: int) -> int:
        return self.shelves[variant].on_hand - self.committed(variant)

    def allocated(self, line: Line) -> int:
        shelf = self.shelves[line.variant]
        if not shelf.track:
            return line.open
        left = shelf.on_hand
        for other in self.lines:
            if other is line:
                return max(0, min(left, line.open))
            left -= other.open if other.variant == line.variant else 0
        raise AssertionError("the line is not in the book")

    def accepts(self, wish: list[tuple[int, int, int | None]]) -> bool:
        left = {variant: max(0, self.level(variant)) for variant in self.shelves}
        for variant, shelf in self.shelves.items():
            total = sum(units for wanted, units, _ in wish if wanted == variant)
            waiting = total - self.level(variant)
            over_the_limit = shelf.limit is not None and waiting > shelf.limit
            if shelf.track and total > left[variant] and (not shelf.allow or over_the_limit):
                return False
        for variant, units, consent in wish:
            taken = min(units, left[variant]) if self.shelves[variant].track else units
            left[variant] -= taken
            if consent is not None and units - taken > consent:
                return False
        return True

    def of(self, order: int) -> list[Line]:
        return [line for line in self.lines if line.order == order]

    def status(self, order: int) -> tuple[str, str]:
        lines = self.of(order)
        opened, shipped = sum(line.open for line in lines), sum(line.shipped for line in lines)
        waiting = opened - sum(self.allocated(line) for line in lines)
        backordered = "none" if not waiting else "full" if waiting == opened else "partial"
        if opened:
            return "partially_shipped" if shipped else "open", backordered
        return "completed" if shipped else "cancelled", backordered
