"""One message that makes transactions revert is found and set aside; all others get through."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccip_py.execute.poison import LONGEST_QUARANTINE, Quarantine, after_revert, quarantine_seconds
from ccip_py.execute.select import Batch, Limits, select
from ccip_py.protocol.message import Message

from .builders import some_messages, view_of


def a_batch(count: int) -> Batch:
    (batch,) = select(view_of(some_messages(count)), Limits(gas=10**9)).batches
    return batch


@settings(max_examples=50)
@given(st.integers(1, 50), st.data())
def test_J8_exactly_the_poisoned_messages_are_quarantined(count: int, data: st.DataObject) -> None:
    batch = a_batch(count)
    poisoned = set(data.draw(st.sets(st.integers(1, count), max_size=3)))
    sent: list[Message] = []
    quarantined: list[Message] = []
    simulations, stack = 0, [batch]

    while stack:
        trial = stack.pop()
        simulations += 1
        if not any(message.sequence_number in poisoned for message in trial.messages):
            sent += trial.messages
            continue
        step = after_revert(trial)
        if isinstance(step, Quarantine):
            quarantined.append(step.message)
        else:
            stack += [step.second, step.first]

    assert {message.sequence_number for message in quarantined} == poisoned
    assert [m.sequence_number for m in sent] == [n for n in range(1, count + 1) if n not in poisoned]
    assert simulations <= 1 + 2 * len(poisoned) * count.bit_length()


@settings(max_examples=20)
@given(st.integers(2, 50))
def test_halves_are_whole_batches_of_the_same_root(count: int) -> None:
    batch = a_batch(count)

    split = after_revert(batch)

    assert not isinstance(split, Quarantine)
    assert split.first.messages + split.second.messages == batch.messages
    assert split.first.committed == split.second.committed == batch.committed
    assert split.first.bytes + split.second.bytes == batch.bytes
    assert max(split.first.gas, split.second.gas) < batch.gas


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 15), (2, 30), (3, 60), (8, 1920), (9, 3600), (10**6, 3600)]
)
def test_quarantine_doubles_up_to_a_bound(attempts: int, seconds: int) -> None:
    assert quarantine_seconds(attempts) == seconds <= LONGEST_QUARANTINE
