"""What an owner must see before lifting a curse: who voted for it, on which evidence, and the hash to quote.

    place = Place("b", Target("node", "http://127.0.0.1:9545"), rmn, start_block)
    for curse in curses([place], ["http://127.0.0.1:9101"]):
        print(text(curse))

The subjects, the votes and the hash come from one block of the chain, so they belong together: whoever
quotes the hash has seen these votes and no others. Evidence comes from monitors over HTTP and is shown
only if it hashes to what a vote names.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import anyio

from ccip_py.risk import evm, views
from ccip_py.risk.chain import view_call
from ccip_py.risk.http import Http, HttpError, parse_json
from ccip_py.risk.judge import Evidence
from ccip_py.risk.keccak import keccak
from ccip_py.risk.receipts import read_log
from ccip_py.risk.rpc import Call, Endpoint, Refused, Target

Json: TypeAlias = dict[str, Any]

_VOTED = keccak(b"VotedToCurse(bytes16,address,uint64,uint64,bytes32)")
_ANSWER_LIMIT = 4 * 1024 * 1024
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Place:
    """One chain's RMN, and how to reach it. Nothing of ours exists below `start_block`."""

    name: str
    target: Target
    rmn: bytes
    start_block: int = 0


def curses(places: Sequence[Place], monitors: Sequence[str]) -> list[Json]:
    """Every curse in force on these chains. Raises EndpointDown or Refused if a chain can't be read; a
    monitor that can't be reached only leaves evidence unexplained."""
    return anyio.run(_curses, places, monitors)


async def _curses(places: Sequence[Place], monitors: Sequence[str]) -> list[Json]:
    http = Http(_TIMEOUT_S)
    try:
        evidence = {one["id"]: one for url in monitors for one in await _evidence(http, url)}
        return [curse for place in places for curse in await _of_chain(http, place, evidence)]
    finally:
        await http.aclose()


async def _of_chain(http: Http, place: Place, evidence: Mapping[str, Json]) -> list[Json]:
    """All of it as of one block: a vote that comes later is not among these, and changes the hash."""
    endpoint = Endpoint(place.target, http)
    head = await endpoint.call("eth_getBlockByNumber", "latest", False)
    pinned = bytes.fromhex(head["hash"][2:])
    answer = await _one(endpoint, view_call(views.cursed_subjects(place.rmn), pinned))
    found = []
    for subject in views.as_subjects(answer):
        said = await _one(endpoint, view_call(views.votes_hash(place.rmn, subject), pinned))
        votes, by = await _votes(endpoint, place, subject, head["number"])
        named = sorted({vote["evidence"] for vote in votes})
        found.append(
            {
                "chain": place.name,
                "subject": "0x" + subject.hex(),
                "block": int(head["number"], 16),
                "votesHash": "0x" + said.hex(),
                "by": by,
                "votes": votes,
                "evidence": [evidence[one] for one in named if one in evidence],
                "unexplained": [one for one in named if one not in evidence],
            }
        )
    return found


async def _one(endpoint: Endpoint, call: Call) -> bytes:
    (answer,) = await endpoint.batch([call])
    if isinstance(answer, Refused):
        raise answer
    return bytes.fromhex(answer[2:])


async def _votes(endpoint: Endpoint, place: Place, subject: bytes, last: str) -> tuple[list[Json], str]:
    """The votes since the subject was last lifted, and whose word made it a curse."""
    kinds = ["0x" + topic.hex() for topic in (_VOTED, evm.CURSED, evm.UNCURSED)]
    query = {
        "address": "0x" + place.rmn.hex(),
        "topics": [kinds, "0x" + (subject + bytes(16)).hex()],
        "fromBlock": hex(place.start_block),
        "toBlock": last,
    }
    votes: list[Json] = []
    by = ""
    for raw in await endpoint.call("eth_getLogs", query):
        log = read_log(raw, int(raw["blockNumber"], 16), 0, 0)
        if log.topics[0] == evm.UNCURSED:
            votes, by = [], ""
        elif log.topics[0] == evm.CURSED:
            by = "0x" + log.topics[2][12:].hex()
        else:
            votes.append(
                {
                    "curseKey": "0x" + log.topics[2][12:].hex(),
                    "nonce": str(evm.word(log.data, 0)),
                    "validUntil": evm.word(log.data, 32),
                    "evidence": log.data[64:96].hex(),
                    "block": log.block,
                    "afterCurse": bool(by),  # no honest monitor adds one to a curse that stands
                }
            )
    return votes, by


async def _evidence(http: Http, url: str) -> list[Json]:
    """What one monitor has to show, as far as it hashes to its own id."""
    try:
        raw = parse_json(await http.get(f"{url.rstrip('/')}/evidence", _ANSWER_LIMIT))
        return [one for one in raw if _holds(one)]
    except (HttpError, ValueError, TypeError):
        return []


def _holds(one: Json) -> bool:
    try:
        blame = None if one["blame"] is None else int(one["blame"])
        return bool(Evidence(one["anomaly"], blame, (), one["summary"], one["facts"]).id.hex() == one["id"])
    except (KeyError, TypeError, ValueError):
        return False


def text(curse: Json) -> str:
    """For people, with the one line that matters at the end."""
    lines = [
        f"{curse['chain']}: {curse['subject']} is cursed, as of block {curse['block']} (by {curse['by']})"
    ]
    lines += [
        f"  vote of {vote['curseKey']} in block {vote['block']} on evidence 0x{vote['evidence'][:16]}…"
        + (" (after the curse stood)" if vote["afterCurse"] else "")
        for vote in curse["votes"]
    ]
    if not curse["votes"]:
        lines.append("  no votes: the guardian or the owner did it")
    for one in curse["evidence"]:
        lines += [
            f"  evidence 0x{one['id'][:16]}… {one['anomaly']}: {one['summary']}",
            f"    {json.dumps(one['facts'])}",
        ]
    lines += [
        f"  evidence 0x{one[:16]}… is known to no monitor that was asked" for one in curse["unexplained"]
    ]
    return "\n".join([*lines, f"  to lift it, quote {curse['votesHash']}"])
