"""Change sets: what was planned for many rows at once, and what became of it."""

from django.db import models

from shop import clock


class ChangeSet(models.Model):
    """One import or one bulk edit: the head of its rows.

    `cursor` is the last row that was applied, written in the transaction of that row's chunk: whoever goes on, goes on
    there.
    """

    class Kind(models.TextChoices):
        IMPORT = "import", "Import"
        BULK_EDIT = "bulk_edit", "Bulk edit"

    class State(models.TextChoices):
        PLANNING = "planning", "Being checked"
        PLANNED = "planned", "Ready"
        APPLYING = "applying", "Being applied"
        APPLIED = "applied", "Applied"
        REFUSED = "refused", "Refused"

    kind = models.CharField(max_length=10, choices=Kind)
    title = models.CharField(max_length=150)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNING)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=clock.now)
    applied_at = models.DateTimeField(null=True)
    cursor = models.BigIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    new_products = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0, help_text="Rows left alone because they had changed meanwhile.")

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.title


class ChangeRow(models.Model):
    """One row of a change set, written when it is planned: the plan, the undo and the audit in one.

    `cells` maps a column's title to `[old, new]`, both as the text of a cell; a new thing has no old value. Never
    edited, but for the ids of what a NEW row made. A row that could not be applied gets a further row of kind LEFT.
    """

    class Kind(models.TextChoices):
        NEW = "new", "New"
        CHANGE = "change", "Change"
        ERROR = "error", "Error"
        LEFT = "left", "Changed meanwhile"

    change_set = models.ForeignKey(ChangeSet, on_delete=models.CASCADE, related_name="lines")
    row = models.PositiveIntegerField(help_text="The number that the merchant sees beside the row.")
    kind = models.CharField(max_length=10, choices=Kind)
    product_id = models.BigIntegerField(null=True)
    variant_id = models.BigIntegerField(null=True)
    group = models.CharField(max_length=64, blank=True, help_text="Rows with one group make one new product.")
    cells = models.JSONField(default=dict)
    findings = models.JSONField(default=list, help_text="[column, sentence, is it an error]")

    class Meta:
        ordering = ("id",)
        indexes = [
            models.Index(fields=["change_set", "id"], name="change_rows_in_order"),
            models.Index(fields=["change_set", "group"], name="change_rows_of_a_new_product"),
            models.Index(fields=["variant_id", "id"], name="changes_of_a_variant"),
            models.Index(fields=["product_id", "id"], name="changes_of_a_product"),
        ]

    def __str__(self) -> str:
        return f"row {self.row}: {self.kind}"
