"""The chosen messages with their proof, out of a tree that is the committed one or none at all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccip_py.errors import NotYet, RootMismatch
from ccip_py.execute.report import execution_report, tree_of
from ccip_py.protocol.merkle import Proof, verify_proof
from ccip_py.protocol.message import TokenAmount

from .builders import METADATA, a_message, a_root, an_address, some_messages, view_of


@settings(max_examples=50)
@given(st.integers(1, 40), st.data())
def test_the_proof_leads_from_the_chosen_messages_to_the_root(count: int, data: st.DataObject) -> None:
    messages = some_messages(count, first=data.draw(st.integers(1, 1000)))
    chosen = data.draw(st.lists(st.sampled_from(messages), min_size=1, unique=True))
    committed = a_root(messages)
    tree = tree_of(committed, view_of(messages).messages, METADATA)

    report = execution_report(committed, tree, chosen)

    assert list(report.messages) == sorted(chosen, key=lambda each: each.sequence_number)
    proof = Proof(report.proofs, report.proof_flag_bits)
    assert verify_proof([each.message_id for each in report.messages], proof) == committed.root


def test_a_tree_that_is_not_the_committed_one_is_refused() -> None:
    messages = some_messages(3)
    forged = [*messages[:2], a_message(3, data=b"another")]

    with pytest.raises(RootMismatch) as refusal:
        tree_of(a_root(messages), view_of(forged).messages, METADATA)

    assert refusal.value.context["committed"] == a_root(messages).root


@pytest.mark.parametrize("change", [{"data": b"changed"}, {"message_id": bytes(32)}], ids=str)
def test_a_message_that_is_not_what_its_id_says_is_refused(change: dict[str, bytes]) -> None:
    (message,) = messages = some_messages(1)
    odd = replace(message, **change)

    with pytest.raises(RootMismatch, match="its own leaf"):
        tree_of(a_root(messages), {message.sequence_number: odd}, METADATA)


def test_a_missing_message_may_still_come() -> None:
    messages = some_messages(3)
    seen = {each.sequence_number: each for each in messages[:1]}

    with pytest.raises(NotYet) as refusal:
        tree_of(a_root(messages), seen, METADATA)

    assert refusal.value.context == {"first": 2, "count": 2}


def test_pools_get_their_offchain_data_and_others_nothing() -> None:
    token = TokenAmount(an_address(9), 1)
    attested = a_message(1, token_amounts=(token,), source_token_data=(b"x",))
    plain = a_message(2, token_amounts=(token, token), source_token_data=(b"x", b"y"))
    committed = a_root([attested, plain])
    tree = tree_of(committed, view_of([attested, plain]).messages, METADATA)

    report = execution_report(committed, tree, [plain, attested], {attested.message_id: (b"proof",)})

    assert report.offchain_token_data == ((b"proof",), (b"", b""))
