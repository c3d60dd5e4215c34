// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title IOCRVerifier: who may sign and who may send a report
/// @notice A report counts only with exactly 2f+1 distinct signatures of the n ≥ 3f+1 configured signers.
/// @dev Trust: f signers may lie and f more may be fooled by a poisoned endpoint; 2f+1 signatures then still hold
/// one that is neither. Transmitters are trusted with nothing: they carry what others signed.
/// @dev Liveness: 2f+1 signers and one transmitter must be up. Nobody else can move a report on.
/// @dev The config digest binds a signature to this chain, this contract and this configuration.
interface IOCRVerifier {
    /// @notice Why a configuration was refused.
    enum InvalidConfigErrorType {
        F_MUST_BE_POSITIVE,
        TOO_MANY_SIGNERS,
        F_TOO_HIGH,
        REPEATED_ORACLE_ADDRESS,
        NO_TRANSMITTERS,
        TOO_MANY_TRANSMITTERS,
        F_TOO_LOW
    }

    /* ERRORS */

    error InvalidConfig(InvalidConfigErrorType errorType);

    /// @notice A signer or a transmitter of the new committee is zero.
    error OracleCannotBeZeroAddress();

    /// @notice No signers were ever configured, so nothing can be verified.
    error ConfigNeverSet();

    /// @notice The caller is not registered to send reports (to a CommitStore) or to execute (on an OffRamp).
    error UnauthorizedTransmitter();

    /// @notice The calldata is longer or shorter than its arrays say: something unsigned rides along.
    error WrongMessageLength(uint256 expected, uint256 actual);

    /// @notice The report was signed for another configuration, contract or chain.
    error ConfigDigestMismatch(bytes32 expected, bytes32 actual);

    /// @notice Not exactly 2f+1 signatures.
    error WrongNumberOfSignatures();

    /// @notice As many r as s values are needed.
    error SignaturesOutOfRegistration();

    /// @notice A signature is malformed, has a high s or a v other than 27 or 28, or is no signer's.
    error UnauthorizedSigner();

    /// @notice One signer signed twice.
    error NonUniqueSignatures();

    /// @notice Another configuration is the candidate, or none is.
    error NotTheCandidate(bytes32 expected, bytes32 actual);

    /* EVENTS */

    event ConfigSet(
        uint32 previousConfigBlockNumber,
        bytes32 configDigest,
        uint64 configCount,
        address[] signers,
        address[] transmitters,
        uint8 f,
        bytes onchainConfig,
        uint64 offchainConfigVersion,
        bytes offchainConfig
    );

    /// @notice A configuration waits for its activation; `configDigest` is what it will be signed under.
    event CandidateConfigSet(
        bytes32 configDigest,
        uint64 configCount,
        address[] signers,
        address[] transmitters,
        uint8 f,
        bytes onchainConfig,
        uint64 offchainConfigVersion,
        bytes offchainConfig
    );

    /// @notice The candidate is in force now (a ConfigSet follows), or was withdrawn or passed over.
    event CandidateConfigRemoved(bytes32 configDigest);

    /// @notice A report passed. `epoch` is the protocol epoch in which it was made.
    event Transmitted(bytes32 configDigest, uint32 epoch);

    /* CONFIGURATION */

    /// @notice Replaces signers, transmitters and f at once; signatures for the old configuration are void.
    /// @dev n = 3f+1, f ≥ 1, n ≤ 31. One address may be a signer and a transmitter: both are the same node's.
    function setOCR2Config(
        address[] memory signers,
        address[] memory transmitters,
        uint8 f,
        bytes memory onchainConfig,
        uint64 offchainConfigVersion,
        bytes memory offchainConfig
    ) external;

    /// @notice Announces the next configuration: checked and digested, but not in force. Replaces a candidate.
    /// @dev For rotating signers of a running lane: the new committee can read its digest here and meet, while the
    /// old one goes on to commit.
    function setCandidateConfig(
        address[] memory signers,
        address[] memory transmitters,
        uint8 f,
        bytes memory onchainConfig,
        uint64 offchainConfigVersion,
        bytes memory offchainConfig
    ) external;

    /// @notice Puts the candidate in force. Roots, their blessings and the expected number stay as they are; only
    /// reports that are signed but not yet here are void.
    /// @param digest The candidate's, so that what was reviewed is what is activated.
    function activateCandidate(bytes32 digest) external;
    function withdrawCandidate() external;

    /// @notice The digest that the candidate's committee will sign under, or zero without a candidate.
    function candidateDigest() external view returns (bytes32);

    function latestConfigDetails()
        external
        view
        returns (uint32 configCount, uint32 blockNumber, bytes32 configDigest);

    /// @notice `scanLogs` is always true: the latest epoch is in the newest Transmitted event, not in storage.
    function latestConfigDigestAndEpoch()
        external
        view
        returns (bool scanLogs, bytes32 configDigest, uint32 epoch);
    function getSigners() external view returns (address[] memory);
    function getTransmitters() external view returns (address[] memory);

    /// @notice 2f+1, or 0 before the first configuration.
    function quorum() external view returns (uint256);

    /* REPORTING */

    /// @notice Delivers a signed report. Signatures are checked before anything else happens.
    /// @param reportContext Config digest; epoch << 8 | round; 32 bytes that are signed and otherwise ignored.
    /// @param rawVs Byte i is v - 27 of signature i.
    /// @dev Signed is keccak256(keccak256(report) ++ reportContext), with no prefix.
    function transmit(
        bytes32[3] calldata reportContext,
        bytes calldata report,
        bytes32[] calldata rs,
        bytes32[] calldata ss,
        bytes32 rawVs
    ) external;
}
