"""One suite for every transport.

given a committee of three nodes joined by a transport
  when a member sends                      it reaches the addressed member, with the sender's name
  when a member broadcasts                 it reaches every other member
  when an outsider sends                   nothing is received
  when a captured envelope is sent again   it is received once
  when it is sent to another member        nothing is received there
  when the recipient has restarted         the old recording is refused, new messages arrive
  when much waits for a slow member        it goes in one exchange, in order
  when a member was away                   it hears the newest of what was said to it
  when a payload is above the cap          it is refused on both ends
  when a member floods                     its own queue is bounded, others are still heard in turn
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
import httpx
import pytest

from ccip_py.chains.evm.keys import KeySigner
from ccip_py.nodes.transport.envelope import (
    MAX_PAYLOAD,
    MAX_TOGETHER,
    Envelope,
    Incoming,
    NodeSigner,
    Refusal,
    fitting,
    seal,
)
from ccip_py.nodes.transport.http import HttpTransport
from ccip_py.nodes.transport.in_process import Hub, InProcessTransport
from ccip_py.nodes.transport.inbox import MAX_QUEUED_PER_PEER

pytestmark = pytest.mark.anyio
Node = InProcessTransport | HttpTransport


@dataclass
class Network:
    """What the suite needs of a kind of transport: make a node, start it, and push raw bytes at it."""

    make: Callable[[NodeSigner], Node]
    push: Callable[[bytes, bytes], Awaitable[None]]


def in_process(signers: list[KeySigner], _: Callable[[], int]) -> Network:
    hub = Hub()
    members = [signer.address for signer in signers[:3]]

    async def push(to: bytes, raw: bytes) -> None:
        hub.deliver(raw[:20], to, raw)

    return Network(lambda signer: InProcessTransport(hub, signer, members), push)


def over_http(signers: list[KeySigner], free_port: Callable[[], int]) -> Network:
    ports = {signer.address: free_port() for signer in signers}
    urls = {signer.address: f"http://127.0.0.1:{ports[signer.address]}" for signer in signers[:3]}

    async def push(to: bytes, raw: bytes) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            await client.post(f"{urls[to]}/messages", content=raw)

    def make(signer: NodeSigner) -> Node:
        return HttpTransport(signer, f"127.0.0.1:{ports[signer.address]}", urls)

    return Network(make, push)


@pytest.fixture(params=[in_process, over_http])
def network(
    request: pytest.FixtureRequest, signers: list[KeySigner], free_port: Callable[[], int]
) -> Network:
    made = request.param(signers, free_port)
    assert isinstance(made, Network)
    return made


@asynccontextmanager
async def running(*nodes: Node) -> AsyncIterator[None]:
    async with anyio.create_task_group() as tasks:
        for node in nodes:
            tasks.start_soon(node.run)
        await anyio.wait_all_tasks_blocked()
        try:
            yield
        finally:
            tasks.cancel_scope.cancel()


async def heard(node: Node) -> Incoming:
    with anyio.fail_after(60):
        return await node.receive()


async def test_a_message_reaches_the_addressed_member(network: Network, signers: list[KeySigner]) -> None:
    alice, bob = network.make(signers[0]), network.make(signers[1])

    async with running(alice, bob):
        alice.send(signers[1].address, b"hello")

        assert await heard(bob) == Incoming(signers[0].address, b"hello")


async def test_a_broadcast_reaches_every_other_member(network: Network, signers: list[KeySigner]) -> None:
    alice, bob, carol = (network.make(signer) for signer in signers[:3])

    async with running(alice, bob, carol):
        alice.broadcast(b"all")

        assert (await heard(bob)).payload == b"all"
        assert (await heard(carol)).payload == b"all"


async def test_an_outsider_is_not_heard(network: Network, signers: list[KeySigner]) -> None:
    alice, bob = network.make(signers[0]), network.make(signers[1])

    async with running(alice, bob):
        await network.push(
            signers[1].address, seal(signers[3], bob.inbox.own, bob.inbox.session, 1, [b"let me in"])
        )
        alice.send(signers[1].address, b"hello")

        assert (await heard(bob)).payload == b"hello"
        assert bob.inbox.refused[Refusal.NOT_A_MEMBER] == 1


async def test_a_member_cannot_speak_for_another(network: Network, signers: list[KeySigner]) -> None:
    bob = network.make(signers[1])
    forged = signers[0].address + seal(signers[2], bob.inbox.own, bob.inbox.session, 1, [b"as alice"])[20:]

    async with running(bob):
        await network.push(signers[1].address, forged)

        assert bob.inbox.refused[Refusal.BAD_SIGNATURE] == 1


async def test_a_replayed_envelope_is_heard_once(network: Network, signers: list[KeySigner]) -> None:
    alice, bob = network.make(signers[0]), network.make(signers[1])
    raw = seal(signers[0], bob.inbox.own, bob.inbox.session, 7, [b"pay"])

    async with running(alice, bob):
        await network.push(signers[1].address, raw)
        await network.push(signers[1].address, raw)

        assert (await heard(bob)).payload == b"pay"
        assert bob.inbox.refused[Refusal.REPLAYED] == 1


async def test_an_envelope_for_another_member_is_refused(network: Network, signers: list[KeySigner]) -> None:
    bob, carol = network.make(signers[1]), network.make(signers[2])
    for_carol = seal(signers[0], carol.inbox.own, carol.inbox.session, 7, [b"for carol"])

    async with running(bob, carol):
        await network.push(signers[1].address, for_carol)

        assert bob.inbox.refused[Refusal.BAD_SIGNATURE] == 1


async def test_a_recording_is_useless_after_a_restart_and_new_messages_arrive(
    network: Network, signers: list[KeySigner]
) -> None:
    alice, bob = network.make(signers[0]), network.make(signers[1])
    recording = seal(signers[0], bob.inbox.own, bob.inbox.session, 7, [b"old"])
    async with running(alice):
        async with running(bob):
            alice.send(signers[1].address, b"first")
            assert (await heard(bob)).payload == b"first"
        reborn = network.make(signers[1])
        async with running(reborn):
            await network.push(signers[1].address, recording)
            assert reborn.inbox.refused[Refusal.BAD_SIGNATURE] == 1

            alice.send(signers[1].address, b"second")

            assert (await heard(reborn)).payload == b"second"


async def test_a_payload_above_the_cap_is_refused_on_both_ends(
    network: Network, signers: list[KeySigner]
) -> None:
    alice, bob = network.make(signers[0]), network.make(signers[1])
    too_large = bytes(MAX_PAYLOAD + 1)

    async with running(alice, bob):
        with pytest.raises(ValueError, match="above the cap"):
            alice.send(signers[1].address, too_large)
        await network.push(
            signers[1].address, seal(signers[0], bob.inbox.own, bob.inbox.session, 1, [too_large])
        )
        alice.send(signers[1].address, bytes(MAX_PAYLOAD))

        assert len((await heard(bob)).payload) == MAX_PAYLOAD


async def test_what_waits_for_a_slow_member_arrives_in_one_exchange_and_in_order(
    signers: list[KeySigner], free_port: Callable[[], int]
) -> None:
    """Else each message would wait for the journeys of all before it, and under load rounds would never fit."""
    network = over_http(signers, free_port)
    alice, bob = network.make(signers[0]), network.make(signers[1])
    said = [b"%d" % number for number in range(MAX_QUEUED_PER_PEER)]
    async with running(bob), running(alice):
        for payload in said:
            alice.send(signers[1].address, payload)
        arrived = [(await heard(bob)).payload for _ in said]
        counted = bob.inbox.last_counter(signers[0].address)

        alice.send(signers[1].address, b"again")
        await heard(bob)

    assert arrived == said
    assert counted < bob.inbox.last_counter(signers[0].address)
    assert bob.inbox.accepted == 2


async def test_what_was_said_to_a_member_that_was_away_is_heard_when_it_returns_the_newest_of_it(
    signers: list[KeySigner], free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccip_py.nodes.transport.http.RETRY_AFTER", 0.01)
    network = over_http(signers, free_port)
    alice, bob = network.make(signers[0]), network.make(signers[1])
    said = [b"%d" % number for number in range(MAX_QUEUED_PER_PEER + 10)]
    async with running(alice):
        for payload in said:
            alice.send(signers[1].address, payload)
        await anyio.wait_all_tasks_blocked()
        async with running(bob):
            arrived = [(await heard(bob)).payload for _ in range(MAX_QUEUED_PER_PEER)]

    assert arrived == said[10:]


async def test_a_member_that_lies_about_the_last_counter_harms_itself_only(
    signers: list[KeySigner], free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The counter after the one it names does not fit into an envelope."""
    network = over_http(signers, free_port)
    alice, bob, carol = (network.make(signer) for signer in signers[:3])
    asked = anyio.Event()

    def lie(_: bytes) -> int:
        asked.set()
        return 2**64 - 1

    monkeypatch.setattr(bob.inbox, "last_counter", lie)
    async with running(alice, bob, carol):
        alice.send(signers[1].address, b"to the liar")
        await asked.wait()
        await anyio.wait_all_tasks_blocked()
        alice.send(signers[2].address, b"to carol")

        assert (await heard(carol)).payload == b"to carol"


def test_an_envelope_takes_what_fits_into_it() -> None:
    large = bytes(MAX_PAYLOAD // 2)

    assert fitting([large, large, b"small"]) == [large]
    assert fitting([bytes(MAX_PAYLOAD), b"small"]) == [bytes(MAX_PAYLOAD)]
    assert fitting([b"1"] * 300) == [b"1"] * MAX_TOGETHER
    assert fitting([]) == []


@pytest.mark.parametrize(
    "content", [b"", b"\0\0", b"\0\0\0\5four", b"\0\0\0\1ab", b"\0\0\0\1a" * (MAX_TOGETHER + 1)]
)
def test_what_no_member_seals_is_not_taken_apart(content: bytes) -> None:
    assert Envelope(b"", 1, b"", content).payloads() is None


async def test_garbage_changes_nothing(network: Network, signers: list[KeySigner]) -> None:
    alice, bob = network.make(signers[0]), network.make(signers[1])

    async with running(alice, bob):
        for garbage in (b"", b"\x00" * 10, b"\xff" * 200):
            await network.push(signers[1].address, garbage)
        alice.send(signers[1].address, b"hello")

        assert (await heard(bob)).payload == b"hello"


def test_a_flooding_member_only_loses_its_own_messages(network: Network, signers: list[KeySigner]) -> None:
    bob = network.make(signers[1])
    for counter in range(1, MAX_QUEUED_PER_PEER + 11):
        bob.inbox.accept(seal(signers[0], bob.inbox.own, bob.inbox.session, counter, [b"%d" % counter]))
    bob.inbox.accept(seal(signers[2], bob.inbox.own, bob.inbox.session, 1, [b"calm"]))

    first, second = anyio.run(bob.receive), anyio.run(bob.receive)

    assert bob.inbox.dropped == 10
    assert {first.payload, second.payload} == {b"11", b"calm"}
