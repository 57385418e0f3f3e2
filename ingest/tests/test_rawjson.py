import json

import pytest

from ingest.rawjson import items, member, members

ODD = b'{ "b" : 1.0e2,"a":"\\u00e9\\ud800 \xc3\xa9", "b":[ 1 ,{"x":NaN}] ,"n":' + b"9" * 5000 + b"}"


def test_a_part_is_what_stands_there():
    body = b'{"request": {"headers":{}, "payload" :  ' + ODD + b' } , "response":null}\n'
    assert member(body, "request", "payload") == ODD
    assert member(body, "response") == b"null"
    assert member(body) == body


@pytest.mark.parametrize(
    "path", [("x",), ("request", "x"), ("response", "x"), ("request", "payload", "b", "x")]
)
def test_what_is_not_there(path):
    assert member(b'{"request":{"payload":{"b":[]}},"response":null}', *path) is None


def test_of_equal_names_the_last_counts():
    assert member(b'{"a":1,"a": 2}', "a") == b"2"


@pytest.mark.parametrize("body", [b'{"a" 1}', b'{"a":1 "b":2}', b'{"a":1', b"\xff", b'{"a":', b"{1:2}{"])
def test_what_is_no_json(body):
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds
        member(body, "b")


def test_nested_too_deep():
    with pytest.raises(RecursionError):
        member(b'{"a":' + b"[" * 200_000, "a")


@pytest.mark.parametrize("text", ["[]", "[ 1 , 2e400,\n{}]", '[{"a": "\\ud800"}, NaN, [1, [2]]]', '["],"]'])
def test_the_items_of_a_list_are_what_a_parser_finds_there(text):
    found = [json.loads(text[start:end]) for start, end in items(text)]
    assert json.dumps(found) == json.dumps(json.loads(text))


@pytest.mark.parametrize("text", ["[1,]", "[1 2]", "[", "{}", "[,]", ""])
def test_what_is_no_list(text):
    with pytest.raises(ValueError, match="Expecting"):
        list(items(text))


def test_members_stand_in_their_order_with_their_places():
    text = ' {"b": 1, "a" :[2], "b":3}'
    assert [(m.name, text[m.start : m.end]) for m in members(text)] == [("b", "1"), ("a", "[2]"), ("b", "3")]


@pytest.mark.parametrize("text", ['{"a":1,}', "[1]", '{"a"}', "{1:2}"])
def test_what_is_no_object(text):
    with pytest.raises(ValueError, match="Expecting"):
        list(members(text))
