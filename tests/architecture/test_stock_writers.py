"""Only inventory/stock.py writes stock: no other line of the source assigns, inserts, updates or deletes it."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import modules

WRITER = "inventory/stock.py"
MODELS = {"StockItem", "StockMovement", "StockPosting"}
COUNTERS = {"on_hand", "committed"}
WRITES = {"create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "update", "delete",
          "acreate", "aupdate", "adelete", "abulk_create", "abulk_update", "aget_or_create",
          "aupdate_or_create"}  # fmt: skip
BULK = {"insert_rows", "insert_returning", "insert_unless_there", "update_rows"}
SQL = re.compile(r"\b(UPDATE|INSERT\s+INTO|DELETE\s+FROM|COPY)\s+\"?inventory_stock", re.IGNORECASE)


def writes(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line number and reason of everything in the tree that writes stock."""
    for node in ast.walk(tree):
        for reason in [*_assigned(node), *_called(node), *_spelled(node)]:
            yield node.lineno, reason


def _assigned(node: ast.AST) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if _changes(node) else []
    for target in targets:
        for part in ast.walk(target):
            if isinstance(part, ast.Attribute) and part.attr in COUNTERS and isinstance(part.ctx, ast.Store):
                yield f"assigns .{part.attr}"


def _changes(node: ast.AST) -> bool:
    return isinstance(node, ast.AugAssign | ast.AnnAssign)


def _called(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.Call):
        return
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    first = _name(node.args[0]) if node.args else ""
    if name in MODELS:
        yield f"makes a {name}"
    if name in WRITES and _root(node.func) & MODELS:
        yield f"calls .{name}() on {(_root(node.func) & MODELS).pop()}"
    if name in WRITES and {keyword.arg for keyword in node.keywords} & COUNTERS:
        yield f"calls .{name}() with a counter"
    if name in BULK and first in MODELS:
        yield f"calls {name}({first})"
    if name == "setattr" and len(node.args) > 1 and getattr(node.args[1], "value", "") in COUNTERS:
        yield "sets a counter by name"


def _spelled(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value):
        yield "writes stock in SQL"


def _root(node: ast.AST) -> set[str]:
    """The names at the beginning of a chain such as `StockItem.objects.filter(…).update`."""
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Attribute) and node.attr in MODELS:
            return {node.attr}
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return {_name(node)}


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def test_only_the_stock_writer_writes_stock():
    found = [f"{path}:{line} {reason}" for path, tree in modules() if path != WRITER for line, reason in writes(tree)]
    assert found == []


def test_the_stock_writer_is_seen_to_write():
    [tree] = [tree for path, tree in modules() if path == WRITER]
    assert {reason for _, reason in writes(tree)} >= {
        "calls update_rows(StockItem)",
        "calls insert_rows(StockMovement)",
    }


@pytest.mark.parametrize(
    "snippet",
    [
        "item.on_hand = 5",
        "item.committed += 1",
        "item.on_hand: int = 5",
        "a, item.on_hand = 1, 2",
        "setattr(item, 'on_hand', 5)",
        "rows.update(on_hand=F('on_hand') + 1)",
        "StockItem.objects.filter(pk=1).update(version=2)",
        "StockItem.objects.create(variant=variant)",
        "models.StockItem.objects.bulk_create(rows)",
        "StockItem.objects.update_or_create(pk=1)",
        "StockItem(variant=variant).save()",
        "StockMovement.objects.all().delete()",
        "models.StockMovement(item=item)",
        "update_rows(StockItem, ('version',), rows)",
        "bulk.insert_rows(StockMovement, MOVEMENT, rows)",
        "cursor.execute('UPDATE inventory_stockitem SET on_hand = 1')",
        "cursor.execute(f'insert into inventory_stockmovement ({names}) values (1)')",
    ],
)
def test_any_other_writer_would_be_found(snippet):
    assert list(writes(ast.parse(snippet))) != []


@pytest.mark.parametrize(
    "snippet",
    [
        "level = item.on_hand - item.committed",
        "item._replace(on_hand=5)",
        "stock.Opening(1, on_hand=5)",
        "stock.Switch(on_hand=5)",
        "StockItem.objects.filter(on_hand__gt=0).order_by('pk').count()",
        "numbers.update({'on_hand': 5})",
        "cursor.execute('SELECT on_hand FROM inventory_stockitem')",
    ],
)
def test_reading_is_no_writing(snippet):
    assert list(writes(ast.parse(snippet))) == []
