"""What every system goes through, in the same order with the same messages: first what it must refuse, then what it
does, each kind once before it is measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol

from .figures import BATCH, Figures, Operation, with_end_to_end
from .node import Node, gas_of

SAMPLES = 5
REFUSED = (
    "commit with a stranger's signature",
    "execution of a root that is not blessed",
    "replay of a message",
)


@dataclass(frozen=True, slots=True)
class Done:
    """A mined transaction and where it is."""

    node: Node
    receipt: Any

    @property
    def gas(self) -> int:
        """What it used."""
        return gas_of(self.receipt)


class Lane(Protocol):
    """One lane of any system. What a message is, is its own business."""

    def send(self, *, native: bool, token: bool) -> tuple[Done, Any]:
        """32 bytes to the receiver that does nothing, or a burn-mint token to an account."""

    def commit(self, messages: Sequence[Any], *, priced: bool, forged: bool) -> Done:
        """One root over `messages`. `forged`: with a stranger's signature, which must fail."""

    def bless(self, messages: Sequence[Any]) -> Sequence[Done]:
        """All that it takes until the root counts as blessed."""

    def execute(self, messages: Sequence[Any], *, blessed: bool) -> tuple[Done, int]:
        """All messages of a root in one report, and how many of them succeeded. Must fail unless `blessed`."""


class Scenario:
    """Drives one lane and keeps the books."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.last: dict[Operation, Done] = {}  # of each kind, for traces
        self._gas: dict[Operation, list[int]] = {}

    def run(self) -> Figures:
        """The figures. Raises if anything is refused that should not be, or the other way round."""
        self._refusals()
        for _ in range(SAMPLES):
            sent, message = self.lane.send(native=False, token=False)
            self._note(Operation.SEND_LINK, sent)
            self._deliver([message], Operation.EXECUTE, alone=True)
        self._native_and_prices()
        sent, message = self.lane.send(native=False, token=True)
        self._note(Operation.SEND_TOKEN, sent)
        self._deliver([message], Operation.TOKEN)
        self._batch(Operation.EXECUTE_BATCH, token=False)
        self._batch(Operation.TOKEN_BATCH, token=True)
        return with_end_to_end({operation: round(median(gas)) for operation, gas in self._gas.items()})

    def _refusals(self) -> None:
        lane = self.lane
        _, first = lane.send(native=False, token=False)
        lane.commit([first], priced=False, forged=True)
        lane.commit([first], priced=False, forged=False)
        lane.execute([first], blessed=False)
        lane.bless([first])
        assert lane.execute([first], blessed=True)[1] == 1, "a blessed message was not executed"
        assert lane.execute([first], blessed=True)[1] == 0, "a replay was executed"
        _, token = lane.send(native=False, token=True)
        self._deliver([token])

    def _native_and_prices(self) -> None:
        for _ in range(2):  # the first one writes words that later ones change
            sent, message = self.lane.send(native=True, token=False)
            committed = self.lane.commit([message], priced=True, forged=False)
        self._note(Operation.SEND_NATIVE, sent)
        self._note(Operation.COMMIT_PRICES, committed)

    def _batch(self, operation: Operation, *, token: bool) -> None:
        batch = [self.lane.send(native=False, token=token)[1] for _ in range(BATCH)]
        self._deliver(batch, operation)

    def _deliver(
        self, messages: Sequence[Any], operation: Operation | None = None, *, alone: bool = False
    ) -> None:
        committed = self.lane.commit(messages, priced=False, forged=False)
        blessed = self.lane.bless(messages)
        executed, successes = self.lane.execute(messages, blessed=True)
        assert successes == len(messages), f"{successes} of {len(messages)} messages succeeded"
        if alone:
            self._note(Operation.COMMIT, committed)
            if blessed:  # else the commit carries it
                self._note(Operation.BLESS, *blessed)
        if operation is not None:
            self._note(operation, executed, share=len(messages))

    def _note(self, operation: Operation, *done: Done, share: int = 1) -> None:
        self._gas.setdefault(operation, []).append(round(sum(each.gas for each in done) / share))
        self.last[operation] = done[-1]
