// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {stdJson} from "forge-std/StdJson.sol";
import {Test} from "forge-std/Test.sol";

import {CommitStore} from "../../contracts/CommitStore.sol";
import {RMN} from "../../contracts/RMN.sol";
import {ICommitStore} from "../../contracts/interfaces/ICommitStore.sol";
import {IRMN} from "../../contracts/interfaces/IRMN.sol";
import {
    CommitReport,
    GasPriceUpdate,
    Interval,
    PriceUpdates,
    TokenPriceUpdate
} from "../../contracts/types/Report.sol";

/// @notice What committers and monitors sign, worked by hand from the formulas, said again by the contracts
/// themselves: they are put at the addresses and on the chain that the vectors name.
contract VectorsByHandTest is Test {
    using stdJson for string;

    string private _vectors;

    function setUp() public {
        _vectors = vm.readFile("tests/vectors/by_hand.json");
        vm.chainId(_vectors.readUint(".risk.domain.chainId"));
    }

    function test_encodes_the_commit_report() public view {
        TokenPriceUpdate[] memory tokens = new TokenPriceUpdate[](1);
        tokens[0] = TokenPriceUpdate({
            sourceToken: _vectors.readAddress(".commitReport.tokenPrices[0].token"),
            usdPerToken: uint224(_vectors.readUint(".commitReport.tokenPrices[0].usdPerToken"))
        });
        GasPriceUpdate[] memory gas = new GasPriceUpdate[](1);
        gas[0] = GasPriceUpdate({
            destChainSelector: uint64(_vectors.readUint(".commitReport.gasPrices[0].destChainSelector")),
            usdPerUnitGas: uint224(_vectors.readUint(".commitReport.gasPrices[0].usdPerUnitGas"))
        });
        CommitReport memory report = CommitReport({
            priceUpdates: PriceUpdates({tokenPriceUpdates: tokens, gasPriceUpdates: gas}),
            interval: Interval({
                min: uint64(_vectors.readUint(".commitReport.interval[0]")),
                max: uint64(_vectors.readUint(".commitReport.interval[1]"))
            }),
            merkleRoot: _vectors.readBytes32(".commitReport.root")
        });

        assertEq(abi.encode(report), reportBytes());
    }

    function test_names_the_configuration() public {
        address store = _vectors.readAddress(".signing.config.contract");
        ICommitStore.StaticConfig memory lane = ICommitStore.StaticConfig({
            chainSelector: 1, sourceChainSelector: 2, onRamp: address(3), rmnProxy: address(4)
        });
        deployCodeTo("CommitStore.sol:CommitStore", abi.encode(lane), store);

        CommitStore(store)
            .setOCR2Config(
                _vectors.readAddressArray(".signing.config.signers"),
                _vectors.readAddressArray(".signing.config.transmitters"),
                uint8(_vectors.readUint(".signing.config.f")),
                _vectors.readBytes(".signing.config.onchainConfig"),
                uint64(_vectors.readUint(".signing.config.offchainConfigVersion")),
                _vectors.readBytes(".signing.config.offchainConfig")
            );

        (uint32 count,, bytes32 digest) = CommitStore(store).latestConfigDetails();
        assertEq(count, _vectors.readUint(".signing.config.configCount"));
        assertEq(digest, _vectors.readBytes32(".signing.config.digest"));
    }

    function test_hashes_what_committers_sign() public view {
        bytes32[] memory context = _vectors.readBytes32Array(".signing.context");
        uint256 epochAndRound = _vectors.readUint(".signing.epoch") << 8 | _vectors.readUint(".signing.round");
        bytes32 digest = keccak256(abi.encodePacked(keccak256(reportBytes()), context));

        assertEq(context[0], _vectors.readBytes32(".signing.config.digest"));
        assertEq(uint256(context[1]), epochAndRound);
        assertEq(digest, _vectors.readBytes32(".signing.reportDigest"));
    }

    function test_hashes_what_monitors_sign_to_bless() public {
        RMN rmn = theRMN();
        IRMN.Blessing memory blessing = IRMN.Blessing({
            commitStore: _vectors.readAddress(".risk.blessing.commitStore"),
            sourceChainSelector: uint64(_vectors.readUint(".risk.blessing.sourceChainSelector")),
            onRamp: _vectors.readAddress(".risk.blessing.onRamp"),
            first: uint64(_vectors.readUint(".risk.blessing.first")),
            last: uint64(_vectors.readUint(".risk.blessing.last")),
            root: _vectors.readBytes32(".risk.blessing.root"),
            epoch: uint64(_vectors.readUint(".risk.blessing.epoch"))
        });

        assertEq(rmn.blessingTag(blessing), _vectors.readBytes32(".risk.blessing.tag"));
        assertEq(rmn.blessingDigest(blessing), _vectors.readBytes32(".risk.blessing.digest"));
    }

    function test_hashes_what_monitors_sign_to_curse() public {
        IRMN.CurseVote memory vote = IRMN.CurseVote({
            subject: bytes16(_vectors.readBytes(".risk.curse.subject")),
            nonce: uint64(_vectors.readUint(".risk.curse.nonce")),
            validUntil: uint64(_vectors.readUint(".risk.curse.validUntil")),
            evidence: _vectors.readBytes32(".risk.curse.evidence")
        });

        assertEq(theRMN().curseDigest(vote), _vectors.readBytes32(".risk.curse.digest"));
    }

    /// @dev Where the vectors say it is, and configured as often as they say.
    function theRMN() internal returns (RMN rmn) {
        rmn = RMN(_vectors.readAddress(".risk.domain.rmn"));
        deployCodeTo("RMN.sol:RMN", abi.encode(address(5)), address(rmn));
        IRMN.Monitor[] memory monitors = new IRMN.Monitor[](1);
        monitors[0] = IRMN.Monitor({blessKey: address(6), curseKey: address(7)});
        uint256 version = _vectors.readUint(".risk.blessing.configVersion");
        for (uint256 i = 0; i < version; ++i) {
            rmn.setMonitors(monitors, 1, 1);
        }
    }

    function reportBytes() internal view returns (bytes memory encoded) {
        string[] memory words = _vectors.readStringArray(".commitReport.words");
        for (uint256 i = 0; i < words.length; ++i) {
            encoded = bytes.concat(encoded, vm.parseBytes(string.concat("0x", words[i])));
        }
    }
}
