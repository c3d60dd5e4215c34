"""What a test expects to be refused: `with ccip.reverts("TooBig", given=101): …`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal

from ccip_py.errors import ContractRefused


@dataclass(frozen=True, slots=True)
class Reverts:
    """A block that must be refused by a contract with this error and, as far as they are named, these values."""

    error: str
    values: Mapping[str, Any]

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> Literal[True] | None:
        expected = f"expected {_shown(self.error, self.values)}"
        if problem is None:
            raise AssertionError(f"{expected}, but nothing was refused")
        if not isinstance(problem, ContractRefused):
            return None
        same = all(problem.values.get(name) == value for name, value in self.values.items())
        if problem.error != self.error or not same:
            raise AssertionError(f"{expected}, but got {_shown(problem.error, problem.values)}") from None
        return True


def _shown(error: str, values: Mapping[str, Any]) -> str:
    return f"{error}({', '.join(f'{name}={value}' for name, value in values.items())})"
