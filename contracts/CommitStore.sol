// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ICommitStore} from "./interfaces/ICommitStore.sol";
import {IFeeQuoter} from "./interfaces/IFeeQuoter.sol";
import {IRMN} from "./interfaces/IRMN.sol";
import {ITypeAndVersion} from "./interfaces/ITypeAndVersion.sol";
import {CurseCheck} from "./libraries/CurseCheck.sol";
import {MerkleMultiProof} from "./libraries/MerkleMultiProof.sol";
import {OCRVerifier} from "./ocr/OCRVerifier.sol";
import {CommitReport, PriceUpdates} from "./types/Report.sol";

contract CommitStore is ICommitStore, ITypeAndVersion, OCRVerifier {
    string public constant override typeAndVersion = "CommitStore 1.5.0";

    uint64 private immutable _chainSelector;
    uint64 private immutable _sourceChainSelector;
    address private immutable _onRamp;
    address private immutable _rmnProxy;

    /// @dev In one word of storage with what OCRVerifier keeps last.
    bool public paused;

    /// @dev Numbers start at 1, so 0 is never committed.
    uint64 private _expectedNext = 1;

    /// @dev Prices go stale apart from roots: a root that lands late still counts, old prices must not.
    uint40 private _latestPriceEpochAndRound;

    IFeeQuoter private _feeQuoter;

    mapping(bytes32 root => Commitment) public commitments;

    constructor(StaticConfig memory config) {
        require(config.chainSelector != 0 && config.sourceChainSelector != 0, InvalidCommitStoreConfig());
        require(config.onRamp != address(0) && config.rmnProxy != address(0), InvalidCommitStoreConfig());
        _chainSelector = config.chainSelector;
        _sourceChainSelector = config.sourceChainSelector;
        _onRamp = config.onRamp;
        _rmnProxy = config.rmnProxy;
    }

    /* COMMITTING */

    function _report(bytes calldata encodedReport, uint40 epochAndRound) internal override {
        // CHECK
        require(!paused, PausedError());
        CurseCheck.requireNotCursed(_rmnProxy, _sourceChainSelector);
        CommitReport memory report = abi.decode(encodedReport, (CommitReport));
        bool hasRoot = report.merkleRoot != 0;
        bool hasPrices = report.priceUpdates.tokenPriceUpdates.length != 0
            || report.priceUpdates.gasPriceUpdates.length != 0;
        bool fresh = hasPrices && epochAndRound > _latestPriceEpochAndRound;
        require(hasRoot || hasPrices, InvalidRoot());
        require(hasRoot || fresh, StaleReport());

        // EFFECT
        if (hasRoot) _commit(report);
        if (fresh) _updatePrices(report.priceUpdates, epochAndRound);
    }

    function _commit(CommitReport memory report) private {
        // CHECK
        (uint64 min, uint64 max) = (report.interval.min, report.interval.max);
        // numbers are counted, without a gap; and zero is no moment, but says that there is no such root
        // slither-disable-next-line incorrect-equality
        require(min == _expectedNext && min <= max, InvalidInterval(report.interval));
        // slither-disable-next-line incorrect-equality
        require(commitments[report.merkleRoot].committedAt == 0, RootAlreadyCommitted());

        // EFFECT
        _expectedNext = max + 1;
        commitments[report.merkleRoot] = Commitment(uint64(block.timestamp), min, max);

        emit ReportAccepted(report);
    }

    function _updatePrices(PriceUpdates memory prices, uint40 epochAndRound) private {
        // EFFECT
        _latestPriceEpochAndRound = epochAndRound;

        // INTERACT
        _feeQuoter.updatePrices(prices);
    }

    /* ROOTS */

    /// @inheritdoc ICommitStore
    function verify(bytes32[] calldata hashedLeaves, bytes32[] calldata proofs, uint256 proofFlagBits)
        external
        view
        returns (uint256 timestamp)
    {
        require(!paused, PausedError());
        bytes32 root = MerkleMultiProof.merkleRoot(hashedLeaves, proofs, proofFlagBits);
        return isBlessed(root) ? commitments[root].committedAt : 0;
    }

    /// @inheritdoc ICommitStore
    function isBlessed(bytes32 root) public view returns (bool) {
        Commitment memory commitment = commitments[root];
        // zero is no moment, but says that there is no such root
        // slither-disable-next-line incorrect-equality
        if (commitment.committedAt == 0) return false;
        return IRMN(_rmnProxy)
            .isRootBlessed(address(this), _sourceChainSelector, _onRamp, commitment.min, commitment.max, root);
    }

    /// @inheritdoc ICommitStore
    function getMerkleRoot(bytes32 root) external view returns (uint256) {
        return commitments[root].committedAt;
    }

    /// @inheritdoc ICommitStore
    function resetUnblessedRoots(bytes32[] calldata roots) external onlyOwner {
        uint64 before = _expectedNext;
        for (uint256 i = 0; i < roots.length; ++i) {
            _removeNewest(roots[i]);
        }

        emit SequenceNumberSet(before, _expectedNext);
    }

    function _removeNewest(bytes32 root) private {
        // CHECK
        Commitment memory commitment = commitments[root];
        // numbers are counted: the newest root ends where the next one begins
        // slither-disable-next-line incorrect-equality
        bool newest = commitment.committedAt != 0 && commitment.max + 1 == _expectedNext;
        require(newest, NotTheNewestRoot(root, commitment.max, _expectedNext));
        require(!isBlessed(root), RootIsBlessed(root));

        // EFFECT
        // the owner pays, once per accident, and each root gives back its own numbers
        // slither-disable-next-line costly-loop
        _expectedNext = commitment.min;
        // each root is another word
        // slither-disable-next-line costly-loop
        delete commitments[root];

        emit RootRemoved(root);
    }

    /* STATE */

    /// @inheritdoc ICommitStore
    function getExpectedNextSequenceNumber() external view returns (uint64) {
        return _expectedNext;
    }

    /// @inheritdoc ICommitStore
    function getLatestPriceEpochAndRound() external view returns (uint64) {
        return _latestPriceEpochAndRound;
    }

    /// @inheritdoc ICommitStore
    function getStaticConfig() public view returns (StaticConfig memory) {
        return StaticConfig({
            chainSelector: _chainSelector,
            sourceChainSelector: _sourceChainSelector,
            onRamp: _onRamp,
            rmnProxy: _rmnProxy
        });
    }

    /// @inheritdoc ICommitStore
    function getDynamicConfig() public view returns (DynamicConfig memory) {
        return DynamicConfig({priceRegistry: address(_feeQuoter)});
    }

    /// @inheritdoc ICommitStore
    function isUnpausedAndNotCursed() external view returns (bool) {
        return !paused && !CurseCheck.isCursed(_rmnProxy, _sourceChainSelector);
    }

    /// @inheritdoc ICommitStore
    function pause() external onlyOwner {
        paused = true;

        emit Paused(msg.sender);
    }

    /// @inheritdoc ICommitStore
    function unpause() external onlyOwner {
        paused = false;

        emit Unpaused(msg.sender);
    }

    function _requireSoundOnchainConfig(bytes memory onchainConfig) internal pure override {
        require(onchainConfig.length == 32, InvalidCommitStoreConfig());
        require(abi.decode(onchainConfig, (address)) != address(0), InvalidCommitStoreConfig());
    }

    /// @dev Epochs of a new configuration start over, so the price order does as well. What was committed stays.
    function _afterConfigSet(bytes memory onchainConfig) internal override {
        // EFFECT
        _feeQuoter = IFeeQuoter(abi.decode(onchainConfig, (address)));
        _latestPriceEpochAndRound = 0;

        emit ConfigSet(getStaticConfig(), getDynamicConfig());
    }
}
