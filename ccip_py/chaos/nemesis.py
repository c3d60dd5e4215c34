"""What can go wrong, one kind at a time: each fault strikes, lasts, and is taken back.

A fault is a context manager over the world: entered it strikes, left it heals. Chance comes from the dice it is
given alone, so equal dice strike the same in an equal network. No fault here is more than the network promises to bear:
at most f committers, one monitor, one executor at a time. Where it promises to notice and to stop, which a change of final
blocks is about, the fault waits for that, and then does what its operators and its owner would do.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from ccip_py.chains.deployment import ChainDeployment, LaneDeployment
from ccip_py.chaos.fleet import Fleet
from ccip_py.chaos.gates import Gates
from ccip_py.chaos.proxies import Proxies
from ccip_py.chaos.traffic import ETHER
from ccip_py.deploy import devnet as roles
from ccip_py.deploy.admin import Console, ask, curse, set_committers, uncurse
from ccip_py.deploy.keys import dev_address, party
from ccip_py.devnet.anvil import Anvil
from ccip_py.devnet.network import Network
from ccip_py.errors import CcipError
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.hashing import leaf, metadata_hash
from ccip_py.protocol.ids import Address, MessageId
from ccip_py.protocol.message import Message
from ccip_py.testing import faults as proxy

SPIKE_WEI = 1_000 * 10**9  # a thousand times a devnet's base fee
LIAR = 3  # the committer that believes what it is told
LIFTS = 5  # tries to lift a curse
DEEPER = 8  # blocks below the finalized one that a deep reorg replaces: more than any node may lag behind
NOTICED_S = 60.0  # in which everybody has to have noticed that
DEEP, CURSE = "deep reorg", "curse and lift"
ABOUT_CURSES = (DEEP, CURSE)  # after all others nothing may be cursed
NOBODY = Address(b"\xbd" * 20)


class PromiseBroken(CcipError):
    """A fault that had to be noticed was not."""

    default_code = "PROMISE_BROKEN"


@dataclass(slots=True)
class World:
    """Everything that a fault can reach."""

    network: Network
    fleet: Fleet
    proxies: Proxies
    gates: Gates
    quiet: set[str] = field(default_factory=set)  # chains from which nothing is sent for now
    pass_time: Callable[[float], None] = (
        time.sleep
    )  # for so many seconds, with everything that goes on besides

    def wait(self, what: str, holds: Callable[[], bool]) -> None:
        """Let time pass until it holds. PromiseBroken if it takes too long."""
        deadline = time.monotonic() + NOTICED_S
        while not holds():
            if time.monotonic() > deadline:
                raise PromiseBroken(f"not within {NOTICED_S:.0f} s: {what}")
            self.pass_time(1.0)

    def any_chain(self, dice: random.Random) -> str:
        return dice.choice([chain.name for chain in self.network.deployment.chains])

    def any_node(self, dice: random.Random) -> str:
        return dice.choice(self.fleet.names)


Strike = Callable[[World, random.Random], AbstractContextManager[str]]


@contextmanager
def killed(world: World, dice: random.Random) -> Iterator[str]:
    """kill -9, and started again: what it had persisted is all it knows."""
    node = world.any_node(dice)
    world.fleet.kill(node)
    yield node
    world.fleet.start(node)


@contextmanager
def frozen(world: World, dice: random.Random) -> Iterator[str]:
    """SIGSTOP and SIGCONT: late timers, stale views."""
    node = world.any_node(dice)
    world.fleet.freeze(node)
    yield node
    world.fleet.thaw(node)


@contextmanager
def partitioned(world: World, dice: random.Random) -> Iterator[str]:
    """One committer and the three others no longer hear each other; or two and two, and nothing is attested."""
    some = set(dice.sample(range(len(roles.COMMITTERS)), dice.choice((1, 2))))
    world.gates.part(some)
    yield f"committers {sorted(some)} apart"
    world.gates.join()


def through_proxy(*choices: proxy.Fault) -> Strike:
    """One node's way to one chain is bad."""

    @contextmanager
    def strike(world: World, dice: random.Random) -> Iterator[str]:
        node, chain, fault = world.any_node(dice), world.any_chain(dice), dice.choice(choices)
        world.proxies.set(node, chain, fault)
        yield f"{fault} between {node} and {chain}"
        world.proxies.set(node, chain)

    return strike


@contextmanager
def shallow_reorg(world: World, dice: random.Random) -> Iterator[str]:
    """Blocks that were not final are replaced by empty ones: sends, commits, blessings, deliveries are gone."""
    chain = world.any_chain(dice)
    anvil = world.network.anvils[chain]
    depth = dice.randint(1, 2 * anvil.options.slots_in_an_epoch - 1)
    anvil.reorg(depth)
    yield f"{depth} blocks of {chain}"


@contextmanager
def deep_reorg(world: World, dice: random.Random) -> Iterator[str]:
    """Final blocks are replaced by empty ones: with them goes what was committed, blessed and delivered there. Nothing
    was sent in them, since no network can give back messages that were delivered and then never sent."""
    chain = world.any_chain(dice)
    anvil = world.network.anvils[chain]
    depth = 2 * anvil.options.slots_in_an_epoch + dice.randint(DEEPER // 2, DEEPER)
    world.quiet.add(chain)
    try:
        _mine_along(world, anvil, 2)  # what was handed over is in a block then
        _mine_along(world, anvil, depth)
        anvil.reorg(depth)
        yield f"{depth} blocks of {chain}"
        others = [each for each in world.network.anvils if each != chain]
        world.wait(f"{chain} is cursed", lambda: all(world.network.is_cursed(each, chain) for each in others))
        for node in (*world.fleet.of_kind("committer"), *world.fleet.of_kind("executor")):
            world.wait(f"{node} stops", partial(world.fleet.accept_history, node, chain))
        lift_all(world.network.deployment.chains)
    finally:
        world.quiet.discard(chain)


def _mine_along(world: World, anvil: Anvil, blocks: int) -> None:
    """Until the chain has so many blocks more by itself."""
    end = anvil.block_number() + blocks
    world.wait(f"{blocks} blocks", lambda: anvil.block_number() >= end)


@contextmanager
def fee_spike(world: World, dice: random.Random) -> Iterator[str]:
    """The base fee is a thousand times what it was; it falls by an eighth a block."""
    chain = world.any_chain(dice)
    world.network.anvils[chain].rpc("anvil_setNextBlockBaseFeePerGas", hex(SPIKE_WEI))
    yield chain
    world.network.anvils[chain].rpc("anvil_setNextBlockBaseFeePerGas", hex(10**9))


@contextmanager
def halted_chain(world: World, dice: random.Random) -> Iterator[str]:
    """No blocks, while the node still answers."""
    chain = world.any_chain(dice)
    anvil = world.network.anvils[chain]
    anvil.set_block_time(0)
    yield chain
    anvil.set_block_time(world.network.options.block_times[list(world.network.anvils).index(chain)])


@contextmanager
def drained_wallet(world: World, dice: random.Random) -> Iterator[str]:
    """An executor that can't pay."""
    index, chain = dice.randrange(world.network.options.executors), world.any_chain(dice)
    account, anvil = codec.checksum(dev_address(roles.EXECUTORS[index])), world.network.anvils[chain]
    anvil.set_balance(account, 0)
    yield f"executor {index} on {chain}"
    anvil.set_balance(account, 10**4 * ETHER)


@contextmanager
def lying_committer(world: World, dice: random.Random) -> Iterator[str]:
    """One committer sees, signs and proposes other messages than were sent."""
    node, lie = f"committer {LIAR}", dice.choice(tuple(LIES))
    for chain in world.network.deployment.chains:
        lanes = [lane for lane in world.network.deployment.lanes if lane.source == chain.selector]
        forged = [
            proxy.ForgeLogs(
                forger(lane, LIES[lie]), proxy.emitted_by(lane.on_ramp, codec.CCIP_SEND_REQUESTED)
            )
            for lane in lanes
        ]
        world.proxies.set(node, chain.name, *forged)
    yield f"{node} with {lie}"
    for chain in world.network.deployment.chains:
        world.proxies.set(node, chain.name)


LIES: dict[str, Callable[[Message], Message]] = {
    "other receivers": lambda message: replace(message, receiver=NOBODY),
    "other data": lambda message: replace(message, data=message.data + b"!"),
}


def forger(lane: LaneDeployment, alter: Callable[[Message], Message]) -> Callable[[bytes], bytes]:
    """Log data → another message in its place, with the id that belongs to that."""
    metadata = metadata_hash(lane.source, lane.destination, lane.on_ramp)

    def forge(data: bytes) -> bytes:
        altered = alter(codec.decode_ccip_send_requested(data))
        return codec.encode_ccip_send_requested(
            replace(altered, message_id=MessageId(leaf(altered, metadata)))
        )

    return forge


@contextmanager
def cursed(world: World, dice: random.Random) -> Iterator[str]:
    """The guardian stops a lane's two directions on one chain; the owner lifts that, which voids all blessings."""
    here, there = dice.sample([chain.name for chain in world.network.deployment.chains], 2)
    place, subject = world.network.chain(here), world.network.chain(there).selector
    curse(Console(place, party(f"anvil:{roles.GUARDIAN}")), subject)
    yield f"{there} on {here}"
    lift_all(world.network.deployment.chains)


def lift_all(chains: Sequence[ChainDeployment]) -> list[str]:
    """As the owner, lift every curse there is; which ones there were."""
    lifted: list[str] = []
    for here in chains:
        for subject in cursed_subjects(here):
            _lift(here, subject)
            named = [chain.name for chain in chains if int.from_bytes(subject, "big") == chain.selector]
            lifted.append(f"{named[0] if named else 'everything'} on {here.name}")
    return lifted


def cursed_subjects(chain: ChainDeployment) -> list[bytes]:
    """What is cursed there: chains by their selectors, or everything."""
    answer = ask(chain, chain.rmn, "RMN", "getCursedSubjects")
    return [bytes(subject) for subject in answer]


def _lift(here: ChainDeployment, subject: bytes) -> None:
    """A vote that comes in between makes a lift fail, as it should: then once more."""
    for left in reversed(range(LIFTS)):
        try:
            uncurse(Console(here, party(f"anvil:{roles.OWNER}")), subject)
        except CcipError:
            if not left:
                raise
        else:
            return


@contextmanager
def rotated_signers(world: World, dice: random.Random) -> Iterator[str]:
    """A lane's CommitStore gets a new configuration: reports signed under the old one are void."""
    lane = dice.choice(world.network.deployment.lanes)
    place = world.network.deployment.chain(lane.destination)
    order = dice.sample(lane.committers, len(lane.committers))
    set_committers(Console(place, party(f"anvil:{roles.OWNER}")), lane.commit_store, order, lane.f)
    yield f"the committers of the lane to {place.name}"


@contextmanager
def clock_jump(world: World, dice: random.Random) -> Iterator[str]:
    """A chain's clock is suddenly ahead."""
    chain, seconds = world.any_chain(dice), dice.randint(10, 90)
    world.network.anvils[chain].rpc("evm_increaseTime", hex(seconds))
    yield f"{chain} by {seconds} s"


@contextmanager
def lost_transactions(world: World, dice: random.Random) -> Iterator[str]:
    """A chain forgets what waits in its pool."""
    chain = world.any_chain(dice)
    world.network.anvils[chain].rpc("anvil_dropAllTransactions")
    yield chain


FAULTS: dict[str, Strike] = {
    "kill -9 and restart": killed,
    "freeze and thaw": frozen,
    "peers partitioned": partitioned,
    "endpoint slow": through_proxy(proxy.Latency(0.5), proxy.Latency(2.0)),
    "endpoint hangs": through_proxy(proxy.Hang(), proxy.Hang(frozenset({"eth_getLogs"}))),
    "endpoint refuses": through_proxy(proxy.Status(429), proxy.Status(503), proxy.Disconnected()),
    "endpoint garbles": through_proxy(proxy.Truncated(), proxy.WrongId()),
    "logs missing": through_proxy(proxy.DropLogs()),
    "logs twice or in disorder": through_proxy(proxy.DuplicateLogs(), proxy.ReorderLogs()),
    "stale replica": through_proxy(proxy.StaleReplica(3), proxy.StaleReplica(8)),
    "finality stands still": through_proxy(proxy.FrozenTag(), proxy.RegressedTag(5)),
    "short log ranges": through_proxy(proxy.RangeLimit(1), proxy.RangeLimit(3)),
    "shallow reorg": shallow_reorg,
    DEEP: deep_reorg,
    "base fee spike": fee_spike,
    "chain halted": halted_chain,
    "executor drained": drained_wallet,
    "lying committer": lying_committer,
    CURSE: cursed,
    "signers rotated": rotated_signers,
    "clock jump": clock_jump,
    "pool forgotten": lost_transactions,
}
