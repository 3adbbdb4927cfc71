"""Texts per language: titles, descriptions and addresses of products, titles of variants."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from django.utils.text import slugify

from catalog.models import Product, ProductText, Variant, VariantText
from shop.bulk import insert_rows, update_rows
from shop.text import fold

At: TypeAlias = tuple[int, str]
"""A product's (or variant's) id and a language code."""

FIELDS = (
    "title", "full_title", "description", "content", "slug", "google_category", "meta_title", "meta_description",
    "meta_keywords",
)  # fmt: skip


def set_product_texts(changes: Mapping[At, Mapping[str, Any]]) -> None:
    """Write product texts, each by product and language, making those that are missing. Inside a transaction.

    A text that is made without a slug gets one from its title, or the product's where it has none. The caller keeps the
    product's own title and calls `keep_search`.
    """
    stored = _stored(changes)
    names = sorted({name for values in changes.values() for name in values})
    update_rows(
        ProductText,
        names,
        [_merged(stored[at], values, names) for at, values in changes.items() if at in stored],
    )
    fresh = {at: {"title": "", **values} for at, values in changes.items() if at not in stored}
    _seed_slugs(fresh)
    rows = [(*at, *(values.get(name, "") for name in FIELDS)) for at, values in fresh.items()]
    insert_rows(ProductText, ("product", "language", *FIELDS), rows)


def _stored(changes: Mapping[At, Any]) -> dict[At, dict[str, Any]]:
    if not changes:
        return {}
    products, languages = {product for product, _ in changes}, {language for _, language in changes}
    texts = ProductText.objects.filter(product_id__in=products, language_id__in=languages)
    return {
        (row["product_id"], row["language_id"]): row for row in texts.values("pk", "product_id", "language_id", *FIELDS)
    }


def _merged(row: Mapping[str, Any], values: Mapping[str, Any], names: Sequence[str]) -> tuple[Any, ...]:
    return (row["pk"], *(values.get(name, row[name]) for name in names))


def _seed_slugs(fresh: dict[At, dict[str, Any]]) -> None:
    """Give each text without a slug a free one, in its language."""
    unnamed = [at for at, values in fresh.items() if not values.get("slug")]
    untitled = {product for product, language in unnamed if not fresh[product, language]["title"]}
    titles = dict(Product.objects.filter(pk__in=untitled).values_list("pk", "title")) if untitled else {}
    for language in sorted({language for _, language in unnamed}):
        ats = [at for at in unnamed if at[1] == language]
        given = {values["slug"] for at, values in fresh.items() if at[1] == language and values.get("slug")}
        wanted = [slug_of(fresh[at]["title"] or titles.get(at[0], "")) for at in ats]
        for at, slug in zip(ats, free_slugs(language, wanted, given), strict=True):
            fresh[at]["slug"] = slug


def slug_of(title: str) -> str:
    """The title as the last part of an address: `Enamel mug` is `enamel-mug`."""
    return (slugify(title) or slugify(title, allow_unicode=True) or "product")[:200]


def free_slugs(language: str, wanted: Sequence[str], given: Iterable[str] = ()) -> list[str]:
    """For each wanted slug itself or, where it is taken, the first of slug-2, slug-3 … that is free in the language."""
    taken = set(given) | _taken(language, set(wanted))
    crowded = {slug: times for slug, times in Counter(wanted).items() if times > 1 or slug in taken}
    first, width = 2, 8
    while crowded:
        # Ask for ever more numbers at once: a thousand mugs take a few statements, not a thousand.
        numbers = {slug: range(first, first + width + times) for slug, times in crowded.items()}
        candidates = {slug: [f"{slug}-{number}" for number in window] for slug, window in numbers.items()}
        taken |= _taken(language, {name for names in candidates.values() for name in names})
        crowded = {slug: times for slug, times in crowded.items() if len(taken.intersection(candidates[slug])) > width}
        first, width = first + width, width * 4
    numbered: dict[str, int] = {}
    return [_free(slug, taken, numbered) for slug in wanted]


def _taken(language: str, slugs: set[str]) -> set[str]:
    texts = ProductText.objects.filter(language_id=language, slug__in=slugs)
    return set(texts.values_list("slug", flat=True))


def _free(slug: str, taken: set[str], numbers: dict[str, int]) -> str:
    candidate = slug
    while candidate in taken:
        numbers[slug] = numbers.get(slug, 1) + 1
        candidate = f"{slug}-{numbers[slug]}"
    taken.add(candidate)
    return candidate


def set_variant_titles(titles: Mapping[At, str]) -> None:
    """Set variants' titles in other languages than the default one; an empty title takes the text away."""
    if not titles:
        return
    stored = VariantText.objects.filter(variant_id__in={variant for variant, _ in titles})
    keys = {(variant, code): pk for pk, variant, code in stored.values_list("pk", "variant_id", "language_id")}
    gone = [keys[at] for at, title in titles.items() if not title and at in keys]
    if gone:
        VariantText.objects.filter(pk__in=gone).delete()
    update_rows(VariantText, ("title",), [(keys[at], title) for at, title in titles.items() if title and at in keys])
    fresh = [(*at, title) for at, title in titles.items() if title and at not in keys]
    insert_rows(VariantText, ("variant", "language", "title"), fresh)


def keep_search(product_ids: Iterable[int]) -> None:
    """Write anew what these products are found by: the titles of all languages, and the variants' SKUs and EANs."""
    ids = set(product_ids)
    if not ids:
        return
    found: dict[int, list[str]] = {}
    for product, title in Product.objects.filter(pk__in=ids).values_list("pk", "title"):
        found[product] = [title]
    for product, title in ProductText.objects.filter(product_id__in=ids).values_list("product_id", "title"):
        found[product].append(title)
    variants = Variant.objects.filter(product_id__in=ids, archived_at=None).order_by("position", "pk")
    for product, sku, ean in variants.values_list("product_id", "sku", "ean"):
        found[product] += (sku, ean)
    # Each word once, in the order in which it was found.
    rows = [(product, fold(*dict.fromkeys(words))) for product, words in found.items()]
    update_rows(Product, ("search",), rows)
