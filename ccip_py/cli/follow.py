"""Follow a message and say meanwhile what is being waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccip_py.cli import message_view, terminal

if TYPE_CHECKING:
    from ccip_py.sdk.client import Ccip
    from ccip_py.sdk.types import SentMessage, StageReached


def stages(ccip: Ccip, sent: SentMessage, timeout: float, as_json: bool = False) -> list[StageReached]:
    """All stages until it is executed or failed, each said when it is proven; NotYet after `timeout` seconds."""
    told: list[StageReached] = []
    try:
        with terminal.waiting("reading the chains") as update:
            for stage in ccip.track(sent, timeout=timeout):
                told.append(stage)
                if not as_json:
                    terminal.result(None, [message_view.stage_line(ccip.book, stage)], False)
                update(message_view.waiting_for(ccip.book, stage))
    except KeyboardInterrupt:
        terminal.say(f"the message goes on without you: ccip show {sent.message_id.to_0x_hex()} --wait")
        raise
    return told
