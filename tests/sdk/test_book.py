"""Names and selectors resolve; a chain id where a selector belongs is told so."""

import pytest

from ccip_py.errors import BadInput, UnknownLane
from ccip_py.sdk.book import Book

from .conftest import A, B, address


def test_a_chain_is_found_by_name_and_by_selector(deployment):
    book = Book.of(deployment)

    assert book.chain("a") is book.chain(A)


def test_a_chain_id_is_refused_with_the_selector_it_should_have_been(deployment):
    with pytest.raises(UnknownLane) as refused:
        Book.of(deployment).chain(1337)

    assert str(B) in refused.value.hint
    assert "chain id" in refused.value.hint


def test_an_unknown_name_is_refused_with_the_names_there_are(deployment):
    with pytest.raises(UnknownLane) as refused:
        Book.of(deployment).chain("sepolia")

    assert "a (selector" in refused.value.hint
    assert "b (selector" in refused.value.hint


def test_a_lane_has_a_direction(deployment):
    book = Book.of(deployment)

    assert book.lane("a", "b").on_ramp == address(0x30001)
    assert book.lane("b", "a").on_ramp == address(0x40001)


def test_a_token_is_found_by_symbol_and_link_without_being_listed(deployment):
    book = Book.of(deployment)

    assert bytes.fromhex(book.token("a", "BMT")[2:]) == address(0x10009)
    assert bytes.fromhex(book.token("b", "link")[2:]) == address(0x20007)
    assert book.token("a", "0x" + "ab" * 20).lower() == "0x" + "ab" * 20


def test_a_selector_is_understood_as_text_too(deployment):
    book = Book.of(deployment)

    assert book.chain(str(A)) is book.chain(A)


@pytest.mark.parametrize("token", ["0x1234", "0xZZ", "0x" + "00" * 20, "NOPE", ""])
def test_what_is_no_token_is_refused(deployment, token):
    with pytest.raises(BadInput):
        Book.of(deployment).token("a", token)
