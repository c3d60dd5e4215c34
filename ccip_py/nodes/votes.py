"""The monitors' votes, as an executor uses them: pulled from their read-only pages, checked, and counted.

A page's word is worth nothing; the signatures on it are. A page that is down, slow, too long or nonsense adds nothing.
Which votes count is what the RMN will say: current monitors, current configuration, each monitor once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio

from ccip_py.chains.bounded_json import parse_json
from ccip_py.chains.evm.caller import View, function
from ccip_py.chains.http import Http, HttpFault
from ccip_py.ocr.attest import recover
from ccip_py.protocol.blessing import Blessing
from ccip_py.protocol.digests import bless_digest, blessing_tag, rmn_domain
from ccip_py.protocol.ids import Address, ChainSelector, Root, SeqNr

from .log import Event, Log, Stage

MAX_PAGE = 4 * 1024 * 1024  # bytes
MAX_VOTES = 5_000  # per page; far more than a lane ever has open
PAGE_TIMEOUT = 3.0  # seconds
_HALF = (1 << 255) - 1


@dataclass(frozen=True, slots=True)
class Monitors:
    """Who may bless on one chain, in the order of the bitmap."""

    config_version: int
    bless_keys: tuple[Address, ...]
    bless_threshold: int


@dataclass(frozen=True, slots=True)
class BlessVote:
    """One monitor's signature on one blessing, in the contract's compact form. Not yet checked."""

    blessing: Blessing
    config_version: int
    domain: bytes
    r: bytes
    vs: bytes

    def signer(self) -> Address | None:
        """Whose vote it is; None if the signature is nobody's."""
        packed = int.from_bytes(self.vs, "big")
        s, parity = packed & _HALF, packed >> 255
        digest = bless_digest(self.domain, self.blessing, self.config_version)
        return recover(digest, self.r + s.to_bytes(32, "big") + bytes((27 + parity,)))


def monitors_view(rmn: Address) -> View[Monitors]:
    """RMN.getMonitors."""

    def parse(version: int, pairs: Sequence[tuple[str, str]], bless: int, _curse: int) -> Monitors:
        return Monitors(version, tuple(Address(bytes.fromhex(pair[0][2:])) for pair in pairs), bless)

    types = ("uint32", "(address,address)[]", "uint8", "uint8")
    return View("RMN", rmn, function("getMonitors()"), types, parse)


@dataclass(slots=True)
class VotePool:
    """Checked votes by statement. Forgets what is not asked for any more."""

    pages: Sequence[str]
    log: Log
    _votes: dict[bytes, dict[Address, BlessVote]] = field(default_factory=dict)
    _seen: set[tuple[bytes, bytes]] = field(default_factory=set)

    async def pull(self, http: Http, wanted: Iterable[bytes], chain_id: int, rmn: Address) -> None:
        """Ask every monitor for its votes, and keep those on the wanted statements."""
        tags, domain = set(wanted), rmn_domain(chain_id, rmn)
        self._votes = {tag: votes for tag, votes in self._votes.items() if tag in tags}

        async def ask(page: str) -> None:
            for vote in parse_votes(await self._page(http, page), chain_id, rmn):
                self._take(vote, tags, domain)

        async with anyio.create_task_group() as group:
            for page in self.pages:
                group.start_soon(ask, page)

    def countable(self, tag: bytes, monitors: Monitors, counted: int) -> list[BlessVote]:
        """One vote for each current monitor that the chain has not counted yet."""
        given = self._votes.get(tag, {})
        return [
            given[key]
            for index, key in enumerate(monitors.bless_keys)
            if key in given
            and not counted >> index & 1
            and given[key].config_version == monitors.config_version
        ]

    def _take(self, vote: BlessVote, tags: set[bytes], domain: bytes) -> None:
        tag = blessing_tag(vote.blessing)
        if tag not in tags or vote.domain != domain or (vote.r, vote.vs) in self._seen:
            return
        signer = vote.signer()
        if signer is not None:
            self._seen.add((vote.r, vote.vs))
            self._votes.setdefault(tag, {})[signer] = vote
        if len(self._seen) > MAX_VOTES * max(1, len(self.pages)):
            self._seen.clear()

    async def _page(self, http: Http, page: str) -> Any:
        try:
            answer = await http.get(f"{page}/votes", seconds=PAGE_TIMEOUT, limit=MAX_PAGE)
            return parse_json(answer.body)
        except (HttpFault, ValueError) as silent:
            self.log.info(Event.MONITOR_SILENT, stage=Stage.BLESS, page=page, error=str(silent))
            return None


def parse_votes(raw: Any, chain_id: int, rmn: Address) -> list[BlessVote]:
    """The blessings among what a page says, for one RMN; anything odd is left out."""
    votes: list[BlessVote] = []
    for each in raw[:MAX_VOTES] if isinstance(raw, list) else ():
        try:
            if each["kind"] == "bless" and int(each["chainId"]) == chain_id and _raw(each["rmn"], 20) == rmn:
                votes.append(_vote(each, rmn_domain(chain_id, rmn)))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            continue
    return votes


def _vote(raw: Any, domain: bytes) -> BlessVote:
    blessing = Blessing(
        Address(_raw(raw["commitStore"], 20)),
        ChainSelector(_number(raw["sourceChainSelector"])),
        Address(_raw(raw["onRamp"], 20)),
        SeqNr(_number(raw["first"])),
        SeqNr(_number(raw["last"])),
        Root(_raw(raw["root"], 32)),
        _number(raw["epoch"]),
    )
    version = int(raw["configVersion"])
    if not 0 <= version < 2**32:
        raise ValueError("not a uint32")
    return BlessVote(blessing, version, domain, _raw(raw["r"], 32), _raw(raw["vs"], 32))


def _number(text: Any) -> int:
    number = int(text)
    if not 0 <= number < 2**64:
        raise ValueError("not a uint64")
    return number


def _raw(text: Any, size: int) -> bytes:
    raw = bytes.fromhex(text.removeprefix("0x"))
    if len(raw) != size:
        raise ValueError("of another length")
    return raw
