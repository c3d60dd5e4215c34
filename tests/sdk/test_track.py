"""Following a message by the events of its destination.

what the events say          the newest root, the newest blessing that was not taken back, the last attempt
what is read                 near the message first, further back only if clocks disagree, what is not final again
what happens to blocks       a reorganisation takes stages away, moves them, and may put them where was read before
"""

import pytest

from ccip_py.errors import NotYet
from ccip_py.protocol.journey import Stage
from ccip_py.protocol.message import ExecutionState
from ccip_py.sdk.book import Book
from ccip_py.sdk.flow import Calls, Pause, Tell
from ccip_py.sdk.flows import Flows
from ccip_py.sdk.logs import WINDOW
from ccip_py.sdk.track import Trace, look
from ccip_py.sdk.waits import too_late

from .conftest import B, run
from .world import (
    BLOCK_S,
    EPOCH_S,
    OTHER_ROOT,
    OTHERS,
    RMN,
    World,
    a_sent_message,
    accepted,
    attempted,
    blessed,
    lifted,
    removed,
)

SUCCESS, FAILURE = attempted(ExecutionState.SUCCESS), attempted(ExecutionState.FAILURE)
SENT, COMMITTED, BLESSED, EXECUTED, FAILED = "sent", "committed", "blessed", "executed", "failed"


@pytest.fixture
def world() -> World:
    return World()


def names(trace: Trace) -> list[str]:
    return [stage.stage.value for stage in trace.stages()]


def first_look(world: World) -> Trace:
    return run(look(Trace(a_sent_message(), RMN, 0)), world)


# --- What the events say ---


@pytest.mark.parametrize(
    ("events", "stages"),
    [
        ([], [SENT]),
        ([accepted()], [SENT, COMMITTED]),
        ([accepted(first=1, last=6)], [SENT]),
        ([accepted(), blessed()], [SENT, COMMITTED, BLESSED]),
        ([blessed(), accepted()], [SENT, COMMITTED, BLESSED]),
        ([accepted(), blessed(OTHER_ROOT)], [SENT, COMMITTED]),
        ([accepted(), blessed(store=RMN)], [SENT, COMMITTED]),
        ([accepted(), removed()], [SENT]),
        ([accepted(), removed(OTHER_ROOT)], [SENT, COMMITTED]),
        ([accepted(), removed(), accepted(OTHER_ROOT), blessed(OTHER_ROOT)], [SENT, COMMITTED, BLESSED]),
        ([accepted(), blessed(), lifted()], [SENT, COMMITTED]),
        ([accepted(), blessed(), lifted(B)], [SENT, COMMITTED, BLESSED]),
        ([accepted(), blessed(), lifted(), blessed()], [SENT, COMMITTED, BLESSED]),
        ([accepted(), blessed(), SUCCESS], [SENT, COMMITTED, BLESSED, EXECUTED]),
        ([accepted(), blessed(), SUCCESS, lifted()], [SENT, COMMITTED, BLESSED, EXECUTED]),
        ([accepted(), blessed(), FAILURE, lifted()], [SENT, COMMITTED, FAILED]),
        ([accepted(), blessed(), FAILURE, SUCCESS], [SENT, COMMITTED, BLESSED, EXECUTED]),
        ([accepted(), blessed(), attempted(ExecutionState.SUCCESS, OTHERS)], [SENT, COMMITTED, BLESSED]),
    ],
)
def test_the_stages_are_those_that_the_events_prove(world: World, events, stages) -> None:
    for event in events:
        world.mine(event)

    assert names(first_look(world)) == stages


def test_a_blessing_that_was_given_again_is_the_one_that_counts(world: World) -> None:
    for event in (accepted(), blessed(), lifted(), blessed()):
        world.mine(event)

    trace = first_look(world)

    assert trace.blessed is not None
    assert trace.blessed.block == 4


def test_without_an_rmn_that_can_be_read_nothing_is_asked_of_it(world: World) -> None:
    world.mine(accepted(), blessed(), SUCCESS)

    trace = run(look(Trace(a_sent_message(), None, 0)), world)

    assert names(trace) == [SENT, COMMITTED, EXECUTED]


# --- What is read ---


def test_what_is_final_is_read_once(world: World) -> None:
    world.mine(accepted())
    world.mine_empty(40)
    trace = first_look(world)
    world.mine(blessed())
    world.read = 0

    trace = run(look(trace), world)

    assert names(trace) == [SENT, COMMITTED, BLESSED]
    assert world.read == 3 * (world.depth + 1)  # three contracts


def test_a_stage_that_is_known_costs_no_question(world: World) -> None:
    world.mine(accepted())
    trace = first_look(world)
    world.asked.clear()

    run(look(trace), world)

    assert "eth_getTransactionReceipt" not in world.asked


def test_the_first_look_begins_near_the_message(world: World) -> None:
    world.mine_empty(60_000)
    world.mine(accepted())
    sent = a_sent_message(EPOCH_S + world.latest * BLOCK_S)

    trace = run(look(Trace(sent, RMN, 0)), world)

    assert names(trace) == [SENT, COMMITTED]
    assert world.read < 3 * 400  # an hour of blocks, not all of history


@pytest.mark.parametrize("back", [100, WINDOW + 7, 9 * WINDOW])
def test_where_clocks_disagree_it_goes_back_no_further_than_it_must(world: World, back) -> None:
    world.mine_empty(20 * WINDOW)
    world.mine(accepted())
    world.mine_empty(back)
    sent = a_sent_message(EPOCH_S + 2 * world.latest * BLOCK_S)  # far ahead of the destination

    trace = run(look(Trace(sent, RMN, 0)), world)

    assert names(trace) == [SENT, COMMITTED]
    assert world.read <= 3 * (back + WINDOW + 2)


def test_a_message_that_is_not_committed_is_not_searched_for_in_all_of_history(world: World) -> None:
    world.mine_empty(20 * WINDOW)
    sent = a_sent_message(EPOCH_S + 2 * world.latest * BLOCK_S)

    run(look(Trace(sent, RMN, 0)), world)

    assert world.read <= 3


# --- What happens to blocks ---


def test_a_stage_in_a_block_that_is_no_more_is_taken_back(world: World) -> None:
    world.mine(accepted())
    world.mine(blessed())
    trace = first_look(world)

    world.reorganise(1)
    world.mine_empty(1)

    assert names(run(look(trace), world)) == [SENT, COMMITTED]


def test_an_execution_that_moved_to_a_block_that_was_read_before_is_seen(world: World) -> None:
    world.mine(accepted(), blessed())
    world.mine_empty(3)
    trace = first_look(world)
    assert names(trace) == [SENT, COMMITTED, BLESSED]

    world.reorganise(2)
    world.mine(SUCCESS)
    world.mine_empty(1)

    assert names(run(look(trace), world)) == [SENT, COMMITTED, BLESSED, EXECUTED]


def test_a_commit_that_moved_is_shown_where_it_is(world: World) -> None:
    world.mine_empty(1)
    world.mine(accepted())
    before = first_look(world)

    world.reorganise(2)
    world.mine(accepted())
    after = run(look(before), world)

    assert before.commitment is not None
    assert after.commitment is not None
    assert after.commitment.stage.block == before.commitment.stage.block - 1
    assert after.commitment.stage.transaction != before.commitment.stage.transaction


def test_an_endpoint_that_lags_takes_nothing_back_that_is_final(world: World) -> None:
    world.mine(accepted())
    world.mine_empty(5)
    trace = first_look(world)

    world.reorganise(5)

    assert names(run(look(trace), world)) == [SENT, COMMITTED]


def test_a_transaction_that_vanishes_while_it_is_read_is_left_for_the_next_look(world: World) -> None:
    world.mine(accepted())
    world.gone.add(world.transaction(1))
    trace = first_look(world)
    assert names(trace) == [SENT]

    world.gone.clear()

    assert names(run(look(trace), world)) == [SENT, COMMITTED]


# --- Telling it ---


def told(world: World, book: Book, happening: list) -> list[str]:
    """What `track` tells while, at each pause, the next thing happens."""
    stream, answer, heard = Flows(book).track(a_sent_message(), Stage.EXECUTED, 60), None, []
    while True:
        try:
            step = stream.send(answer)
        except StopIteration:
            return heard
        answer = None
        if isinstance(step, Tell):
            heard.append(step.value.stage.value)
        elif isinstance(step, Pause):
            happening.pop(0)()
        else:
            assert isinstance(step, Calls)
            answer = tuple(world(call.method, call.params) for call in step.calls)


@pytest.fixture
def book(deployment) -> Book:
    book = Book.of(deployment)
    object.__setattr__(book.chains[1], "rmn", RMN)
    return book


def test_each_stage_is_told_once(world: World, book: Book) -> None:
    happening = [
        lambda: world.mine(accepted()),
        lambda: None,
        lambda: world.mine(blessed()),
        lambda: world.mine(SUCCESS),
    ]

    assert told(world, book, happening) == [SENT, COMMITTED, BLESSED, EXECUTED]


def test_a_blessing_after_a_lift_is_told_again(world: World, book: Book) -> None:
    happening = [
        lambda: world.mine(accepted(), blessed()),
        lambda: world.mine(lifted()),
        lambda: world.mine(blessed()),
        lambda: world.mine(SUCCESS),
    ]

    assert told(world, book, happening) == [SENT, COMMITTED, BLESSED, BLESSED, EXECUTED]


def test_who_waited_in_vain_is_told_that_the_source_was_reorganised(book: Book) -> None:
    trace = Trace(a_sent_message(), RMN, 0)

    late = run(too_late(book, trace, Stage.EXECUTED, 1), lambda method, _: None)

    assert isinstance(late, NotYet)
    assert late.code == "REORGANISED"
    assert "not on a any more" in late.message
