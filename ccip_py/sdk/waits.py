"""How long the next stage takes if everybody works, and why it may take longer."""

from __future__ import annotations

from ccip_py.errors import NotYet
from ccip_py.protocol.ids import ChainSelector
from ccip_py.protocol.journey import Stage
from ccip_py.sdk.book import Book
from ccip_py.sdk.evm import succeeded
from ccip_py.sdk.flow import Call, Flow, ask
from ccip_py.sdk.lanes import status
from ccip_py.sdk.logs import head
from ccip_py.sdk.track import Trace
from ccip_py.sdk.types import LaneStatus

PACE_BLOCKS = 20
BLOCKS_PER_STAGE = 2


def expected_wait(trace: Trace) -> Flow[int | None]:
    """Seconds until the next stage if everybody works: the source's finality first, then blocks of the destination.

    By the pace of the last blocks, so it is a guess; None where the chain says too little, or nothing is to come.
    """
    lane = trace.sent.lane
    if trace.stage in (Stage.EXECUTED, Stage.FAILED):
        return None
    there = yield from _pace(lane.destination)
    if there is None:
        return None
    if trace.stage is not Stage.SENT:
        return round(BLOCKS_PER_STAGE * there)
    here = yield from _pace(lane.source)
    latest, final = yield from ask(
        lane.source,
        Call("eth_getBlockByNumber", ("latest", False)),
        Call("eth_getBlockByNumber", ("finalized", False)),
    )
    if here is None or not isinstance(latest, dict) or not isinstance(final, dict):
        return None
    depth = int(latest["number"], 16) - int(final["number"], 16)
    left = max(0, trace.sent.transaction.block + depth - int(latest["number"], 16))
    return round(left * here + BLOCKS_PER_STAGE * there)


def _pace(chain: ChainSelector) -> Flow[float | None]:
    """Seconds per block, over the last few."""
    latest = yield from head(chain)
    first = max(0, latest - PACE_BLOCKS)
    blocks = yield from ask(chain, *(Call("eth_getBlockByNumber", (hex(n), False)) for n in (first, latest)))
    if latest == first or not all(isinstance(block, dict) for block in blocks):
        return None
    early, late = (int(block["timestamp"], 16) for block in blocks)
    return (late - early) / (latest - first)


def too_late(book: Book, trace: Trace, until: Stage, timeout: float) -> Flow[NotYet]:
    """What a caller is told whose patience ended, with what is known to be in the way."""
    sent = trace.sent
    (receipt,) = yield from ask(
        sent.lane.source, Call("eth_getTransactionReceipt", (sent.transaction.hash.to_0x_hex(),))
    )
    context: dict[str, object] = {
        "message_id": bytes(sent.message_id),
        "sequence_number": sent.sequence_number,
    }
    if trace.stage is Stage.SENT and succeeded(receipt) is None:
        name = book.name(sent.lane.source)
        return NotYet(
            f"the message's transaction is not on {name} any more: the chain was reorganised",
            code="REORGANISED",
            context={**context, "transaction": bytes(sent.transaction.hash)},
            hint="it may be mined again; if not, nothing was sent and nothing paid: send it anew",
        )
    why = _in_the_way((yield from status(book, book.facts(sent.lane))))
    return NotYet(
        f"the message did not reach {until.name} in {timeout:g} s; it is {trace.stage.name}"
        + "".join(f", and {reason}" for reason in why),
        code="TIMEOUT",
        context=context,
        hint="it is not lost: track it again later, or execute it by hand once it is blessed",
    )


def _in_the_way(lane: LaneStatus) -> list[str]:
    """What stops everything on the lane."""
    found = []
    if lane.cursed_on_source:
        found.append(f"{lane.destination} is cursed on {lane.source}")
    if lane.cursed_on_destination:
        found.append(f"{lane.source} is cursed on {lane.destination}")
    if lane.paused:
        found.append(f"the commit store on {lane.destination} is paused")
    return found
