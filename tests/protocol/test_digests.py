"""What is signed: against vectors laid out by hand, an ABI encoder, and eth-account's typed data."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data
from eth_utils import keccak as other_keccak
from hypothesis import given
from hypothesis import strategies as st

from ccip_py.protocol.blessing import GLOBAL_CURSE, Blessing, CurseVote, curse_subject
from ccip_py.protocol.codec.evm import checksum, encode_commit_report
from ccip_py.protocol.digests import (
    bless_digest,
    blessing_tag,
    config_digest,
    curse_digest,
    epoch_and_round,
    report_context,
    report_digest,
    rmn_domain,
)
from ccip_py.protocol.ids import Address, ChainSelector, Root, SeqNr

from .builders import SOURCE, addresses, commit_report_of, hand_worked, hashes, joined, raw, uint64s

blessings = st.builds(
    Blessing,
    commit_store=addresses,
    source_chain_selector=uint64s,
    on_ramp=addresses,
    first=uint64s,
    last=uint64s,
    root=hashes,
    epoch=uint64s,
)
curse_votes = st.builds(
    CurseVote,
    subject=st.binary(min_size=16, max_size=16),
    nonce=uint64s,
    valid_until=uint64s,
    evidence=hashes,
)
chain_ids = st.integers(1, 2**64)
versions = st.integers(0, 2**32 - 1)

BLESSING_FIELDS = [
    {"name": "commitStore", "type": "address"},
    {"name": "sourceChainSelector", "type": "uint64"},
    {"name": "onRamp", "type": "address"},
    {"name": "first", "type": "uint64"},
    {"name": "last", "type": "uint64"},
    {"name": "root", "type": "bytes32"},
    {"name": "epoch", "type": "uint64"},
]


def typed_data_digest(
    chain_id: int, rmn: Address, types: dict[str, Any], primary: str, message: dict[str, Any]
) -> bytes:
    """What a wallet would sign, by eth-account's own EIP-712."""
    domain = {"name": "RMN", "version": "1", "chainId": chain_id, "verifyingContract": checksum(rmn)}
    assert primary in types
    return bytes(_hash_eip191_message(encode_typed_data(domain, types, message)))


def config_of(fields: dict[str, Any]) -> bytes:
    return config_digest(
        int(fields["chainId"]),
        Address(raw(fields["contract"])),
        int(fields["configCount"]),
        [Address(raw(each)) for each in fields["signers"]],
        [Address(raw(each)) for each in fields["transmitters"]],
        fields["f"],
        raw(fields["onchainConfig"]),
        int(fields["offchainConfigVersion"]),
        raw(fields["offchainConfig"]),
    )


def test_config_digest_vector() -> None:
    config = hand_worked()["signing"]["config"]

    assert config_of(config) == raw(config["digest"])
    assert config_of(config)[2:] == other_keccak(joined(config["preimage"]))[2:]


@pytest.mark.parametrize(
    "change",
    [
        {"chainId": "1338"},
        {"contract": "0x" + "05" * 20},
        {"configCount": "2"},
        {"signers": []},
        {"transmitters": []},
        {"f": 2},
        {"onchainConfig": "0x01"},
        {"offchainConfigVersion": "2"},
        {"offchainConfig": "0x02"},
    ],
    ids=str,
)
def test_any_change_of_a_configuration_changes_its_digest(change: dict[str, Any]) -> None:
    config = hand_worked()["signing"]["config"]

    assert config_of({**config, **change}) != config_of(config)


def test_report_digest_vector() -> None:
    vectors = hand_worked()
    signing = vectors["signing"]
    report = encode_commit_report(commit_report_of(vectors["commitReport"]))

    context = report_context(raw(signing["config"]["digest"]), signing["epoch"], signing["round"])

    assert context == tuple(map(raw, signing["context"]))
    assert report_digest(report, context) == raw(signing["reportDigest"])


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**8 - 1))
def test_epoch_counts_before_round(epoch: int, round_: int) -> None:
    packed = epoch_and_round(epoch, round_)

    assert packed < 2**40
    assert (packed >> 8, packed & 0xFF) == (epoch, round_)


@pytest.mark.parametrize(("epoch", "round_"), [(2**32, 0), (0, 256), (-1, 0), (0, -1)])
def test_an_epoch_or_round_out_of_range_is_refused(epoch: int, round_: int) -> None:
    with pytest.raises(ValueError, match="uint32"):
        epoch_and_round(epoch, round_)


def blessing_vector() -> tuple[dict[str, Any], Blessing]:
    fields = hand_worked()["risk"]["blessing"]
    return fields, Blessing(
        Address(raw(fields["commitStore"])),
        ChainSelector(int(fields["sourceChainSelector"])),
        Address(raw(fields["onRamp"])),
        SeqNr(int(fields["first"])),
        SeqNr(int(fields["last"])),
        Root(raw(fields["root"])),
        int(fields["epoch"]),
    )


def domain_vector() -> bytes:
    domain = hand_worked()["risk"]["domain"]
    got = rmn_domain(int(domain["chainId"]), Address(raw(domain["rmn"])))
    assert got == raw(domain["hash"])
    return got


def test_blessing_vector() -> None:
    fields, blessing = blessing_vector()

    assert blessing_tag(blessing) == raw(fields["tag"])
    assert bless_digest(domain_vector(), blessing, int(fields["configVersion"])) == raw(fields["digest"])


def test_curse_vector() -> None:
    fields = hand_worked()["risk"]["curse"]
    vote = CurseVote(
        raw(fields["subject"]), int(fields["nonce"]), int(fields["validUntil"]), raw(fields["evidence"])
    )

    assert vote.subject == curse_subject(SOURCE)
    assert curse_digest(domain_vector(), vote, int(fields["configVersion"])) == raw(fields["digest"])


@given(chain_ids, addresses, blessings, versions)
def test_bless_digest_is_eip_712(chain_id: int, rmn: Address, blessing: Blessing, version: int) -> None:
    types = {
        "BlessVote": [
            {"name": "blessing", "type": "Blessing"},
            {"name": "configVersion", "type": "uint32"},
        ],
        "Blessing": BLESSING_FIELDS,
    }
    statement = {
        "commitStore": checksum(blessing.commit_store),
        "sourceChainSelector": blessing.source_chain_selector,
        "onRamp": checksum(blessing.on_ramp),
        "first": blessing.first,
        "last": blessing.last,
        "root": blessing.root,
        "epoch": blessing.epoch,
    }
    vote = {"blessing": statement, "configVersion": version}

    expected = typed_data_digest(chain_id, rmn, types, "BlessVote", vote)

    assert bless_digest(rmn_domain(chain_id, rmn), blessing, version) == expected


@given(chain_ids, addresses, curse_votes, versions)
def test_curse_digest_is_eip_712(chain_id: int, rmn: Address, vote: CurseVote, version: int) -> None:
    types = {
        "CurseVote": [
            {"name": "subject", "type": "bytes16"},
            {"name": "nonce", "type": "uint64"},
            {"name": "validUntil", "type": "uint64"},
            {"name": "evidence", "type": "bytes32"},
            {"name": "configVersion", "type": "uint32"},
        ]
    }
    fields = {
        "subject": vote.subject,
        "nonce": vote.nonce,
        "validUntil": vote.valid_until,
        "evidence": vote.evidence,
        "configVersion": version,
    }

    expected = typed_data_digest(chain_id, rmn, types, "CurseVote", fields)

    assert curse_digest(rmn_domain(chain_id, rmn), vote, version) == expected


def test_no_selector_is_the_global_subject() -> None:
    assert curse_subject(ChainSelector(2**64 - 1)) < GLOBAL_CURSE
