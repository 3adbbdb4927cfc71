"""The category tree: read whole, found by paths of titles, and grown where a path is not there yet."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from catalog.models import Category, CategoryText
from shop.bulk import insert_rows, update_rows

Path: TypeAlias = tuple[str, ...]
"""Titles in the store's default language, from the top of the tree down."""


class Tree:
    """The category tree as it was read: a few statements, whatever its size."""

    def __init__(self, languages: Iterable[str] = ()) -> None:
        self._nodes: dict[int, tuple[int | None, str]] = {
            pk: (parent, title) for pk, parent, title in Category.objects.values_list("pk", "parent_id", "title")
        }
        self._ids = {node: pk for pk, node in self._nodes.items()}
        self._texts: dict[tuple[int, str], str] = {}
        wanted = list(languages)
        if wanted:
            texts = CategoryText.objects.filter(language_id__in=wanted)
            self._texts = {
                (pk, code): title for pk, code, title in texts.values_list("category_id", "language_id", "title")
            }

    def path(self, category_id: int | None) -> Path:
        """The titles down to this category; nothing for none."""
        titles: list[str] = []
        while category_id is not None:
            category_id, title = self._nodes[category_id]
            titles.append(title)
        return tuple(reversed(titles))

    def find(self, path: Path) -> int | None:
        """The category at this path, or None where there is none (or the path is empty)."""
        found: int | None = None
        for title in path:
            found = self._ids.get((found, title))
            if found is None:
                return None
        return found

    def text(self, path: Path, language: str) -> str:
        """The title of the category at this path in another language; an empty text where there is none."""
        found = self.find(path)
        return self._texts.get((found, language), "") if found is not None else ""


def ensure(tree: Tree, paths: Iterable[Path]) -> Tree:
    """Make what is missing of these paths, level by level, and return the tree as it then is. Inside a transaction."""
    wanted = {path[:depth] for path in paths for depth in range(1, len(path) + 1)}
    depth = 1
    while missing := {path for path in wanted if tree.find(path) is None}:
        level = sorted(path for path in missing if len(path) == depth)
        nodes = [Category(parent_id=tree.find(path[:-1]), title=path[-1]) for path in level]
        # Somebody else may make the same category at this moment: theirs is as good as ours.
        Category.objects.bulk_create(nodes, ignore_conflicts=True)
        tree, depth = Tree(), depth + 1
    return tree


def set_texts(tree: Tree, titles: Mapping[tuple[Path, str], str]) -> None:
    """Set categories' titles in other languages, each by its path and language; an empty title takes the text away."""
    wanted = {(tree.find(path), code): title for (path, code), title in titles.items()}
    ids = {pk for pk, _ in wanted if pk is not None}
    stored = CategoryText.objects.filter(category_id__in=ids).values_list("pk", "category_id", "language_id")
    keys = {(category, code): pk for pk, category, code in stored}
    CategoryText.objects.filter(pk__in=[keys[at] for at, title in wanted.items() if not title and at in keys]).delete()
    update_rows(CategoryText, ("title",), [(keys[at], title) for at, title in wanted.items() if title and at in keys])
    fresh = [(*at, title) for at, title in wanted.items() if title and at not in keys]
    insert_rows(CategoryText, ("category", "language", "title"), fresh)
