"""Broken cores: every small change of the core's hashing, tree and decoding, and what a monitor makes of its roots.

A mutant is the core's own source with one constant, operator, name or order changed. Committers running it would
sign the roots it computes. A monitor blesses one exactly if it is the root of what was really sent.
"""

import ast
import copy
import inspect
import types
from collections.abc import Callable, Iterator

import pytest

from ccip_py.protocol import hashing, merkle
from ccip_py.protocol.codec.evm import messages
from ccip_py.protocol.codec.evm.abi import Reader
from ccip_py.protocol.ids import Address, ChainSelector
from ccip_py.risk.evm import metadata, read_sent
from ccip_py.risk.judge import Bless, Claim, Message, RootFacts, judge_root, rebuild

from .builders import DESTINATION, ON_RAMP, SOURCE, Sent

RAW = [
    Sent(seq_nr=1).encoded(),
    Sent(seq_nr=2, data=b"", strict=True, nonce=7).encoded(),
    Sent(seq_nr=3, gas_limit=9).with_token(b"\x01" * 20, 5, b"\x02" * 20, b"\x03" * 20, 18).encoded(),
]
SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Mod: ast.FloorDiv, ast.RShift: ast.LShift,
    ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
}  # fmt: skip


def changes_of(node: ast.AST) -> Iterator[Callable[[ast.AST], None]]:
    """What can be changed at one place of the source, as functions that do it to a copy of the place."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield lambda it: setattr(it, "value", it.value + 1)  # type: ignore[attr-defined]
    if isinstance(node, ast.Constant) and isinstance(node.value, bytes) and node.value:
        yield lambda it: setattr(it, "value", it.value[:-1] + bytes([it.value[-1] ^ 1]))  # type: ignore[attr-defined]
    if isinstance(node, ast.BinOp) and type(node.op) in SWAPPED:
        yield lambda it: setattr(it, "op", SWAPPED[type(it.op)]())  # type: ignore[attr-defined]
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPPED:
        yield lambda it: setattr(it, "ops", [SWAPPED[type(it.ops[0])]()])  # type: ignore[attr-defined]
    if isinstance(node, ast.Tuple | ast.List) and len(node.elts) > 1:
        yield lambda it: it.elts.reverse()  # type: ignore[attr-defined]
    if isinstance(node, ast.IfExp):
        yield lambda it: setattr(it, "body", it.orelse)  # type: ignore[attr-defined]
    if isinstance(node, ast.If):
        yield lambda it: setattr(it, "test", ast.UnaryOp(ast.Not(), it.test))  # type: ignore[attr-defined]


def mutants(module: types.ModuleType) -> Iterator[types.ModuleType]:
    """The module again and again, each time with one change in one of its functions."""
    tree = ast.parse(inspect.getsource(module))
    nodes = [(n, node) for n, node in enumerate(ast.walk(tree)) if not isinstance(node, ast.expr_context)]
    for n, node in nodes:
        for change in changes_of(node):
            mutant = copy.deepcopy(tree)
            place = next(other for m, other in enumerate(ast.walk(mutant)) if m == n)
            change(place)
            loaded = types.ModuleType(module.__name__)
            loaded.__package__ = module.__package__
            try:
                exec(compile(ast.fix_missing_locations(mutant), "mutant", "exec"), loaded.__dict__)
            except Exception:  # a mutant that doesn't even load commits nothing
                continue
            yield loaded


def committed(
    hashing_: types.ModuleType, merkle_: types.ModuleType, messages_: types.ModuleType
) -> bytes | None:
    """The root that committers with these modules would sign; None if they fall over."""
    try:
        lane = hashing_.metadata_hash(ChainSelector(SOURCE), ChainSelector(DESTINATION), Address(ON_RAMP))
        read = [messages_.read_message(Reader(raw).tuple_at(0)) for raw in RAW]
        root = merkle_.root([hashing_.leaf(message, lane) for message in read])
    except Exception:
        return None
    return root if isinstance(root, bytes) and len(root) == 32 else None


def blessed(root: bytes) -> bool:
    """Whether a monitor blesses that root over the three messages."""
    own = [read_sent(log, SOURCE, metadata(SOURCE, DESTINATION, ON_RAMP)) for log in LOGS]
    seen = [Message(sent.seq_nr, sent.leaf, sent.leaf, backed=True) for sent in own]
    claim = Claim("lane", SOURCE, DESTINATION, b"\x01" * 20, 1, 3, root, 9, 0, final=True)
    return isinstance(judge_root(claim, RootFacts(rebuild(1, 3, seen), 3, 4, 0, 4, 1)), Bless)


LOGS = [
    Sent(seq_nr=1).log(),
    Sent(seq_nr=2, data=b"", strict=True, nonce=7).log(),
    Sent(seq_nr=3, gas_limit=9).with_token(b"\x01" * 20, 5, b"\x02" * 20, b"\x03" * 20, 18).log(),
]
CORE = (hashing, merkle, messages)
RIGHT = committed(*CORE)


def test_the_unbroken_core_is_blessed() -> None:
    assert RIGHT is not None
    assert blessed(RIGHT)


@pytest.mark.parametrize(
    ("at", "harmful"), [(0, 20), (1, 10), (2, 10)], ids=["hashing", "merkle", "decoding"]
)
def test_no_broken_core_gets_a_wrong_root_blessed(at: int, harmful: int) -> None:
    wrong = 0
    for mutant in mutants(CORE[at]):
        modules = list(CORE)
        modules[at] = mutant
        root = committed(*modules)
        if root is not None:
            assert blessed(root) == (root == RIGHT)
            wrong += root != RIGHT
    # Otherwise the mutants would have been too tame to say anything.
    assert wrong >= harmful


@pytest.mark.parametrize("through", [0, 1, 2])
def test_a_core_that_takes_unfinal_messages_for_final_gets_nothing_blessed(through: int) -> None:
    """What is final is counted here, from blocks that this monitor proved: the core's opinion has no way in."""
    assert RIGHT is not None
    claim = Claim("lane", SOURCE, DESTINATION, b"\x01" * 20, 1, 3, RIGHT, 9, 0, final=True)

    assert not isinstance(judge_root(claim, RootFacts(None, through, 4, 0, 4, 1)), Bless)
