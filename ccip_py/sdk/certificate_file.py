"""Certificates and pins as JSON: bytes in hex, addresses in checksum, integers that may be large as strings."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from hexbytes import HexBytes

from ccip_py.chains.bounded_json import parse_json
from ccip_py.errors import BadInput, CcipError
from ccip_py.protocol.codec.evm import checksum, parse_address
from ccip_py.protocol.ids import ChainSelector, MessageId, Root, SeqNr
from ccip_py.protocol.journey import Stage
from ccip_py.protocol.lane import Lane
from ccip_py.protocol.merkle import Proof
from ccip_py.protocol.message import Message, TokenAmount
from ccip_py.protocol.report import Interval
from ccip_py.sdk.certificate import Certificate, Execution, Pins, SignedBlessing, SignedCommit

T = TypeVar("T")
CERTIFICATE, PINS = "ccip-delivery-certificate/1", "ccip-signer-pins/1"


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def _raw(text: Any) -> bytes:
    if not isinstance(text, str) or not text.startswith("0x"):
        raise ValueError("not hexadecimal")
    return bytes(HexBytes(text))


def dump_certificate(certificate: Certificate) -> str:
    """The file's text."""
    commit, blessing, execution = certificate.commit, certificate.blessing, certificate.execution
    plain = {
        "format": CERTIFICATE,
        "lane": _lane(certificate.lane),
        "message": _message(certificate.message),
        "proof": {
            "hashes": [_hex(h) for h in certificate.proof.hashes],
            "flags": str(certificate.proof.flag_bits),
        },
        "root": _hex(certificate.root),
        "interval": {"first": str(certificate.interval.first), "last": str(certificate.interval.last)},
        "commit": {
            "report": _hex(commit.report),
            "context": [_hex(word) for word in commit.context],
            "signatures": [_hex(signature) for signature in commit.signatures],
            "transaction": _hex(commit.transaction),
        },
        "blessing": {
            "epoch": str(blessing.epoch),
            "config_version": blessing.config_version,
            "signatures": [{"r": _hex(r), "vs": _hex(vs)} for r, vs in blessing.signatures],
            "transactions": [_hex(at) for at in blessing.transactions],
        },
        "execution": execution
        and {
            "state": execution.stage.value,
            "transaction": _hex(execution.transaction),
            "block": execution.block,
        },
    }
    return json.dumps(plain, indent=2) + "\n"


def parse_certificate(text: str) -> Certificate:
    """Read a file that anybody may have written; BadInput if it is no certificate."""
    return _parsed(text, CERTIFICATE, "certificate", _certificate)


def dump_pins(pins: Pins) -> str:
    """The file's text."""
    plain = {
        "format": PINS,
        "lane": _lane(pins.lane),
        "destination_chain_id": pins.destination_chain_id,
        "config_digest": _hex(pins.config_digest),
        "committers": [checksum(signer) for signer in pins.committers],
        "quorum": pins.quorum,
        "rmn": checksum(pins.rmn),
        "rmn_config_version": pins.rmn_config_version,
        "bless_keys": [checksum(key) for key in pins.bless_keys],
        "bless_threshold": pins.bless_threshold,
    }
    return json.dumps(plain, indent=2) + "\n"


def parse_pins(text: str) -> Pins:
    """Read pins; BadInput if the file holds none."""
    return _parsed(text, PINS, "file of pinned signers", _pins)


def _parsed(text: str, wanted: str, what: str, read: Callable[[Mapping[str, Any]], T]) -> T:
    try:
        raw = parse_json(text)
    except ValueError as broken:
        raise _not_a(what, f"it is not JSON: {broken}") from None
    found = raw.get("format") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or found != wanted:
        raise _not_a(what, f"its format is {found or 'not said'}, and should be {wanted}")
    try:
        return read(raw)
    except KeyError as missing:
        raise _not_a(what, f"{missing} is missing") from None
    except (ValueError, TypeError, AttributeError, CcipError) as broken:
        raise _not_a(what, str(broken)) from None


def _not_a(what: str, why: str) -> BadInput:
    return BadInput(
        f"this is no {what}: {why}",
        code="NOT_A_CERTIFICATE",
        hint="`ccip show TX --certificate FILE` writes a certificate, `ccip lane -s A -D B --pins FILE` the signers",
    )


def _certificate(raw: Mapping[str, Any]) -> Certificate:
    commit, blessing, execution = raw["commit"], raw["blessing"], raw["execution"]
    first, second, third = map(_raw, commit["context"])
    return Certificate(
        lane=_read_lane(raw["lane"]),
        message=_read_message(raw["message"]),
        proof=Proof(tuple(map(_raw, raw["proof"]["hashes"])), int(raw["proof"]["flags"])),
        root=Root(_raw(raw["root"])),
        interval=Interval(SeqNr(int(raw["interval"]["first"])), SeqNr(int(raw["interval"]["last"]))),
        commit=SignedCommit(
            _raw(commit["report"]),
            (first, second, third),
            tuple(map(_raw, commit["signatures"])),
            _raw(commit["transaction"]),
        ),
        blessing=SignedBlessing(
            int(blessing["epoch"]),
            int(blessing["config_version"]),
            tuple((_raw(one["r"]), _raw(one["vs"])) for one in blessing["signatures"]),
            tuple(map(_raw, blessing["transactions"])),
        ),
        execution=None
        if execution is None
        else Execution(Stage(execution["state"]), _raw(execution["transaction"]), int(execution["block"])),
    )


def _pins(raw: Mapping[str, Any]) -> Pins:
    return Pins(
        lane=_read_lane(raw["lane"]),
        destination_chain_id=int(raw["destination_chain_id"]),
        config_digest=_raw(raw["config_digest"]),
        committers=tuple(map(parse_address, raw["committers"])),
        quorum=int(raw["quorum"]),
        rmn=parse_address(raw["rmn"]),
        rmn_config_version=int(raw["rmn_config_version"]),
        bless_keys=tuple(map(parse_address, raw["bless_keys"])),
        bless_threshold=int(raw["bless_threshold"]),
    )


def _lane(lane: Lane) -> dict[str, str]:
    return {
        "source": str(lane.source),
        "destination": str(lane.destination),
        "on_ramp": checksum(lane.on_ramp),
        "commit_store": checksum(lane.commit_store),
        "off_ramp": checksum(lane.off_ramp),
    }


def _read_lane(raw: Mapping[str, Any]) -> Lane:
    return Lane(
        ChainSelector(int(raw["source"])),
        ChainSelector(int(raw["destination"])),
        parse_address(raw["on_ramp"]),
        parse_address(raw["commit_store"]),
        parse_address(raw["off_ramp"]),
    )


def _message(message: Message) -> dict[str, Any]:
    return {
        "source_chain_selector": str(message.source_chain_selector),
        "sender": checksum(message.sender),
        "receiver": checksum(message.receiver),
        "sequence_number": str(message.sequence_number),
        "gas_limit": str(message.gas_limit),
        "strict": message.strict,
        "nonce": str(message.nonce),
        "fee_token": checksum(message.fee_token),
        "fee_token_amount": str(message.fee_token_amount),
        "data": _hex(message.data),
        "tokens": [{"token": checksum(x.token), "amount": str(x.amount)} for x in message.token_amounts],
        "source_token_data": [_hex(data) for data in message.source_token_data],
        "message_id": _hex(message.message_id),
    }


def _read_message(raw: Mapping[str, Any]) -> Message:
    return Message(
        source_chain_selector=ChainSelector(int(raw["source_chain_selector"])),
        sender=parse_address(raw["sender"]),
        receiver=parse_address(raw["receiver"]),
        sequence_number=SeqNr(int(raw["sequence_number"])),
        gas_limit=int(raw["gas_limit"]),
        strict=bool(raw["strict"]),
        nonce=int(raw["nonce"]),
        fee_token=parse_address(raw["fee_token"]),
        fee_token_amount=int(raw["fee_token_amount"]),
        data=_raw(raw["data"]),
        token_amounts=tuple(TokenAmount(parse_address(x["token"]), int(x["amount"])) for x in raw["tokens"]),
        source_token_data=tuple(map(_raw, raw["source_token_data"])),
        message_id=MessageId(_raw(raw["message_id"])),
    )
