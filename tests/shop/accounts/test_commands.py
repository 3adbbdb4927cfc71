"""The commands that make and end access print what is asked for and nothing else."""

from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from shop.accounts import keys
from shop.accounts.models import ApiClient, ApiKey, User
from tests.api_client import problem

pytestmark = pytest.mark.django_db


def run(*words, **options):
    out = StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def test_create_owner_prints_only_a_password_that_signs_in():
    password = run("create_owner", "Owner@Shop.example").removesuffix("\n")
    assert len(password) == 20
    assert authenticate(username="owner@shop.example", password=password) == User.objects.get()
    assert [group.name for group in User.objects.get().groups.all()] == ["owner"]
    assert User.objects.get().password.startswith("argon2")


def test_create_owner_refuses_what_is_no_e_mail_or_is_there_already():
    run("create_owner", "a@shop.example")
    with pytest.raises(CommandError, match="somebody with the e-mail"):
        run("create_owner", "A@shop.example")
    with pytest.raises(CommandError, match="is not an e-mail address"):
        run("create_owner", "nobody")
    assert User.objects.count() == 1


@pytest.mark.parametrize("preset", ["storefront", "pos", "integration"])
def test_create_api_key_prints_only_the_key(client, preset):
    text = run("create_api_key", "Shop", preset=preset).removesuffix("\n")
    answer = client.get("/api/v1/me", headers={"Authorization": f"Bearer {text}"})
    assert answer.json()["scopes"] == list(keys.PRESETS[preset].scopes)


def test_a_second_key_of_a_name_belongs_to_the_same_client():
    run("create_api_key", "Shop", preset="storefront")
    run("create_api_key", "Shop", preset="storefront", writes_per_minute=0)
    assert ApiClient.objects.count() == 1
    assert list(ApiKey.objects.order_by("pk").values_list("writes_per_minute", flat=True)) == [None, 0]


def test_revoke_api_key_ends_it(client):
    text = run("create_api_key", "Shop", preset="pos").strip()
    run("revoke_api_key", text.split(".")[0])
    answer = client.get("/api/v1/me", headers={"Authorization": f"Bearer {text}"})
    assert problem(answer) == (401, "unauthorized")
    with pytest.raises(CommandError, match="There is no API key with the prefix nothing"):
        run("revoke_api_key", "nothing")
