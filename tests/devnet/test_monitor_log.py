"""Whose words a hosted monitor's are."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccip_py.devnet.hosting import Host
from ccip_py.devnet.monitor_log import LOGGER, monitors_log_to


async def _say(what: str) -> None:
    LOGGER.info("%s", what)
    LOGGER.warning("%s!", what)


def test_what_is_said_in_a_host_goes_to_its_file_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one, other, silent = Host(), Host(), Host()
    before = LOGGER.level, list(LOGGER.filters), LOGGER.disabled  # other tests' networks may be up
    with (
        monitors_log_to(one, tmp_path / "one"),
        one,
        monitors_log_to(other, tmp_path / "other"),
        other,
        monitors_log_to(silent, None),
        silent,
    ):
        for host, what in (one, "one"), (other, "two"), (silent, "three"):
            host.call(_say, what)
        LOGGER.error("mine")

    assert [line.split(" ", 2)[2] for line in (tmp_path / "one").read_text().splitlines()] == [
        "INFO one",
        "WARNING one!",
    ]
    assert "INFO two" in (tmp_path / "other").read_text()
    assert caplog.messages == ["mine"]
    assert (LOGGER.level, LOGGER.filters, LOGGER.disabled) == before
