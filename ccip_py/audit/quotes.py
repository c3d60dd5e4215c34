"""What each message was quoted: by asking the OnRamp in the state of its block, or by its transaction's trace.

The state of a block is the state at its end. If a price or a fee was written in that block, that need not be the state
the message met: what the FeeQuoter answered the OnRamp inside the transaction decides. Where the node does not trace,
the fee must be the quote before the block or the one after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ccip_py.audit.events import FeesChanged, Order, PriceSet, Sent
from ccip_py.audit.history import Chain
from ccip_py.audit.rpc import Call, Endpoint, EndpointError
from ccip_py.audit.words import number, put, put_dynamic, put_text, signature

_GET_FEE = signature("getFee(uint64,(bytes,bytes,(address,uint256)[],address,bytes))")[:4]
_FORWARD = (
    "0x"
    + signature("forwardFromRouter(uint64,(bytes,bytes,(address,uint256)[],address,bytes),address)")[:4].hex()
)
_QUOTE = "0x" + signature("quote(uint64,address,uint256,(address,uint256)[],bytes)")[:4].hex()
_EXTRA_ARGS_V2 = bytes.fromhex("181dcf10")

Json = dict[str, Any]
Shape = tuple[int, bytes, bytes]  # block, on-ramp, question


def read_quotes(endpoint: Endpoint, chain: Chain, destinations: Mapping[bytes, int]) -> None:
    """Fill in the chain's quotes. Equal messages of one block are asked about once."""
    written = {e.at.block for kind in (PriceSet, FeesChanged) for e in chain.of(kind, chain.fee_quoter)}
    sends = [sent for sent in chain.of(Sent) if sent.at.by in destinations]
    _read_traces(endpoint, chain, [sent for sent in sends if sent.at.block in written])
    asked: dict[Order, list[Shape]] = {}
    for sent in sends:
        if sent.at.order in chain.state.quotes:
            continue
        blocks = [sent.at.block - 1, sent.at.block] if sent.at.block in written else [sent.at.block]
        question = _question(sent, destinations[sent.at.by])
        asked[sent.at.order] = [(block, sent.at.by, question) for block in blocks]
    shapes = list(dict.fromkeys(shape for shapes in asked.values() for shape in shapes))
    answers_by_shape = dict(zip(shapes, _asked(endpoint, shapes), strict=True))
    for order, own in asked.items():
        known = [answer for shape in own if (answer := answers_by_shape[shape]) is not None]
        if known:
            chain.state.quotes[order] = tuple(known)


def _read_traces(endpoint: Endpoint, chain: Chain, sends: Sequence[Sent]) -> None:
    """One OnRamp numbers the messages of a transaction one after another, so the first quote is the first message's."""
    together: dict[tuple[str, bytes], list[Sent]] = {}
    for sent in sends:
        together.setdefault((sent.at.hash, sent.at.by), []).append(sent)
    for (transaction, on_ramp), own in together.items():
        answers = _traced(endpoint, transaction, on_ramp)
        if len(answers) == len(own):
            chain.state.quotes.update((sent.at.order, (fee,)) for sent, fee in zip(own, answers, strict=True))


def _asked(endpoint: Endpoint, shapes: Sequence[Shape]) -> list[int | None]:
    calls: list[Call] = [
        ("eth_call", [{"to": "0x" + on_ramp.hex(), "data": "0x" + question.hex()}, hex(block)])
        for block, on_ramp, question in shapes
    ]
    return [
        None if isinstance(answer, EndpointError) else number(bytes.fromhex(answer[2:]), 0)
        for answer in endpoint.batch(calls)
    ]


def _question(sent: Sent, destination: int) -> bytes:
    """`getFee` for a message that costs the same: gas and order are all that its extra args said."""
    tokens = put(len(sent.tokens)) + b"".join(put(token) + put(amount) for token, amount in sent.tokens)
    message = put_dynamic(
        put_text(put(sent.receiver)),
        put_text(sent.data),
        tokens,
        int.from_bytes(sent.fee_token, "big"),
        put_text(_EXTRA_ARGS_V2 + put(sent.gas_limit) + put(int(sent.nonce == 0))),
    )
    return _GET_FEE + put(destination) + put(64) + message


def _traced(endpoint: Endpoint, transaction: str, on_ramp: bytes) -> list[int]:
    """What the FeeQuoter answered the OnRamp for each message of the transaction, in the order they were numbered."""
    ramp, answers = "0x" + on_ramp.hex(), list[int]()
    for call in traced_calls(endpoint, transaction):
        if call.get("to", "").lower() == ramp and call.get("input", "").startswith(_FORWARD):
            asked = [each for each in call.get("calls", []) if each.get("input", "").startswith(_QUOTE)]
            answers += [number(bytes.fromhex(each["output"][2:]), 0) for each in asked]
    return answers


def traced_calls(endpoint: Endpoint, transaction: str) -> Iterator[Json]:
    """Every call inside a transaction that took effect, in the order they began; none if the node does not trace."""
    try:
        calls = [endpoint.ask("debug_traceTransaction", transaction, {"tracer": "callTracer"})]
    except EndpointError:
        return
    while calls:
        call = calls.pop()
        if "error" not in call:
            yield call
            calls += reversed(call.get("calls", []))
