"""What a corrupt quorum of committers could do: sign a root over messages that were never sent.

For tests and demonstrations: it shows what the risk network is for. Nothing here can reach further than stolen
committer keys could; whoever executes what it makes is stopped on chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.digests import report_context, report_digest
from ccip_py.protocol.hashing import leaf, metadata_hash
from ccip_py.protocol.ids import Address, MessageId, Root
from ccip_py.protocol.lane import Lane
from ccip_py.protocol.message import Message, SourceTokenData, TokenAmount
from ccip_py.protocol.report import CommitReport, ExecutionReport, Interval, PriceUpdates


class DigestSigner(Protocol):
    """A committer's key."""

    def sign_digest(self, digest: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Forgery:
    """A root over one message that no OnRamp ever emitted, ready to be committed and to be executed."""

    message: Message
    report: CommitReport

    def execution(self) -> ExecutionReport:
        """The forged message with a valid proof: the only leaf of a tree is its root."""
        return ExecutionReport((self.message,), ((b"",) * len(self.message.token_amounts),), (), 0)


def forge_payout(
    lane: Lane,
    genuine: Message,
    *,
    thief: Address,
    token: TokenAmount,
    source_pool: Address,
    destination_token: Address,
) -> Forgery:
    """Turn a genuine message into one that pays `token` to `thief`, under the same sequence number."""
    pool_data = SourceTokenData(
        source_pool=codec.address_to_word(source_pool),
        dest_token=codec.address_to_word(destination_token),
        extra_data=(18).to_bytes(32, "big"),
        dest_gas_amount=300_000,
    )
    altered = replace(
        genuine,
        receiver=thief,
        data=b"",
        gas_limit=0,
        token_amounts=(token,),
        source_token_data=(codec.encode_source_token_data(pool_data),),
    )
    forged_leaf = leaf(altered, metadata_hash(lane.source, lane.destination, lane.on_ramp))
    message = replace(altered, message_id=MessageId(forged_leaf))
    interval = Interval(message.sequence_number, message.sequence_number)
    return Forgery(message, CommitReport(PriceUpdates(), interval, Root(forged_leaf)))


def corrupt_transmit_call(
    report: CommitReport, config_digest: bytes, epoch: int, keys: Sequence[DigestSigner]
) -> bytes:
    """CommitStore.transmit calldata for a report that these committers signed without looking.

    The contract wants exactly 2f+1 signatures: pass as many keys. Prices aside, it does not mind which epoch.
    """
    encoded = codec.encode_commit_report(report)
    context = report_context(config_digest, epoch, 0)
    digest = report_digest(encoded, context)
    return codec.transmit_call(context, encoded, [key.sign_digest(digest) for key in keys])
