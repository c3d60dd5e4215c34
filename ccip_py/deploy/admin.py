"""What the owner and the guardian of a running network do, one operation each.

    owner = Console(deployment.chain_named("b"), party("keystore:owner.json"))
    remove_unblessed_roots(owner, lane.commit_store, [root])
    uncurse(owner, subject=lane.source)

Each is one transaction, waited for; a refusal of the contract comes back by name. They block; async code runs them
in a worker thread. A timelock that owns instead of a key takes the same calls as `call_data` in `ccip_py.deploy.abi`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import anyio
from eth_utils.address import to_checksum_address

from ccip_py.chains.deployment import ChainDeployment
from ccip_py.chains.evm.endpoint import Target
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.rpc_headers import read_headers
from ccip_py.deploy import abi, artifacts
from ccip_py.deploy.abi import encode_values
from ccip_py.deploy.keys import Party
from ccip_py.deploy.lane import OFFCHAIN_CONFIG, OFFCHAIN_CONFIG_VERSION
from ccip_py.deploy.send import PATIENCE_S, Wanted, call_gas, send, sign
from ccip_py.errors import BadInput
from ccip_py.protocol.blessing import curse_subject
from ccip_py.protocol.ids import Address, ChainSelector, Root


@dataclass(frozen=True, slots=True)
class Console:
    """One chain, and the key that acts there."""

    chain: ChainDeployment
    party: Party
    patience_s: float = PATIENCE_S  # how long a transaction may take to be mined


@dataclass(frozen=True, slots=True)
class Done:
    """The transaction that did it."""

    transaction: str
    block: int
    gas_used: int


def remove_unblessed_roots(owner: Console, commit_store: Address, roots: Sequence[Root]) -> Done:
    """Remove roots, the newest first; in the same call the expected sequence number goes back to before them."""
    if not roots:
        raise BadInput("name the roots to remove, the newest first")
    return act(owner, commit_store, "CommitStore", "resetUnblessedRoots", list(roots))


def uncurse(owner: Console, subject: ChainSelector | bytes, reviewed: bytes | None = None) -> Done:
    """Lift a curse, quoting the hash of the votes that were `reviewed` (None: as they are now). If there is a newer
    vote, the chain refuses."""
    name = _subject(subject)
    if reviewed is None:
        reviewed = ask(owner.chain, owner.chain.rmn, "RMN", "votesHash", name)
    return act(owner, owner.chain.rmn, "RMN", "uncurse", name, reviewed)


def curse(guardian: Console, subject: ChainSelector | bytes) -> Done:
    """Stop a remote chain, or everything, at once. The guardian may, and the owner."""
    return act(guardian, guardian.chain.rmn, "RMN", "curse", _subject(subject))


def pause(owner: Console, commit_store: Address) -> Done:
    """Stop one lane and no other: nothing is committed on it."""
    return act(owner, commit_store, "CommitStore", "pause")


def unpause(owner: Console, commit_store: Address) -> Done:
    """Let a paused lane go on."""
    return act(owner, commit_store, "CommitStore", "unpause")


def set_committers(owner: Console, commit_store: Address, committers: Sequence[Address], f: int) -> Done:
    """Rotate the committing network of one lane. Reports signed under the old configuration are void."""
    if f < 1 or len(committers) != 3 * f + 1 or len(set(committers)) != len(committers):
        raise BadInput(f"f = {f} needs {3 * f + 1} different committers, got {len(set(committers))}")
    fee_quoter = encode_values(["address"], [owner.chain.fee_quoter])
    who = list(committers)
    arguments = (who, who, f, fee_quoter, OFFCHAIN_CONFIG_VERSION, OFFCHAIN_CONFIG)
    return act(owner, commit_store, "CommitStore", "setOCR2Config", *arguments)


def set_executors(
    owner: Console, off_ramp: Address, remove: Sequence[Address] = (), add: Sequence[Address] = ()
) -> Done:
    """Change who may execute before the open window."""
    return act(owner, off_ramp, "OffRamp", "setExecutors", list(remove), list(add))


def ask(chain: ChainDeployment, address: Address, contract: str, function: str, *arguments: Any) -> Any:
    """Read a view of a contract, by names."""
    artifact = artifacts.load(contract)
    question = {
        "to": to_checksum_address(address),
        "data": "0x" + abi.call_data(artifact, function, arguments).hex(),
    }

    async def run() -> Any:
        async with _rpc(chain) as rpc:
            return await rpc.call("eth_call", question, "latest")

    return abi.result(artifact, function, len(arguments), bytes.fromhex(anyio.run(run)[2:]))


def act(console: Console, to: Address, contract: str, function: str, *arguments: Any) -> Done:
    """Any other call of any of our contracts, as one transaction of the console's key."""
    data = abi.call_data(artifacts.load(contract), function, arguments)
    wanted = Wanted(f"{contract}.{function}", contract, to, data, call_gas(data))
    signer = console.party.unlock()

    async def run() -> Done:
        async with _rpc(console.chain) as rpc:
            who = to_checksum_address(signer.address)
            nonce = int(await rpc.call("eth_getTransactionCount", who, "pending"), 16)
            signed = await sign(rpc, console.chain.chain_id, signer, [wanted], nonce)
            [receipt] = await send(rpc, signed, console.patience_s)
            block, gas = int(receipt["blockNumber"], 16), int(receipt["gasUsed"], 16)
            return Done(receipt["transactionHash"], block, gas)

    return anyio.run(run)


def _rpc(chain: ChainDeployment) -> Rpc:
    return Rpc(Target(chain.rpc_url, read_headers(chain.rpc_headers)), chain_id=chain.chain_id)


def _subject(subject: ChainSelector | bytes) -> bytes:
    return subject if isinstance(subject, bytes) else curse_subject(subject)
