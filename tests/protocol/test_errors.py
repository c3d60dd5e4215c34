"""The error tree: what a caller may do is told by the class, and every value is kept."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from ccip_py import errors
from ccip_py.errors import (
    BrokenInvariant,
    CannotEncode,
    CcipError,
    ContractRefused,
    EndpointDown,
    NotYet,
    RootMismatch,
)

CLASSES = [value for _, value in inspect.getmembers(errors, inspect.isclass) if issubclass(value, CcipError)]


@pytest.mark.parametrize("kind", CLASSES)
def test_only_what_time_can_heal_is_retried(kind: type[CcipError]) -> None:
    assert kind.retryable == issubclass(kind, NotYet)


def test_every_class_has_a_code_of_its_own_and_its_place_in_the_drawing() -> None:
    assert len({kind.default_code for kind in CLASSES}) == len(CLASSES)
    assert all(kind.__name__ in (errors.__doc__ or "") for kind in CLASSES)


def test_a_message_shows_its_values() -> None:
    error = CannotEncode("too long", code="TOO_LONG", context={"got": b"\x01\x02", "limit": 1}, hint="cut it")

    assert str(error) == "too long (got=0x0102, limit=1)"
    assert (error.code, error.hint) == ("TOO_LONG", "cut it")


def test_the_context_cannot_be_changed_afterwards() -> None:
    values = {"a": 1}
    error = EndpointDown("no answer", context=values)
    values["a"] = 2

    assert error.context["a"] == 1
    with pytest.raises(TypeError):
        error.context["a"] = 3  # type: ignore[index]


def test_a_refusal_names_contract_error_and_values() -> None:
    error = ContractRefused("OffRamp", "ManualExecutionNotYetEnabled", {"seq_nr": 4})

    assert str(error) == "OffRamp refused: ManualExecutionNotYetEnabled (seq_nr=4)"
    assert (error.contract, error.error, dict(error.values)) == (
        "OffRamp",
        "ManualExecutionNotYetEnabled",
        {"seq_nr": 4},
    )


def test_a_broken_invariant_carries_its_number() -> None:
    assert BrokenInvariant("INV-COMMIT-2", "a gap").invariant == "INV-COMMIT-2"


def test_a_peers_fault_is_not_ours() -> None:
    assert not issubclass(RootMismatch, errors.BadInput | BrokenInvariant)


def test_importing_the_package_loads_none_of_its_parts() -> None:
    code = "import sys, ccip_py; print([m for m in sys.modules if m.startswith('ccip_py.')])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
