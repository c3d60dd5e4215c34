"""What `scripts/bench monitor` makes of its measurements."""

from scripts.benches.monitor import as_table, figures


def test_a_message_costs_what_its_blocks_cost_beyond_empty_ones() -> None:
    found = figures(per_block=10, messages=20, monitors=4, busy=[0.016, 0.024], idle=[0.008, 0.008])

    # Of 40 ms of four monitors, 16 ms would have been spent without messages.
    assert (found.us_per_message, found.idle_us_per_block) == (300, 2_000)
    assert found.blocks == 2
    assert "| 10 | 20 | 300 | 2,000 |" in as_table([found])
