"""What is measured, what it may cost, and who costs less. No chain in here.

A figure is the gas of a whole transaction, divided by the messages it serves. Budgets and stretch goals are those
of the design, for a 32-byte message, out of order, to a receiver that does nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum


class Operation(Enum):
    """A row of the table, in the order of a message's journey. The value is what the table calls it."""

    SEND_LINK = "send, fee in LINK"
    SEND_NATIVE = "send, fee in native"
    SEND_TOKEN = "send a burn-mint token, fee in LINK"
    COMMIT = "commit one root"
    COMMIT_PRICES = "commit one root, one token and one gas price"
    BLESS = "bless one root"
    EXECUTE = "execute one message"
    EXECUTE_BATCH = "execute, per message in a batch of 32"
    TOKEN = "execute one burn-mint token to an account"
    TOKEN_BATCH = "the same, per message in a batch of 32"
    END_TO_END = "end to end per message, batch of 32"


BATCH = 32


@dataclass(frozen=True, slots=True)
class Budget:
    """What an operation may cost, and what it would be good to reach."""

    budget: int
    stretch: int


BUDGETS: Mapping[Operation, Budget] = {
    Operation.SEND_LINK: Budget(90_000, 82_000),
    Operation.COMMIT: Budget(95_000, 88_000),
    Operation.BLESS: Budget(70_000, 55_000),
    Operation.EXECUTE: Budget(88_000, 78_000),
    Operation.EXECUTE_BATCH: Budget(27_000, 24_000),
    Operation.TOKEN_BATCH: Budget(47_000, 42_000),
    Operation.END_TO_END: Budget(122_000, 110_000),
}

Figures = Mapping[Operation, int]


@dataclass(frozen=True, slots=True)
class Measured:
    """One system's figures, and what it refused while it was measured."""

    name: str
    figures: Figures
    refusals: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one figure of ours stands."""

    operation: Operation
    gas: int
    budget: Budget | None
    cheaper: tuple[tuple[str, int], ...]  # others that cost less, with their figure

    @property
    def standing(self) -> str:
        """`stretch`, `budget` or `missed` by how much; empty without a budget."""
        if self.budget is None:
            return ""
        if self.gas <= self.budget.stretch:
            return "stretch reached"
        if self.gas <= self.budget.budget:
            return "in budget"
        return f"missed by {self.gas - self.budget.budget:,}"


def end_to_end(figures: Figures) -> int:
    """Send, and a share of what serves the whole batch: commit and blessing, and its own part of the execution."""
    shared = figures[Operation.COMMIT] + figures.get(Operation.BLESS, 0)
    return figures[Operation.SEND_LINK] + round(shared / BATCH) + figures[Operation.EXECUTE_BATCH]


def with_end_to_end(figures: Figures) -> Figures:
    """The figures and their sum."""
    return {**figures, Operation.END_TO_END: end_to_end(figures)}


def verdicts(ours: Measured, others: Iterable[Measured]) -> tuple[Verdict, ...]:
    """One verdict per figure of ours, in the journey's order."""
    rivals = tuple(others)
    return tuple(
        Verdict(
            operation,
            ours.figures[operation],
            BUDGETS.get(operation),
            tuple(
                (rival.name, rival.figures[operation])
                for rival in rivals
                if rival.figures.get(operation, ours.figures[operation]) < ours.figures[operation]
            ),
        )
        for operation in Operation
        if operation in ours.figures
    )


def missed(judged: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Those above their budget: a trace has to say where their gas goes."""
    return tuple(each for each in judged if each.budget is not None and each.gas > each.budget.budget)


def table(ours: Measured, others: Iterable[Measured]) -> str:
    """For people: a row per operation, budget and stretch beside ours, then everybody else's figure."""
    rivals = tuple(others)
    head = ["operation", ours.name, "budget", "stretch", "", *(rival.name for rival in rivals)]
    rows = [
        [
            verdict.operation.value,
            f"{verdict.gas:,}",
            f"{verdict.budget.budget:,}" if verdict.budget else "",
            f"{verdict.budget.stretch:,}" if verdict.budget else "",
            verdict.standing,
            *(_figure(rival, verdict.operation) for rival in rivals),
        ]
        for verdict in verdicts(ours, rivals)
    ]
    return _aligned([head, *rows])


def losses(judged: Iterable[Verdict]) -> tuple[str, ...]:
    """Where somebody costs less than we do, one sentence each."""
    return tuple(
        f"{verdict.operation.value}: {name} costs {gas:,}, {verdict.gas - gas:,} less than ours"
        for verdict in judged
        for name, gas in verdict.cheaper
    )


def as_json(ours: Measured, others: Iterable[Measured]) -> dict[str, object]:
    """For programs. Gas fits a double, so these are numbers."""
    rivals = tuple(others)
    return {
        "systems": [
            {
                "name": each.name,
                "note": each.note,
                "gas": {operation.name.lower(): gas for operation, gas in each.figures.items()},
                "refused": list(each.refusals),
            }
            for each in (ours, *rivals)
        ],
        "budgets": {
            operation.name.lower(): {"budget": limit.budget, "stretch": limit.stretch}
            for operation, limit in BUDGETS.items()
        },
        "missed": [verdict.operation.name.lower() for verdict in missed(verdicts(ours, rivals))],
        "losses": list(losses(verdicts(ours, rivals))),
    }


def _figure(measured: Measured, operation: Operation) -> str:
    return f"{measured.figures[operation]:,}" if operation in measured.figures else "–"


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
