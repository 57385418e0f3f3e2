import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.backfill.items import cut, read_pull
from ingest.github.answer import Answer
from ingest.github.errors import UnexpectedAnswer


def answer(body: bytes) -> Answer:
    return Answer(body, 200, "https://api.github.com/x", {}, None, None, "", None, None)


@pytest.mark.parametrize(
    "item",
    [
        b'{"a":1}',
        b'{ "a" :\t1 ,\n "b": [ ] }',
        b'{"title":"\\u0000 \\u00e9 \xc3\xa9 \\/ \\ud83d\\ude80"}',
        b'{"title":"a lone \\ud800 surrogate"}',
        b'{"score":NaN}',
        b'{"big":123456789012345678901234567890,"real":1.10}',
        b'{"twice":1,"twice":2}',
    ],
)
def test_an_item_keeps_its_own_bytes(item):
    assert cut(answer(b' [ {"before": true} ,\r\n' + item + b" , {}]\n")) == [
        b'{"before": true}',
        item,
        b"{}",
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(JSON), st.booleans(), st.sampled_from(["", " ", "\n\t "]))
def test_any_list_is_cut_at_its_items(values, ascii_only, space):
    items = [
        json.dumps(value, ensure_ascii=ascii_only, indent=1).encode("utf-8", "surrogatepass")
        for value in values
    ]
    gap = space.encode()
    assert cut(answer(b"[" + gap + (gap + b"," + gap).join(items) + gap + b"]")) == items


@pytest.mark.parametrize(
    "body", [b'{"message":"x"}', b"null", b"[1,]", b"[1 2]", b"[", b"", b"[1", b'["\\ud800"']
)
def test_what_is_no_list_is_an_error(body):
    with pytest.raises(UnexpectedAnswer, match="something other than a list"):
        cut(answer(body))


def test_a_deep_body_is_an_error():
    with pytest.raises(UnexpectedAnswer):
        cut(answer(b"[" * 100_000))


def test_an_empty_list():
    assert cut(answer(b" [ ] ")) == []


PULL = {"number": 5, "updated_at": "2026-06-03T12:00:00Z", "base": {"repo": {"id": 7}}}


def test_a_pull_request_with_a_lone_surrogate_is_read():
    body = json.dumps({**PULL, "title": "\ud800"}).encode()
    assert read_pull(body).number == 5


def test_without_a_number_it_is_no_pull_request():
    assert read_pull(json.dumps({**PULL, "number": "5"}).encode()) is None


@pytest.mark.parametrize(
    "wrong", [{"updated_at": "yesterday"}, {"updated_at": "2026-06-03T12:00:00"}, {"base": None}, {"base": 1}]
)
def test_one_odd_field_does_not_keep_a_pull_request_from_being_visited(wrong):
    found = read_pull(json.dumps({**PULL, **wrong}).encode())
    assert found.number == 5
    assert "updated_at" not in wrong or found.updated_at is None
