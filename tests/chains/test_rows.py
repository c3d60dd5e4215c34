"""The row of the threat table that the sender of transactions answers, under its number."""

from ccip_py.chains.evm.sending import GWEI, Broadcast, Policy, decide

from .test_sending import an_entry, facts

POLICY = Policy(max_fee=100 * GWEI, patience=3, in_flight=3)


def test_C9_a_base_fee_a_hundredfold_is_followed_to_the_cap_and_then_waited_for() -> None:
    """An execution priced at 3 gwei, and gas at 300: offered more up to the cap, then kept, never given up."""
    entry, offers = an_entry(), []
    for block in range(100, 160):
        now = facts(
            latest=block, base_fee=300 * GWEI, in_pool=frozenset({attempt.hash for attempt in entry.attempts})
        )
        for action in decide([entry], now, POLICY):
            assert isinstance(action, Broadcast)
            entry = action.entry
            offers.append(entry.attempts[-1].max_fee)

    assert offers == sorted(offers)
    assert 50 * GWEI < offers[-1] <= POLICY.max_fee
    assert not any(attempt.purge for attempt in entry.attempts)
