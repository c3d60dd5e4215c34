"""Follow a message and say meanwhile what is being waited for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ccip_py.cli import message_view, terminal

if TYPE_CHECKING:
    from ccip_py.sdk.client import Ccip
    from ccip_py.sdk.types import SentMessage, StageReached

POLL_S = 0.4


def stages(ccip: Ccip, sent: SentMessage, timeout: float, as_json: bool = False) -> list[StageReached]:
    """All stages until it is executed or failed, each said when it is proven; NotYet after `timeout` seconds."""
    from ccip_py.errors import NotYet
    from ccip_py.sdk.track import sent_stage

    trace, deadline, seen = None, time.monotonic() + timeout, [sent_stage(sent)]
    told: list[StageReached] = []
    with terminal.waiting("reading the chains") as update:
        while seen[-1].stage.value not in ("executed", "failed"):
            trace = ccip.look(sent, trace)
            seen = list(trace.stages())
            new = [stage for stage in seen if stage not in told]
            if not as_json:
                terminal.result(None, (message_view.stage_line(ccip.book, stage) for stage in new), False)
            told += new
            update(f"[{seen[-1].stage.name}] {message_view.waiting_for(ccip.book, seen[-1])}")
            if seen[-1].stage.value in ("executed", "failed"):
                break
            if time.monotonic() > deadline:
                raise NotYet(
                    f"after {timeout:g} s the message is {seen[-1].stage.name}",
                    code="TIMEOUT",
                    context={"message_id": bytes(sent.message_id)},
                    hint="it is not lost: `ccip show` tells more, --timeout waits longer",
                )
            time.sleep(POLL_S)
    return seen
