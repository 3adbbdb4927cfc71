"""Refusals: the one kind of exception that a verb raises on purpose."""

from typing import Any


class DomainError(Exception):
    """A refusal: a code to branch on, one sentence for people, and the data behind it.

    Raised before anything is written, or inside the transaction that then rolls back: a refusal changes nothing.
    Subclasses give the `code`; which HTTP status it becomes is decided in `shop.api.handlers` alone.
    """

    code = "refused"

    def __init__(self, detail: str, **params: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.params = params


class Busy(DomainError):
    """A lock was waited for in vain, or a transaction lost every retry. Nothing was written; try again."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__("The store is busy. Nothing was changed; try again in a moment.")
