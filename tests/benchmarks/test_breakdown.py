"""Where the gas of a transaction goes, from a call trace."""

from scripts.benches.gas.breakdown import frames, intrinsic, text

RAMP, POOL = "0x" + "aa" * 20, "0x" + "bb" * 20
NAMES = {RAMP: "ramp", POOL: "pool"}
SELECTORS = {"01020304": "send", "05060708": "lock"}


def call(to: str, selector: str, gas: int, *inner: dict) -> dict:
    return {"to": to, "input": "0x" + selector, "gasUsed": hex(gas), "calls": list(inner)}


def test_calldata_costs_4_per_zero_byte_and_16_per_other():
    assert intrinsic(b"") == 21_000
    assert intrinsic(b"\0\0\x01") == 21_000 + 4 + 4 + 16


def test_the_transaction_itself_is_a_frame_of_its_own():
    base, outer = frames(call(RAMP, "01020304", 30_000), NAMES, SELECTORS)

    assert base.total == 21_000 + 4 * 16
    assert (outer.path, outer.total) == (("ramp.send",), 30_000 - base.total)
    assert outer.own == outer.total


def test_what_was_called_is_not_the_callers_own():
    found = frames(call(RAMP, "01020304", 30_000, call(POOL, "05060708", 2_000)), NAMES, SELECTORS)

    assert found[1].total - found[1].own == 2_000
    assert found[2].path == ("ramp.send", "pool.lock")


def test_all_parts_add_up_to_the_whole():
    inner = [call(POOL, "05060708", 700, call(RAMP, "01020304", 50)) for _ in range(3)]

    found = frames(call(RAMP, "01020304", 40_000, *inner), NAMES, SELECTORS)

    assert sum(frame.own for frame in found) == 40_000


def test_equal_calls_are_folded_into_one_line():
    inner = [call(POOL, "05060708", 700) for _ in range(3)]

    found = frames(call(RAMP, "01020304", 40_000, *inner), NAMES, SELECTORS)

    assert [(frame.count, frame.total) for frame in found[2:]] == [(3, 2_100)]
    assert "pool.lock × 3" in text(found)


def test_strangers_are_shown_by_address_and_selector():
    found = frames(call("0x" + "cc" * 20, "99999999", 30_000), NAMES, SELECTORS)

    assert found[1].path == ("0x" + "cc" * 20 + ".99999999",)
