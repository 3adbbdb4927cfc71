"""The reference at /api/docs, the pages about problems, and the pages for what is not there."""

import re
from html import unescape

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.test import Client
from django.utils.safestring import SafeString
from jsonschema import Draft202012Validator

from shop.api import examples, reference
from shop.api.describing import Describer
from shop.api.problems import CATALOGUE, LINE_CODES
from shop.ui.templatetags.prose import breakable, inline, prose

DOCUMENT = reference.openapi()
OPERATIONS = {
    described["operationId"]: described for methods in DOCUMENT["paths"].values() for described in methods.values()
}
GROUPS = Describer(DOCUMENT, settings.BASE_URL).groups()
DESCRIBED = {operation.name: operation for group in GROUPS for operation in group.operations}


@pytest.fixture
def read_page(client):
    def read(path: str, status: int = 200) -> str:
        answer = client.get(path)
        assert answer.status_code == status
        assert answer["Content-Type"].startswith("text/html")
        return answer.content.decode()

    return read


def faults(schema, value):
    """What is wrong with the value, the document's components at hand."""
    whole = {**schema, "components": DOCUMENT["components"]}
    return [error.message for error in Draft202012Validator(whole).iter_errors(value)]


def test_every_operation_is_on_the_page_with_an_example_and_its_problems(read_page):
    html = read_page("/api/docs")
    assert DESCRIBED.keys() == OPERATIONS.keys()
    for name, operation in DESCRIBED.items():
        assert html.count(f'id="{name}"') == 1
        assert f"<code>{operation.path}</code>" in html
        assert unescape(html).count(operation.requests[0].curl) == 1
    assert set(re.findall(r'href="/problems/(\w+)"', html)) == CATALOGUE.keys()
    assert not [code for code in LINE_CODES if f"<code>{code}</code>" not in html]


def test_every_link_within_the_page_leads_somewhere(read_page):
    html = read_page("/api/docs")
    anchors = set(re.findall(r'href="(?:/api/docs)?#([^"]+)"', html))
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert anchors <= set(ids)
    assert len(ids) == len(set(ids))


def test_the_commonest_mistake_is_warned_of_in_bold(read_page):
    warning = "must send <code>&quot;basis&quot;: &quot;level&quot;</code> with a count."
    assert re.search(rf"<strong>[^.]*{re.escape(warning)}</strong>", read_page("/api/docs"))
    assert "counts every sold and unshipped unit twice.</strong>" in read_page("/api/docs")


def test_the_page_needs_no_script_and_nobody_elses_server(read_page):
    html = read_page("/api/docs")
    assert "<script" not in html
    assert not re.findall(r'(?:src|href)="https?:', html)


@pytest.mark.parametrize("name", [name for name, told in OPERATIONS.items() if "requestBody" in told])
def test_every_example_body_is_one_that_the_contract_takes(name):
    schema = OPERATIONS[name]["requestBody"]["content"]["application/json"]["schema"]
    for body in examples.BODIES[name].values():
        assert faults(schema, body) == []


@pytest.mark.parametrize("name", examples.ANSWERS)
def test_every_example_answer_is_one_that_the_contract_gives(name):
    [answer] = [told for status, told in OPERATIONS[name]["responses"].items() if status in ("200", "201")]
    assert faults(answer["content"]["application/json"]["schema"], examples.ANSWERS[name]) == []


def test_the_example_of_a_refusal_is_a_problem_document():
    assert faults({"$ref": "#/components/schemas/ProblemDocument"}, examples.REFUSED) == []


def test_every_example_query_names_parameters_that_there_are():
    for name, query in examples.QUERY.items():
        known = {one["name"] for one in OPERATIONS[name]["parameters"] if one["in"] == "query"}
        assert {part.partition("=")[0] for part in query.split("&")} <= known


def test_nested_fields_are_rows_with_their_whole_path():
    [body] = DESCRIBED["place_order"].bodies
    rows = {row.name: (row.kind, row.rule, row.required) for row in body.rows}
    assert rows["lines"] == ("list of objects", "at most 200", True)
    assert rows["lines[].quantity"] == ("integer", "1 to 1,000,000", True)
    assert rows["shipping_address.country"] == ("string or null", "matches `^[A-Z]{2}$`", False)
    assert [row.kind for row in DESCRIBED["get_order"].answer.rows if row.name == "lines[].deliveries[].from"] == [
        "date or null"
    ]


def test_a_body_that_is_one_of_several_says_which():
    assert [body.title for body in DESCRIBED["post_stock_movement"].bodies] == [
        "`type`: `receipt` or `sale` or `return`",
        "`type`: `correction`",
        "`type`: `count`, `basis`: `on_hand`",
        "`type`: `count`, `basis`: `level`",
    ]


def test_an_example_is_a_whole_command():
    [example] = DESCRIBED["lower_order_line"].requests
    assert example.curl == (
        "curl -X PATCH \\\n"
        f"  '{settings.BASE_URL}/api/v1/orders/10452/lines/30812' \\\n"
        '  -H "Authorization: Bearer $API_KEY" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        "  -d '{\"quantity\": 3}'"
    )


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_problem_has_a_page_with_its_status_meaning_and_whether_to_retry(read_page, code):
    html = read_page(f"/problems/{code}")
    for told in (str(CATALOGUE[code].status), code, inline(CATALOGUE[code].meaning), CATALOGUE[code].retry):
        assert told in html
    assert ("insufficient_stock" in html) == (code == "order_rejected")


def test_what_is_not_there_is_a_page_outside_the_api_and_a_problem_inside(read_page, client):
    assert "There is no such page" in read_page("/problems/nonsense", status=404)
    assert "There is no such page" in read_page("/nonsense/", status=404)
    assert client.get("/api/nonsense").json()["code"] == "not_found"


def test_the_page_for_a_failure_needs_nothing_but_itself():
    assert "Nothing was changed." in get_template("500.html").render()


def test_a_failing_page_is_answered_with_it(monkeypatch):
    monkeypatch.setattr(reference, "_described", lambda: 1 / 0)
    answer = Client(raise_request_exception=False).get("/api/docs")
    assert (answer.status_code, b"Something went wrong on our side" in answer.content) == (500, True)


def test_sentences_are_escaped_before_they_are_adorned():
    assert inline("`a<b` & **c**") == "<code>a&lt;b</code> &amp; <strong>c</strong>"
    assert prose("One.\n\nTwo.") == "<p>One.</p><p>Two.</p>"
    assert breakable("a[].b<") == "a[].<wbr>b&lt;"
    assert all(isinstance(html, SafeString) for html in (inline(""), prose(""), breakable("")))
