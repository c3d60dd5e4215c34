"""The few contract functions this monitor calls: how to ask, and how to read the answer.

An `Ask` is a contract and its call data; answers come back by `Ask`, from one pinned block that all
endpoints agree on. Selectors are hashed from the signatures here, words are read by position.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from ccip_py.risk.config import PriceBound
from ccip_py.risk.evm import Undecodable, word
from ccip_py.risk.keccak import keccak
from ccip_py.risk.vote import Blessing, Curse, Vote, encode_blessing, encode_curse

# Of addresses in one answer: more than any list here holds.
_MANY = 1_000


@dataclass(frozen=True, slots=True)
class Ask:
    to: bytes  # empty: the data is a program
    data: bytes
    words: int = 1  # that an answer has at least


@dataclass(frozen=True, slots=True)
class Monitors:
    """The RMN's configuration. `keys` are (bless key, curse key); a monitor's index is its bit."""

    config_version: int
    keys: Sequence[tuple[bytes, bytes]]
    bless_threshold: int
    curse_threshold: int

    def bless_index(self, key: bytes | None) -> int | None:
        return next((at for at, (bless, _) in enumerate(self.keys) if bless == key), None)

    def is_curse_key(self, key: bytes | None) -> bool:
        return any(curse == key for _, curse in self.keys)


@cache
def _selector(signature: str) -> bytes:
    return keccak(signature.encode())[:4]


def _number(value: int) -> bytes:
    return value.to_bytes(32, "big")


# ASKING


def monitors(rmn: bytes) -> Ask:
    """Who may vote, how many votes are enough, and the version that votes are signed for."""
    return Ask(rmn, _selector("getMonitors()"))


def pointer(rmn_proxy: bytes) -> Ask:
    """Which RMN the chain's contracts obey."""
    return Ask(rmn_proxy, _selector("getARM()"))


def epoch_of(rmn: bytes, source: int) -> Ask:
    """How many lifts, of a curse on the source or of a global one: part of every blessing, so that a lift voids them."""
    return Ask(rmn, _selector("epochOf(uint64)") + _number(source))


def is_cursed(rmn: bytes, subject: bytes) -> Ask:
    """By the subject itself or globally. A bytes16 stands at the left end of its word."""
    return Ask(rmn, _selector("isCursed(bytes16)") + subject + bytes(16))


def cursed_subjects(rmn: bytes) -> Ask:
    """Each of them by itself."""
    return Ask(rmn, _selector("getCursedSubjects()"))


def votes_hash(rmn: bytes, subject: bytes) -> Ask:
    """What whoever lifts a curse must quote."""
    return Ask(rmn, _selector("votesHash(bytes16)") + subject + bytes(16))


def curse_nonce(rmn: bytes, subject: bytes, key: bytes) -> Ask:
    """What the next vote of that key must be numbered. Its high half counts the subject's lifts: older votes are void."""
    return Ask(rmn, _selector("curseNonce(bytes16,address)") + subject + bytes(16) + bytes(12) + key)


def bless_votes(rmn: bytes, tag: bytes) -> Ask:
    """Whose votes for a statement were counted, under which version, and whether they are enough."""
    return Ask(rmn, _selector("blessVotes(bytes32)") + tag, words=3)


def next_message(on_ramp: bytes) -> Ask:
    """The number that the on-ramp gives out next. Asked at the head: good for waiting, and for saying "never sent"."""
    return Ask(on_ramp, _selector("getExpectedNextSequenceNumber()"))


def commitment(commit_store: bytes, root: bytes) -> Ask:
    """Whether a root stands, and over which messages."""
    return Ask(commit_store, _selector("commitments(bytes32)") + root, words=3)


def quorum(commit_store: bytes) -> Ask:
    """Signatures that a report needs: 2f+1."""
    return Ask(commit_store, _selector("quorum()"))


def config_digest(commit_store: bytes) -> Ask:
    """Which committee is in office: the digest of its configuration is the third word."""
    return Ask(commit_store, _selector("latestConfigDetails()"))


def signers(commit_store: bytes) -> Ask:
    """Whose signatures on reports count."""
    return Ask(commit_store, _selector("getSigners()"))


def transmitters(contract: bytes) -> Ask:
    """Of a commit store: who may send reports. Of an off-ramp: who may execute."""
    return Ask(contract, _selector("getTransmitters()"))


def guardian(rmn: bytes) -> Ask:
    """Who may stop everything at once, by itself; zero if nobody may."""
    return Ask(rmn, _selector("guardian()"))


def off_ramps(router: bytes) -> Ask:
    """From where receivers get their messages, and pools take their orders."""
    return Ask(router, _selector("getOffRamps()"))


def pool_of(registry: bytes, token: bytes) -> Ask:
    """Whom ramps ask to lock, burn, release or mint the token."""
    return Ask(registry, _selector("getPool(address)") + bytes(12) + token)


def owner(contract: bytes) -> Ask:
    """Whoever may configure it. One that is merely proposed is not the owner yet."""
    return Ask(contract, _selector("owner()"))


def code_hash(contract: bytes) -> Ask:
    """Asked by a program that is run for its answer and never deployed: PUSH20 contract, EXTCODEHASH,
    PUSH1 32, MSTORE, PUSH1 64, PUSH1 0, RETURN. The answer's second word is the hash: it can't be the first, because
    whatever begins with 0xef is refused as code (EIP-3541), one hash in 256."""
    return Ask(b"", b"\x73" + contract + bytes.fromhex("3f60205260406000f3"))


def total_supply(token: bytes) -> Ask:
    """Of an ERC-20, as the token itself says."""
    return Ask(token, _selector("totalSupply()"))


def balance(token: bytes, holder: bytes) -> Ask:
    """What a pool, or its lock box, has to give."""
    return Ask(token, _selector("balanceOf(address)") + bytes(12) + holder)


def listed_pools(lock_box: bytes) -> Ask:
    """Who may take tokens out of a lock box."""
    return Ask(lock_box, _selector("getPools()"))


def price(bound: PriceBound) -> Ask:
    """A token's price, or the price of gas on another chain; both answer (value, when it was set)."""
    if bound.token:
        return Ask(bound.quoter, _selector("getTokenPrice(address)") + bytes(12) + bound.token)
    return Ask(bound.quoter, _selector("getDestinationChainGasPrice(uint64)") + _number(bound.selector))


# READING


def as_number(answer: bytes) -> int:
    return word(answer, 0)


def as_address(answer: bytes) -> bytes:
    return _number(word(answer, 0))[12:]


@lru_cache(maxsize=64)
def as_monitors(answer: bytes) -> Monitors:
    """(configVersion, Monitor[], blessThreshold, curseThreshold); the array stands behind word 1."""
    at = word(answer, 32)
    count = word(answer, at)
    if count > 16:
        raise Undecodable(f"{count} monitors; the contract allows 16")
    keys = [
        (_number(word(answer, at + 32 + 64 * n))[12:], _number(word(answer, at + 64 + 64 * n))[12:])
        for n in range(count)
    ]
    return Monitors(word(answer, 0), keys, word(answer, 64), word(answer, 96))


def as_price(answer: bytes) -> tuple[int, int]:
    """(value, when it was set)."""
    return word(answer, 0), word(answer, 32)


def as_addresses(answer: bytes) -> list[bytes]:
    """An array of addresses, as the only thing that is returned."""
    at = word(answer, 0)
    count = word(answer, at)
    if count > _MANY:
        raise Undecodable(f"{count} addresses")
    return [_number(word(answer, at + 32 + 32 * n))[12:] for n in range(count)]


def as_off_ramps(answer: bytes) -> list[tuple[int, bytes]]:
    """An array of (source chain selector, off-ramp)."""
    at = word(answer, 0)
    count = word(answer, at)
    if count > _MANY:
        raise Undecodable(f"{count} off-ramps")
    return [
        (word(answer, at + 32 + 64 * n), _number(word(answer, at + 64 + 64 * n))[12:]) for n in range(count)
    ]


def as_subjects(answer: bytes) -> list[bytes]:
    """An array of bytes16, each at the left end of its word."""
    at = word(answer, 0)
    return [_number(word(answer, at + 32 + 32 * n))[:16] for n in range(min(word(answer, at), 256))]


def as_votes(answer: bytes) -> tuple[int, int, bool]:
    """(bitmap of voters, the config version they count under, whether the blessing is complete)."""
    return word(answer, 0), word(answer, 32), word(answer, 64) == 1


def as_commitment(answer: bytes) -> tuple[int, int, int]:
    """(when it was committed or 0, first, last)."""
    return word(answer, 0), word(answer, 32), word(answer, 64)


# SENDING


def bless_call(blessing: Blessing, votes: Sequence[Vote]) -> bytes:
    """bless(Blessing, Signature[]): seven words, the array's offset, its length, two words each."""
    selector = _selector("bless((address,uint64,address,uint64,uint64,bytes32,uint64),(bytes32,bytes32)[])")
    signatures = _number(len(votes)) + b"".join(vote.compact for vote in votes)
    return selector + encode_blessing(blessing) + _number(8 * 32) + signatures


def curse_call(curse: Curse, vote: Vote) -> bytes:
    """voteToCurse(CurseVote, Signature): six words."""
    selector = _selector("voteToCurse((bytes16,uint64,uint64,bytes32),(bytes32,bytes32))")
    return selector + encode_curse(curse) + vote.compact
