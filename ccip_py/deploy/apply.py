"""Do the steps of a plan, on all chains at once.

Where a contract will be is known before it exists (deployer and nonce decide it), so everything of a phase is signed
and sent without waiting, each chain for itself. Between phases all chains have succeeded. Every step is in the
journal before it is sent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import anyio
from eth_utils.address import to_checksum_address

from ccip_py.chains.evm import rlp
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.evm.transactions import Signer
from ccip_py.deploy import abi, artifacts
from ccip_py.deploy.config import ChainConfig, NetworkConfig
from ccip_py.deploy.journal import Journal, Sent
from ccip_py.deploy.plan import Plan
from ccip_py.deploy.send import Signed, Wanted, base_fee_of, call_gas, creation_gas, send, sign
from ccip_py.deploy.steps import Addresses, Create, Phase, Step, digest, of_chain, of_token, resolve
from ccip_py.errors import CcipError, EndpointDown, Refused
from ccip_py.protocol.ids import Address
from ccip_py.protocol.keccak import keccak

Progress = Callable[[str], None]
Rpcs = Mapping[str, Rpc]  # by chain name


@dataclass(slots=True)
class Found:
    """What is there: the steps that succeeded, where their contracts are, and in which blocks they were made."""

    done: dict[str, str] = field(default_factory=dict)  # digest by step name
    addresses: dict[str, Address] = field(default_factory=dict)
    blocks: dict[str, int] = field(default_factory=dict)


async def survey(config: NetworkConfig, journal: Journal, rpcs: Rpcs) -> Found:
    """Ask the chains what became of everything in the journal, after what is still under way has landed."""
    found = Found()
    for chain in config.chains:
        await _settle(chain, rpcs[chain.name])
        lines = {
            line.step: line for line in journal.read() if line.chain == chain.name
        }  # the last one counts
        asked = [("eth_getTransactionReceipt", (line.transaction,)) for line in lines.values()]
        receipts = await rpcs[chain.name].batch(asked)
        for line, receipt in zip(lines.values(), receipts, strict=True):
            if receipt is not None and int(receipt["status"], 16) == 1:
                found.done[line.step] = line.digest
                found.blocks[line.step] = int(receipt["blockNumber"], 16)
                if line.address is not None:
                    found.addresses[line.step] = Address(bytes.fromhex(line.address[2:]))
    found.addresses.update(given(config))
    return found


def given(config: NetworkConfig) -> Addresses:
    """The contracts that are there without us, by the names that ours would have."""
    known: dict[str, Address] = {}
    for chain in config.chains:
        for contract, address in (("LINK", chain.link), ("WrappedNative", chain.wrapped_native)):
            if address is not None:
                known[of_chain(chain.name, contract)] = address
    for token in config.tokens:
        for name, place in token.on.items():
            if place.address is not None:
                known[of_token(name, token.symbol)] = place.address
    return known


async def apply(
    config: NetworkConfig,
    todo: Plan,
    found: Found,
    journal: Journal,
    rpcs: Rpcs,
    progress: Progress,
    patience_s: float,
) -> Found:
    """Do what is left, and return all that is then there."""
    addresses = {**found.addresses, **await predict(config, todo, rpcs)}
    after = Found(dict(found.done), dict(found.addresses), dict(found.blocks))
    for phase in Phase:
        failures: list[CcipError] = []

        async def work(
            chain: ChainConfig, phase: Phase = phase, failures: list[CcipError] = failures
        ) -> None:
            steps = todo.of(phase, chain.name)
            try:
                await _send_steps(chain, steps, addresses, after, journal, rpcs[chain.name], patience_s)
            except CcipError as failure:
                failures.append(failure)
            if steps and not failures:
                progress(f"{chain.name}: {_SAID[phase]} ({len(steps)} transactions)")

        async with anyio.create_task_group() as tasks:
            for chain in config.chains:
                tasks.start_soon(work, chain)
        if failures:
            raise failures[0]
    return after


_SAID = {
    Phase.CREATE: "contracts created",
    Phase.CONNECT: "contracts connected",
    Phase.HAND_OVER: "offered to the owner",
    Phase.ACCEPT: "accepted by the owner",
    Phase.ADMIT: "new tokens admitted by the owner",
    Phase.OPEN: "what is new connected by the owner",
}


async def predict(config: NetworkConfig, todo: Plan, rpcs: Rpcs) -> Addresses:
    """Where the contracts will be: each chain's deployer creates them one after the other from its next nonce on."""
    addresses: dict[str, Address] = {}
    for chain in config.chains:
        nonce = await _next_nonce(rpcs[chain.name], chain.deployer.address)
        for place, step in enumerate(todo.of(Phase.CREATE, chain.name)):
            addresses[step.name] = created_address(chain.deployer.address, nonce + place)
    return addresses


def created_address(creator: Address, nonce: int) -> Address:
    """The address of the contract that `creator` makes with its transaction number `nonce`."""
    return Address(keccak(rlp.encode([creator, nonce]))[12:])


def transaction_of(step: Step, addresses: Addresses) -> Wanted:
    """The step as a transaction."""
    artifact = artifacts.load(step.contract)
    arguments = resolve(step.arguments, addresses)
    if isinstance(step, Create):
        data = abi.creation_data(artifact, arguments)
        return Wanted(step.name, step.contract, None, data, creation_gas(data))
    data = abi.call_data(artifact, step.function, arguments)
    return Wanted(step.name, step.contract, addresses[step.target.name], data, call_gas(data))


async def _send_steps(
    chain: ChainConfig,
    steps: Sequence[Step],
    addresses: Addresses,
    after: Found,
    journal: Journal,
    rpc: Rpc,
    patience_s: float,
) -> None:
    if not steps:
        return
    party = chain.owner if steps[0].by_owner else chain.deployer
    if party.reference is None or (steps[0].by_owner and chain.timelock is not None):
        raise _for_the_owner(chain, steps, addresses)
    signer = party.unlock()
    await _check_funds(chain, rpc, signer)
    await _clock_moves_on(rpc, [after.blocks[step.later_than] for step in steps if step.later_than])
    signed = await _sign_steps(chain, steps, addresses, rpc, signer)
    lines = [_line(chain, step, one, addresses) for step, one in zip(steps, signed, strict=True)]
    journal.write(lines)
    receipts = await send(rpc, signed, patience_s)
    for step, receipt in zip(steps, receipts, strict=True):
        if isinstance(step, Create):
            _check_place(step, addresses[step.name], receipt["contractAddress"])
            after.addresses[step.name] = addresses[step.name]
        after.done[step.name] = digest(step)
        after.blocks[step.name] = int(receipt["blockNumber"], 16)


def _for_the_owner(chain: ChainConfig, steps: Sequence[Step], addresses: Addresses) -> Refused:
    """The owner signs elsewhere, perhaps as a timelock: here are its calls."""
    calls = {}
    for step in steps:
        wanted = transaction_of(step, addresses)
        to = "" if wanted.to is None else to_checksum_address(wanted.to)
        calls[f"{step.name}: to {to}"] = "0x" + wanted.data.hex()
    why = (
        "whose key is not here"
        if chain.timelock is None
        else "to schedule and then to execute in its timelock"
    )
    return Refused(
        f"{len(steps)} calls on {chain.name} are the owner's, {why}",
        code="OWNER_MUST_ACT",
        context=calls,
        hint="let the owner make them, and run this again: what is done is recognised by its effect in --verify",
    )


async def _sign_steps(
    chain: ChainConfig, steps: Sequence[Step], addresses: Addresses, rpc: Rpc, signer: Signer
) -> list[Signed]:
    nonce = await _next_nonce(rpc, signer.address)
    return await sign(rpc, chain.chain_id, signer, [transaction_of(step, addresses) for step in steps], nonce)


def _line(chain: ChainConfig, step: Step, one: Signed, addresses: Addresses) -> Sent:
    address = to_checksum_address(addresses[step.name]) if isinstance(step, Create) else None
    return Sent(step.name, digest(step), chain.name, one.hash, address)


def _check_place(step: Step, expected: Address, got: str) -> None:
    if bytes.fromhex(got[2:]) != expected:
        raise Refused(
            f"{step.name} is at {got}, not at {to_checksum_address(expected)}: the deployer's key was used meanwhile",
            hint="let nobody else use the deployer's key; run the deployment again with a fresh one",
        )


async def _check_funds(chain: ChainConfig, rpc: Rpc, signer: Signer) -> None:
    who = to_checksum_address(signer.address)
    balance, block = await rpc.batch(
        [("eth_getBalance", (who, "latest")), ("eth_getBlockByNumber", ("latest", False))]
    )
    if int(balance, 16) == 0 and base_fee_of(block) > 0:
        raise Refused(
            f"{who} has no funds on {chain.name}",
            code="NO_FUNDS",
            hint="send it some native coin",
        )


async def _next_nonce(rpc: Rpc, address: Address) -> int:
    return int(await rpc.call("eth_getTransactionCount", to_checksum_address(address), "latest"), 16)


async def _clock_moves_on(rpc: Rpc, blocks: Sequence[int]) -> None:
    """Wait until the next block is in a later second than these."""
    if not blocks:
        return
    past = int((await rpc.call("eth_getBlockByNumber", hex(max(blocks)), False))["timestamp"], 16)
    with anyio.move_on_after(_SETTLE_SECONDS):
        while int((await rpc.call("eth_getBlockByNumber", "pending", False))["timestamp"], 16) <= past:
            await anyio.sleep(0.05)


async def _settle(chain: ChainConfig, rpc: Rpc) -> None:
    """Wait until nothing of ours is under way: what was sent before an interruption counts as done, or not."""
    parties = {chain.deployer.address, chain.owner.address}
    for address in parties:
        with anyio.move_on_after(_SETTLE_SECONDS) as waiting:
            while True:
                who = to_checksum_address(address)
                asked = [("eth_getTransactionCount", (who, tag)) for tag in ("latest", "pending")]
                mined, pending = await rpc.batch(asked)
                if mined == pending:
                    break
                await anyio.sleep(0.25)
        if waiting.cancelled_caught:
            raise EndpointDown(
                f"transactions of {to_checksum_address(address)} on {chain.name} are still waiting to be mined",
                hint="wait until they are, or replace them; then run this again",
            )


_SETTLE_SECONDS = 60.0
