"""Have the compiled contracts write contracts.json anew:

.venv/bin/python -m tests.vectors.regenerate

Look at what changed before committing it: a changed vector is a changed protocol.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ccip_py.chains.evm.keys import KeySigner, dev_key
from ccip_py.deploy.abi import call_data, encode_values
from ccip_py.deploy.artifacts import load
from ccip_py.deploy.devnet import BLESSERS, CHAIN_IDS, COMMITTERS, CURSERS, GUARDIAN
from ccip_py.deploy.keys import dev_address
from ccip_py.errors import Refused
from ccip_py.protocol.codec.evm import encode_commit_report
from ccip_py.protocol.ids import Address, Root, SeqNr
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.merkle import prove
from ccip_py.protocol.report import CommitReport, Interval, PriceUpdates

from . import cases
from .asking import Contracts, contracts

FILE = Path(__file__).parent / "contracts.json"
PROOFS_AT_ONCE = 100
F = 1
STATIC = ("chainSelector", "sourceChainSelector", "onRamp", "rmnProxy")


def generate() -> str:
    """All answers, as they stand in the file."""
    with contracts() as asked:
        answers = {
            "lanes": list(lanes(asked)),
            "messages": list(leaves(asked)),
            "trees": list(roots(asked)),
            "proofs": list(proofs(asked)),
            "extraArgs": list(extra_args(asked)),
            "fees": [
                {"name": name, **spelled(case), "fee": str(asked.ask("fee", case))}
                for name, case in cases.FEES.items()
            ],
            **signed(asked),
        }
    return (
        "{\n" + ",\n".join(f"{json.dumps(key)}: {_lines(value)}" for key, value in answers.items()) + "\n}\n"
    )


def _lines(value: Any) -> str:
    """A list has a line per item, so that a change shows where it is."""
    if isinstance(value, list):
        return "[\n" + ",\n".join(" " + json.dumps(item) for item in value) + "\n]"
    return json.dumps(value, indent=1)


def spelled(value: Any) -> Any:
    """As the README says: bytes in hexadecimal, integers as decimal strings."""
    if isinstance(value, bytes):
        if len(value) > 1_000 and value == cases.filler(len(value)):
            return {"seed": "0x" + cases.SEED.hex(), "length": len(value)}
        return "0x" + value.hex()
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return {key: spelled(item) for key, item in value.items()}
    return [spelled(item) for item in value] if isinstance(value, (list, tuple)) else value


def lanes(asked: Contracts) -> Iterator[dict[str, Any]]:
    for source, destination, on_ramp in cases.LANES:
        answer = asked.ask("metadataHash", source, destination, on_ramp)
        lane = {"source": source, "destination": destination, "onRamp": on_ramp, "metadata": answer}
        yield spelled(lane)


def leaves(asked: Contracts) -> Iterator[dict[str, Any]]:
    metadata = asked.ask("metadataHash", *cases.LANES[0])
    for message in cases.messages():
        leaf = asked.ask("leaf", message, metadata)
        yield {"message": spelled({**message, "messageId": leaf})}


def roots(asked: Contracts) -> Iterator[dict[str, Any]]:
    """The root over the first n leaves, all of them shown to the contract."""
    for first in range(1, 257, PROOFS_AT_ONCE):
        sizes = range(first, min(first + PROOFS_AT_ONCE, 257))
        for size, root in zip(sizes, _roots(asked, [(size, range(size)) for size in sizes]), strict=True):
            yield {"leaves": size, "root": spelled(root)}


def proofs(asked: Contracts) -> Iterator[dict[str, Any]]:
    """Proofs that the contract leads to the root of the whole tree, whose other leaves it never sees."""
    wanted = list(cases.subsets())
    for start in range(0, len(wanted), PROOFS_AT_ONCE):
        batch = wanted[start : start + PROOFS_AT_ONCE]
        for (size, chosen), root in zip(batch, _roots(asked, batch), strict=True):
            proof = prove([cases.leaf_number(i) for i in range(size)], chosen)
            flags, hashes = hex(proof.flag_bits), b"".join(proof.hashes)
            shown = {"hashes": len(proof.hashes), "hashOfHashes": spelled(keccak(hashes)), "flagBits": flags}
            yield {"leaves": size, "indices": list(chosen), **shown, "root": spelled(root)}


def _roots(asked: Contracts, wanted: Sequence[tuple[int, Sequence[int]]]) -> list[bytes]:
    given = []
    for size, chosen in wanted:
        leaves = [cases.leaf_number(i) for i in range(size)]
        proof = prove(leaves, chosen)
        given.append(
            {"leaves": [leaves[i] for i in chosen], "proofs": proof.hashes, "flagBits": proof.flag_bits}
        )
    answer: list[bytes] = asked.ask("merkleRoots", given)
    return answer


def extra_args(asked: Contracts) -> Iterator[dict[str, Any]]:
    for encoded in cases.extra_args():
        yield {"encoded": spelled(encoded), **spelled(asked.ask("decodeExtraArgs", encoded, 123_456))}


def signed(asked: Contracts) -> dict[str, Any]:
    """What committers and monitors sign, from a CommitStore and an RMN that were really configured."""
    rmn = asked.deploy("RMN", dev_address(GUARDIAN))
    proxy = asked.deploy("RMNProxy", rmn)
    monitors = [
        {"blessKey": dev_address(bless), "curseKey": dev_address(curse)}
        for bless, curse in zip(BLESSERS, CURSERS, strict=True)
    ]
    asked.act(rmn, "RMN", "setMonitors", monitors, 3, 2)
    source, destination, on_ramp = cases.LANES[1]
    static = dict(zip(STATIC, (destination, source, on_ramp, proxy), strict=True))
    store = asked.deploy("CommitStore", static)
    return {"signing": signing(asked, store), "risk": risk(asked, rmn, store)}


def signing(asked: Contracts, store: Address) -> dict[str, Any]:
    """A configuration, its digest by the contract, and reports whose signatures the contract accepted."""
    members = [dev_address(index) for index in COMMITTERS]
    onchain = encode_values(["address"], [cases.LANES[0][2]])
    config: list[Any] = [members, members, F, onchain, 2, b"off chain"]
    asked.act(store, "CommitStore", "setOCR2Config", *config)
    details = asked.view(store, "CommitStore", "latestConfigDetails")
    names = ("signers", "transmitters", "f", "onchainConfig", "offchainConfigVersion", "offchainConfig")
    return {
        "chainId": str(CHAIN_IDS[0]),
        "contract": spelled(store),
        "configCount": str(details["configCount"]),
        **spelled(dict(zip(names, config, strict=True))),
        "configDigest": spelled(details["configDigest"]),
        "reports": [
            _accepted(asked, store, details["configDigest"], *slot)
            for slot in ((1, 1), (7, 255), (2**32 - 1, 0))
        ],
    }


def _accepted(asked: Contracts, store: Address, digest: bytes, epoch: int, round_: int) -> dict[str, Any]:
    """The contract keeps the digest to itself. That it accepts signatures of it, and of no other, shows it."""
    root = Root(cases.leaf_number(epoch))
    report = encode_commit_report(
        CommitReport(PriceUpdates((), ()), Interval(SeqNr(1), SeqNr(round_ + 1)), root)
    )
    context = (digest, (epoch << 8 | round_).to_bytes(32, "big"), bytes(32))
    signed_digest = keccak(keccak(report) + b"".join(context))
    asked.call(dev_address(COMMITTERS[0]), store, _transmission(context, report, signed_digest))
    other = bytes([signed_digest[0] ^ 1]) + signed_digest[1:]
    try:
        asked.call(dev_address(COMMITTERS[0]), store, _transmission(context, report, other))
    except Refused:
        return spelled({"report": report, "epoch": epoch, "round": round_, "digest": signed_digest})
    raise AssertionError("the contract accepts signatures of anything")


def _transmission(context: tuple[bytes, ...], report: bytes, digest: bytes) -> bytes:
    signatures = [KeySigner(dev_key(index)).sign_digest(digest) for index in COMMITTERS[: 2 * F + 1]]
    rs, ss = [each[:32] for each in signatures], [each[32:64] for each in signatures]
    vs = bytes(each[64] - 27 for each in signatures).ljust(32, b"\0")
    return call_data(load("CommitStore"), "transmit", (context, report, rs, ss, vs))


def risk(asked: Contracts, rmn: Address, store: Address) -> dict[str, Any]:
    """Statements, and what the RMN says a monitor signs for them."""
    version = asked.view(rmn, "RMN", "getMonitors")["configVersion"]
    return {
        "chainId": str(CHAIN_IDS[0]),
        "rmn": spelled(rmn),
        "configVersion": str(version),
        "blessings": list(_blessings(asked, rmn, store)),
        "curses": list(_curses(asked, rmn)),
    }


def _blessings(asked: Contracts, rmn: Address, store: Address) -> Iterator[dict[str, Any]]:
    for first, last, epoch in ((1, 1, 0), (2, 257, 3), (cases.MAX64, cases.MAX64, cases.MAX64)):
        source, _, on_ramp = cases.LANES[1]
        blessing = {
            "commitStore": store,
            "sourceChainSelector": source,
            "onRamp": on_ramp,
            "first": first,
            "last": last,
            "root": cases.leaf_number(last),
            "epoch": epoch,
        }
        tag = asked.view(rmn, "RMN", "blessingTag", blessing)
        digest = asked.view(rmn, "RMN", "blessingDigest", blessing)
        yield {"blessing": spelled(blessing), "tag": spelled(tag), "digest": spelled(digest)}


def _curses(asked: Contracts, rmn: Address) -> Iterator[dict[str, Any]]:
    everything = bytes.fromhex("01000000000000000000000000000001")
    for subject, number in ((cases.LANES[0][0].to_bytes(16, "big"), 5), (everything, cases.MAX64)):
        vote = {
            "subject": subject,
            "nonce": number,
            "validUntil": number,
            "evidence": cases.leaf_number(number),
        }
        yield {"vote": spelled(vote), "digest": spelled(asked.view(rmn, "RMN", "curseDigest", vote))}


if __name__ == "__main__":
    FILE.write_text(generate(), encoding="utf-8")
