"""Who sends what, and when."""

from dataclasses import replace

from ccip_py.risk import keys
from ccip_py.risk.relay import Waiting, missing, rank, to_send, uncounted
from ccip_py.risk.views import Monitors
from ccip_py.risk.vote import Blessing, Domain, Permit, Vote, digest, sign, tag

DOMAIN = Domain(31337, b"\x0d" * 20)
BLESSING = Blessing(b"\x01" * 20, 77, b"\x02" * 20, 3, 9, b"\x04" * 32, 5)
TAG = tag(BLESSING)
KEYS = [keys.dev_key(n) for n in range(4)]
MONITORS = Monitors(7, [(key.address, bytes([n]) * 20) for n, key in enumerate(KEYS)], 3, 2)


def vote(n: int, version: int = 7) -> Vote:
    permit = Permit(digest(BLESSING, version, DOMAIN), BLESSING, version, DOMAIN)
    return sign(permit, KEYS[n] if n < 4 else keys.dev_key(n))


def send(me: int, votes: list[Vote], waiting: Waiting, head: int, counted: int = 0) -> int:
    chosen = to_send(TAG, KEYS[me].address, votes, MONITORS, counted, waiting, head, 2, 12)
    return len(chosen)


def test_a_vote_counts_once_and_only_from_a_current_monitor() -> None:
    votes = [vote(1), vote(1), vote(2), vote(3, version=6), vote(9), replace(vote(0), r=1)]

    assert [found.signer for found in uncounted(votes, MONITORS, 0)] == [KEYS[1].address, KEYS[2].address]
    assert [found.signer for found in uncounted(votes, MONITORS, 0b0010)] == [KEYS[2].address]


def test_no_vote_more_than_needed_is_sent() -> None:
    votes = [vote(n) for n in range(4)]
    first = order()[0]

    assert send(first, votes, Waiting(10, 10), 10) == 3
    assert send(first, votes[1:], Waiting(10, 10), 10, counted=0b0001) == 2
    assert missing(MONITORS, 0b0011) == 1


def order() -> list[int]:
    addresses = [key.address for key in KEYS]
    return sorted(range(4), key=lambda n: rank(TAG, KEYS[n].address, addresses))


def test_relayers_take_turns_two_blocks_apart() -> None:
    votes = [vote(n) for n in range(3)]
    for place, me in enumerate(order()):
        turn = 10 + 2 * place
        assert send(me, votes, Waiting(10, 10), turn - 1) == 0 or place == 0
        assert send(me, votes, Waiting(10, 10), turn) == 3


def test_the_order_differs_from_root_to_root() -> None:
    addresses = [key.address for key in KEYS]
    firsts = {
        min(range(4), key=lambda n: rank(bytes([root]), KEYS[n].address, addresses)) for root in range(32)
    }

    assert firsts == {0, 1, 2, 3}


def test_without_a_quorum_a_monitor_goes_alone_after_a_while() -> None:
    assert send(0, [vote(0)], Waiting(10, None), 21) == 0
    assert send(0, [vote(0)], Waiting(10, None), 22) == 1


def test_nothing_is_sent_when_nothing_is_new() -> None:
    assert send(0, [], Waiting(10, None), 99) == 0
