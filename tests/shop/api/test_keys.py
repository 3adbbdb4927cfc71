"""Who may call: keys, scopes, limits."""

from datetime import timedelta

import pytest
from django.urls import get_resolver

from shop import clock
from shop.accounts import keys
from shop.accounts.models import ApiKey, AuditEntry
from shop.api import throttling
from shop.api.views import ApiView
from shop.urls import api as api_urls
from tests.api_client import Api, problem
from tests.factories import make_key, make_variant

pytestmark = pytest.mark.django_db


def test_me_tells_the_keys_name_scopes_and_limits():
    api = Api("storefront", name="Web shop", writes_per_minute=0)

    assert api.get("/me").json() == {
        "name": "Web shop",
        "key": api.key.split(".")[0],
        "scopes": ["catalog:read", "orders:read_own", "orders:write"],
        "limits": {"reads_per_minute": 600, "writes_per_minute": None},
        "expires_at": None,
    }


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic abc", "Bearer sf_live_00000000.secret", "Bearer é.x"]
)
def test_without_a_living_key_nobody_comes_in(client, header):
    answer = client.get("/api/v1/me", headers={"Authorization": header} if header else {})
    assert problem(answer) == (401, "unauthorized")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_key_in_the_address_is_no_key(client):
    text = make_key()
    assert problem(client.get(f"/api/v1/me?key={text}")) == (401, "unauthorized")


def test_a_wrong_secret_behind_a_right_prefix_is_no_key(client):
    prefix = make_key().split(".")[0]
    answer = client.get("/api/v1/me", headers={"Authorization": f"Bearer {prefix}.wrong"})
    assert problem(answer) == (401, "unauthorized")


def test_only_a_hash_of_the_secret_is_kept():
    text = make_key()
    key = ApiKey.objects.get()
    assert text.split(".")[1] not in str(vars(key))
    assert len(text.split(".")[1]) == 43


def test_a_revoked_key_ends_at_once_and_the_audit_says_so():
    api = Api()
    assert api.get("/me").status_code == 200
    keys.revoke(api.key.split(".")[0])

    assert problem(api.get("/me")) == (401, "unauthorized")
    changes = list(AuditEntry.objects.filter(object_type="api_key").order_by("pk").values_list("changes", flat=True))
    assert [sorted(change) for change in changes] == [["created", "scopes"], ["revoked_at"]]


def test_an_expired_key_is_no_key():
    api = Api(expires_at=clock.now() + timedelta(minutes=5))
    assert api.get("/me").status_code == 200
    with clock.at(clock.now() + timedelta(minutes=5)):
        assert problem(api.get("/me")) == (401, "unauthorized")


def test_the_last_use_is_stamped_at_most_once_a_minute(django_assert_num_queries):
    api = Api(reads_per_minute=0)
    api.get("/me")
    first = ApiKey.objects.get().last_used_at
    with django_assert_num_queries(1):
        api.get("/me")
    assert ApiKey.objects.get().last_used_at == first
    with clock.at(first + timedelta(seconds=61)):
        api.get("/me")
    assert ApiKey.objects.get().last_used_at > first


def test_a_client_may_have_several_keys_and_sees_its_orders_with_each():
    mug = make_variant(on_hand=5)
    old, new = Api("storefront", name="Web shop"), Api("storefront", name="Web shop")
    order = old.post("/orders", {"lines": [{"variant_id": mug.pk, "quantity": 1}]}).json()

    assert new.get(f"/orders/{order['id']}").status_code == 200
    assert problem(Api("storefront").get(f"/orders/{order['id']}")) == (404, "not_found")
    assert Api("pos").get(f"/orders/{order['id']}").status_code == 200


SCOPES = {
    "api-products": {"GET": ("catalog:read",)},
    "api-product": {"GET": ("catalog:read",)},
    "api-availabilities": {"GET": ("catalog:read",)},
    "api-availability": {"GET": ("catalog:read",)},
    "api-variant": {"GET": ("stock:read",), "PATCH": ("catalog:write",)},
    "api-quote": {"POST": ("orders:write",)},
    "api-orders": {"GET": ("orders:read", "orders:read_own"), "POST": ("orders:write",)},
    "api-order": {"GET": ("orders:read", "orders:read_own")},
    "api-cancel": {"POST": ("orders:write",)},
    "api-lines": {"POST": ("orders:write",)},
    "api-line": {"PATCH": ("orders:write",)},
    "api-shipments": {"POST": ("shipments:write",)},
    "api-returns": {"POST": ("shipments:write",)},
    "api-backorders": {"GET": ("orders:read",)},
    "api-stock-list": {"GET": ("stock:read",)},
    "api-stock": {"GET": ("stock:read",)},
    "api-movements": {"GET": ("stock:read",), "POST": ("stock:write",)},
    "api-settings": {"GET": ("catalog:read",), "PATCH": ("catalog:write",)},
    "api-me": {"GET": ()},
}
OPEN_TO_ALL = {"api-document"}


def test_every_address_of_the_api_is_in_the_matrix():
    assert {pattern.name for pattern in api_urls} == SCOPES.keys() | OPEN_TO_ALL
    assert get_resolver().reverse_dict.getlist("api-orders")


@pytest.mark.parametrize(("name", "method"), [(name, method) for name, methods in SCOPES.items() for method in methods])
def test_each_address_and_method_asks_for_exactly_its_scope(name, method):
    pattern = next(pattern for pattern in api_urls if pattern.name == name)
    path = f"/{pattern.pattern}"
    for part in ("product_id", "variant_id", "order_id", "line_id"):
        path = path.replace(f"<id:{part}>", "1")
    wanted = SCOPES[name][method]
    api = Api()
    key = ApiKey.objects.get()
    key.scopes = [scope for scope in keys.SCOPES if scope not in wanted]
    key.save()

    answer = api.send(method, path, **{"Content-Type": "application/json"})
    if wanted:
        assert problem(answer) == (403, "insufficient_scope")
        assert answer.json()["params"] == {"required": wanted[0]}
    for scope in wanted:
        key.scopes = [scope]
        key.save()
        assert api.send(method, path, **{"Content-Type": "application/json"}).status_code not in (401, 403)


def test_every_view_names_the_scopes_of_its_methods():
    for pattern in api_urls:
        view = getattr(pattern.callback, "cls", None)
        if view is None:
            assert pattern.name in OPEN_TO_ALL
            continue
        assert issubclass(view, ApiView)
        methods = {method.upper() for method in ("get", "post", "patch") if hasattr(view, method)}
        assert methods == view.scopes.keys() == SCOPES[pattern.name].keys()


def test_a_keys_limit_is_kept_and_the_answer_says_when_to_come_back(monkeypatch):
    monkeypatch.setattr(throttling.time, "time", lambda: 60_000_015.0)
    api = Api(reads_per_minute=3)
    for left in (2, 1, 0):
        answer = api.get("/me")
        assert answer.status_code == 200
        assert answer["RateLimit-Policy"] == '"read";q=3;w=60'
        assert answer["RateLimit"] == f'"read";r={left};t=45'
    refused = api.get("/me")
    assert problem(refused) == (429, "rate_limited")
    assert refused["Retry-After"] == "45"

    monkeypatch.setattr(throttling.time, "time", lambda: 60_000_060.0)
    assert api.get("/me").status_code == 200


def test_reads_and_writes_have_budgets_of_their_own():
    api = Api(reads_per_minute=1, writes_per_minute=1)
    assert api.get("/me").status_code == 200
    assert api.get("/me").status_code == 429
    assert api.patch("/settings/inventory", {}).status_code == 200
    assert api.patch("/settings/inventory", {}).status_code == 429


def test_a_quote_counts_as_a_read():
    api = Api(writes_per_minute=1, reads_per_minute=2)
    body = {"lines": [{"variant_id": 1, "quantity": 1}]}
    assert [api.post("/orders/quote", body, key=None).status_code for _ in range(3)] == [200, 200, 429]


def test_a_head_asks_what_a_get_asks():
    api = Api()
    assert api.send("HEAD", "/products?page_size=1").status_code == 200
    assert api.send("HEAD", "/products?page=1").status_code == 400


def test_two_processes_together_never_grant_more_than_the_limit():
    key = keys.create("till", "pos", reads_per_minute=100).key
    processes = [{}, {}, {}]
    granted = 0
    for turn in range(150):
        throttling._blocks.clear()
        throttling._blocks.update(processes[turn % 3])
        granted += throttling.take(key.pk, "read", 100, 60_000.0).left >= 0
        processes[turn % 3] = dict(throttling._blocks)
    assert granted == 100


def test_counting_costs_one_statement_in_many_requests(django_assert_max_num_queries):
    key = keys.create("till", "pos").key
    with django_assert_max_num_queries(20):
        for _ in range(600):
            assert throttling.take(key.pk, "read", 600, 60_000.0).left >= 0
