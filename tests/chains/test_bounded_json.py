"""A stranger's JSON cannot end the process, whatever recursion limit some library has set."""

import sys

import pytest

from ccip_py.chains.bounded_json import parse_answer, parse_json


@pytest.fixture
def generous_limit():
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.usefixtures("generous_limit")
@pytest.mark.parametrize("parse", [parse_json, parse_answer])
@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_nesting_that_would_overflow_the_stack_is_a_value_error(opening, parse):
    with pytest.raises(ValueError, match=r"too deep|depth limit"):
        parse(opening * 200_000)

    assert sys.getrecursionlimit() == 100_000


@pytest.mark.parametrize("parse", [parse_json, parse_answer])
def test_ordinary_json_is_parsed(parse):
    assert parse(b'[{"a": [1, {"b": null}]}]') == [{"a": [1, {"b": None}]}]


@pytest.mark.parametrize("parse", [parse_json, parse_answer])
@pytest.mark.parametrize("text", [b"", b"{", b"nul", b"\xff"])
def test_what_is_no_json_is_a_value_error(text, parse):
    with pytest.raises(ValueError, match=r"Expecting|decode|expected|unexpected|empty|UTF-8|str is not"):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        b'["' + b"]" * 300 + b'",' + b"[" * 300,  # closed within a string only
        b'["\\"' + b"]" * 300 + b'",' + b"[" * 300,  # a quote within the string
    ],
)
def test_strings_do_not_hide_how_deep_it_is(text):
    with pytest.raises(ValueError, match="too deep"):
        parse_json(text)


def test_many_brackets_beside_each_other_or_in_strings_are_fine():
    text = b"[" + b",".join([b'{"a": ["[[{{"]}'] * 300) + b"]"

    assert parse_json(text) == [{"a": ["[[{{"]}] * 300


def test_other_encodings_are_not_guessed_at():
    with pytest.raises(ValueError, match=r"decode|Expecting|Invalid"):
        parse_json("[1]".encode("utf-16"))
