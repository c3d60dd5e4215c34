"""What a chain's contracts are asked in every cycle, at its head.

These answers decide what is signed now and for what epoch, so all of them must be there, and all endpoints
must give the same ones: without them the chain is not seen in this cycle. What is asked at a final block,
where an odd token may refuse an answer, is up to `patrol.py` and `inspection.py`.
"""

from collections.abc import Sequence

from ccip_py.risk import views
from ccip_py.risk.config import Config
from ccip_py.risk.views import Ask
from ccip_py.risk.vote import GLOBAL_SUBJECT, Blessing, subject_of, tag


def always(config: Config, selector: int, curse_key: bytes) -> list[Ask]:
    """What is asked of a chain on every cycle, whatever is going on."""
    chain = config.chain(selector)
    asks = [views.monitors(chain.rmn), views.pointer(chain.rmn_proxy)]
    asks += [views.epoch_of(chain.rmn, remote) for remote in config.neighbours(selector)]
    asks += [views.next_message(lane.on_ramp) for lane in config.lanes if lane.source == selector]
    for subject in subjects_on(config, selector):
        asks.append(views.is_cursed(chain.rmn, subject))
        asks.append(views.curse_nonce(chain.rmn, subject, curse_key))
    return asks


def about(rmn: bytes, statements: Sequence[Blessing]) -> list[Ask]:
    """Whether a root still stands, and who has blessed it."""
    asks = []
    for statement in statements:
        asks.append(views.commitment(statement.commit_store, statement.root))
        asks.append(views.bless_votes(rmn, tag(statement)))
    return asks


def subjects_on(config: Config, selector: int) -> list[bytes]:
    """What can be cursed on a chain: each chain it has a lane with, and everything."""
    return [*(subject_of(one) for one in config.neighbours(selector)), GLOBAL_SUBJECT]
