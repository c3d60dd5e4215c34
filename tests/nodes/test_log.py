"""Logging tells of a node's work and is never in its way."""

from __future__ import annotations

import io
import json
import os

from ccip_py.nodes.log import Event, Unfailing, node_log


def test_an_event_is_one_line_of_json_with_its_bytes_in_hex() -> None:
    stream = io.StringIO()

    node_log("executor 0", stream=stream).info(Event.ATTESTED, root=b"\x01\x02", lane="a->b")

    said = json.loads(stream.getvalue())
    assert (said["node"], said["event"], said["root"], said["lane"]) == (
        "executor 0",
        "attested",
        "0x0102",
        "a->b",
    )


def test_L11_a_full_disk_or_a_closed_pipe_costs_lines_and_nothing_else() -> None:
    closed = io.StringIO()
    closed.close()
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", buffering=1) as pipe:
        for stream in (closed, pipe):
            log = node_log("node", stream=stream)
            log.info(Event.STARTED)
            log.error(Event.CYCLE_FAILED)
        unfailing = Unfailing(pipe)
        unfailing.write("lost\n")
        assert unfailing.lost == 1
        os.dup2(os.open(os.devnull, os.O_WRONLY), writing)  # so that closing has somewhere to flush to
