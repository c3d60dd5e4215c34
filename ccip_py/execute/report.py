"""The chosen messages with the proof that they are leaves of a committed root.

The whole tree is rebuilt from the messages this node read itself, and must give the committed root: a proof
out of a wrong tree would only waste gas, and a mismatch means that the committing quorum or our endpoint
lies. The tree of a root never changes, so whoever calls this often keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import NotYet, RootMismatch
from ..protocol.hashing import leaf
from ..protocol.ids import MessageId, SeqNr
from ..protocol.merkle import Tree, grow
from ..protocol.message import Message
from ..protocol.report import ExecutionReport
from .view import CommittedRoot


def tree_of(committed: CommittedRoot, messages: Mapping[SeqNr, Message], metadata: bytes) -> Tree:
    """The tree under a committed root, out of all messages of its interval; `metadata` is the lane's hash.

    Raises NotYet while messages are missing, RootMismatch if the tree is not the committed one.
    """
    first, last = committed.interval.first, committed.interval.last
    missing = [seq for seq in range(first, last + 1) if seq not in messages]
    if missing:
        raise NotYet(
            "messages of the root were not read yet", context={"first": missing[0], "count": len(missing)}
        )
    tree = grow([_leaf_of(messages[SeqNr(seq)], metadata) for seq in range(first, last + 1)])
    if tree.root != committed.root:
        raise RootMismatch(
            "the messages read here do not give the committed root",
            context={"first": first, "last": last, "rebuilt": tree.root, "committed": committed.root},
            hint="an endpoint shows wrong logs, or the committers signed a wrong root: nothing is executed",
        )
    return tree


def _leaf_of(message: Message, metadata: bytes) -> bytes:
    """The leaf, which must also be the message's id: a single false id makes the contract refuse a report."""
    computed = leaf(message, metadata)
    if message.message_id != computed:
        raise RootMismatch(
            "a message does not carry its own leaf as its id",
            context={"seq_nr": message.sequence_number, "id": message.message_id, "leaf": computed},
        )
    return computed


def execution_report(
    committed: CommittedRoot,
    tree: Tree,
    chosen: Sequence[Message],
    token_data: Mapping[MessageId, tuple[bytes, ...]] | None = None,
) -> ExecutionReport:
    """The report over `chosen`, which are some messages of the root in any order.

    `token_data` is what pools ask for from off chain (attestations); empty bytes for each token otherwise.
    """
    messages = tuple(sorted(chosen, key=lambda message: message.sequence_number))
    proof = tree.prove(message.sequence_number - committed.interval.first for message in messages)
    given = token_data or {}
    return ExecutionReport(
        messages=messages,
        offchain_token_data=tuple(
            given.get(message.message_id, (b"",) * len(message.token_amounts)) for message in messages
        ),
        proofs=proof.hashes,
        proof_flag_bits=proof.flag_bits,
    )
