// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {CommitReport, Interval} from "../types/Report.sol";

/// @title ICommitStore: the roots that a quorum of the committing network has signed
/// @notice One lane's roots, in order and without gaps, on the lane's destination chain.
/// @dev Trust: the signers are trusted for a root's content together with the risk network's blessing, never for
/// its order, which is enforced here. The owner can pause, and remove what is not blessed; never add or bless.
/// @dev Liveness: the lane stops if the signers stop, while it is paused, and while its source chain is cursed.
/// @dev Reports arrive through `transmit` (IOCRVerifier). 1.5's setMinSeqNr and setLatestPriceEpochAndRound do not
/// exist: the first could skip or repeat messages, the second is what a new configuration does.
interface ICommitStore {
    struct StaticConfig {
        uint64 chainSelector; // of this chain, the lane's destination
        uint64 sourceChainSelector;
        address onRamp; // on the source chain
        address rmnProxy;
    }

    struct DynamicConfig {
        address priceRegistry; // the FeeQuoter of this chain
    }

    /// @notice What is known of a root; one storage word.
    struct Commitment {
        uint64 committedAt; // chain time in seconds, 0: not committed
        uint64 min;
        uint64 max;
    }

    /* ERRORS */

    /// @notice A chain selector, the OnRamp, the RMN proxy or the FeeQuoter of the on-chain configuration is zero, or
    /// that configuration is not one word.
    error InvalidCommitStoreConfig();

    /// @notice The owner paused this CommitStore: it takes no report and verifies no proof.
    error PausedError();

    /// @notice The interval is empty or does not start at the expected number.
    error InvalidInterval(Interval interval);

    /// @notice A report with neither a root nor prices.
    error InvalidRoot();

    /// @notice The same root was committed before. A second commit would reset its age.
    error RootAlreadyCommitted();

    /// @notice Only prices, and no newer than those that were applied already.
    error StaleReport();

    /// @notice Roots are removed from the newest back, so that the sequence numbers stay without gaps.
    error NotTheNewestRoot(bytes32 root, uint64 max, uint64 expectedNext);

    /// @notice What is blessed stays, for as long as the blessing counts: a lift voids it.
    error RootIsBlessed(bytes32 root);

    /* EVENTS */

    event ConfigSet(StaticConfig staticConfig, DynamicConfig dynamicConfig);

    /// @notice A root landed. From here the risk network may bless it. Price-only reports do not emit this.
    event ReportAccepted(CommitReport report);
    event RootRemoved(bytes32 root);

    /// @notice Removing roots gave their numbers back: `newSeqNum` is expected next.
    event SequenceNumberSet(uint64 oldSeqNum, uint64 newSeqNum);
    event Paused(address account);
    event Unpaused(address account);

    /* ROOTS */

    /// @notice When the root of these leaves was committed, or 0 if it was not or is not blessed now.
    /// @dev Do not cache: a blessing is void once a curse was lifted. Reverts while paused and on a proof that is
    /// not canonical.
    function verify(bytes32[] calldata hashedLeaves, bytes32[] calldata proofs, uint256 proofFlagBits)
        external
        view
        returns (uint256 timestamp);

    /// @notice Whether the root is committed here and blessed at the current epoch.
    function isBlessed(bytes32 root) external view returns (bool);

    /// @notice When the root was committed, blessed or not; 0 if it was not.
    function getMerkleRoot(bytes32 root) external view returns (uint256);
    function commitments(bytes32 root) external view returns (uint64 committedAt, uint64 min, uint64 max);

    /// @notice The owner removes roots that are not blessed now, newest first, and their numbers are expected again.
    /// @dev The signatures under a removed root stay good. `setOCR2Config`, also with the same committee, voids them:
    /// call it before the lane goes on, or any transmitter lands the same report again.
    /// @dev What was executed stays executed in this lane's OffRamp, and no other OffRamp can be made for this store.
    /// @dev Tools that only follow events keep seeing the removed root's ReportAccepted; RootRemoved tells.
    function resetUnblessedRoots(bytes32[] calldata roots) external;

    /* STATE */

    function getExpectedNextSequenceNumber() external view returns (uint64);
    function getLatestPriceEpochAndRound() external view returns (uint64);
    function getStaticConfig() external view returns (StaticConfig memory);
    function getDynamicConfig() external view returns (DynamicConfig memory);
    function isUnpausedAndNotCursed() external view returns (bool);
    function paused() external view returns (bool);

    /// @notice Stops this lane alone: no commit and, since `verify` reverts, no execution.
    function pause() external;
    function unpause() external;
}
