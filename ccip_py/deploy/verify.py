"""Read a deployed network back, and compare it with its configuration: nothing is believed because it was sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address

from ccip_py.chains.deployment import Deployment
from ccip_py.chains.evm.endpoint import RpcRefused, UnknownBlock
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.deploy import abi, artifacts
from ccip_py.deploy.config import NetworkConfig
from ccip_py.deploy.expect import Question, Sorted, agrees, questions


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer that is not the expected one."""

    question: Question
    got: Any

    def __str__(self) -> str:
        asked = ", ".join(show(argument) for argument in self.question.arguments)
        where = f"{self.question.where} on {self.question.chain}"
        return f"{where}: {self.question.function}({asked}) is {show(self.got)}, want {show(self.question.expected)}"


async def findings(
    config: NetworkConfig, deployment: Deployment, rpcs: Mapping[str, Rpc]
) -> tuple[Finding, ...]:
    """Everything that is not as it should be; empty is good."""
    asked = tuple(questions(config, deployment))
    wrong: list[Finding] = []
    for name, rpc in rpcs.items():
        here = [question for question in asked if question.chain == name]
        wrong += [
            Finding(question, got)
            for question, got in zip(here, await _answers(rpc, here), strict=True)
            if isinstance(got, NoAnswer) or not agrees(question.expected, got)
        ]
    return tuple(wrong)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The contract is not there, or is another one."""

    reason: str


async def _answers(rpc: Rpc, asked: Sequence[Question]) -> list[Any]:
    calls = [
        ("eth_call", ({"to": to_checksum_address(q.address), "data": _data(q)}, "latest")) for q in asked
    ]
    return [_answer(q, raw) for q, raw in zip(asked, await rpc.try_batch(calls), strict=True)]


def _data(question: Question) -> str:
    artifact = artifacts.load(question.contract)
    return "0x" + abi.call_data(artifact, question.function, question.arguments).hex()


def _answer(question: Question, raw: Any) -> Any:
    if isinstance(raw, RpcRefused | UnknownBlock):
        return NoAnswer(raw.message)
    artifact = artifacts.load(question.contract)
    try:
        return abi.result(artifact, question.function, len(question.arguments), bytes.fromhex(raw[2:]))
    except DecodingError:
        return NoAnswer("no code there, or another contract's")


def show(value: Any) -> str:
    """A value for people: addresses in checksum, other bytes in hex."""
    if isinstance(value, NoAnswer):
        return f"no answer ({value.reason})"
    if isinstance(value, bytes):
        return to_checksum_address(value) if len(value) == 20 else "0x" + value.hex()
    if isinstance(value, Sorted):
        return show(list(value.values)) + " in any order"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {show(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(show(item) for item in value) + "]"
    return str(value.__doc__) if callable(value) else str(value)
