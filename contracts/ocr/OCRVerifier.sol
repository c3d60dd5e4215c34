// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {IOCRVerifier} from "../interfaces/IOCRVerifier.sol";
import {HomeChain} from "../libraries/HomeChain.sol";

/// @dev What a report means is its heir's business; that a quorum of the right signers signed it is settled here.
abstract contract OCRVerifier is IOCRVerifier, Ownable2Step {
    struct OCRConfig {
        address[] signers;
        address[] transmitters;
        uint8 f;
        bytes onchainConfig;
        uint64 offchainConfigVersion;
        bytes offchainConfig;
    }

    /// @dev A role counts only if its config count is the current one, so a new configuration erases nobody. Both
    /// roles of one node are in one word, because the node that sends a report is usually one that signed it.
    struct Oracle {
        uint32 signsSince; // config count
        uint32 transmitsSince; // config count
        uint8 index; // as a signer
    }

    uint256 public constant MAX_ORACLES = 31;

    /// @dev The two highest bytes of every config digest: an OCR2 configuration on an EVM chain.
    bytes32 private constant DIGEST_PREFIX = bytes32(uint256(1) << 240);

    uint256 internal immutable _deployedOn = block.chainid;

    mapping(address oracle => Oracle) private _oracles;
    address[] private _signers;
    address[] private _transmitters;
    OCRConfig private _candidate;

    bytes32 public candidateDigest;
    bytes32 private _configDigest;

    /// @dev Last, so that the heir's first fields share their word: a report needs them all.
    uint32 private _configCount;
    uint32 private _configBlockNumber;
    uint8 private _f;

    constructor() Ownable(msg.sender) {}

    /* CONFIGURATION */

    /// @inheritdoc IOCRVerifier
    function setOCR2Config(
        address[] memory signers,
        address[] memory transmitters,
        uint8 f,
        bytes memory onchainConfig,
        uint64 offchainConfigVersion,
        bytes memory offchainConfig
    ) external onlyOwner {
        OCRConfig memory config = OCRConfig(
            signers, transmitters, f, onchainConfig, offchainConfigVersion, offchainConfig
        );
        // CHECK
        _requireSound(config);

        // EFFECT
        _putInForce(config);
    }

    /// @inheritdoc IOCRVerifier
    function setCandidateConfig(
        address[] memory signers,
        address[] memory transmitters,
        uint8 f,
        bytes memory onchainConfig,
        uint64 offchainConfigVersion,
        bytes memory offchainConfig
    ) external onlyOwner {
        OCRConfig memory config = OCRConfig(
            signers, transmitters, f, onchainConfig, offchainConfigVersion, offchainConfig
        );
        // CHECK
        _requireSound(config);

        // EFFECT (the digest is the one it will have in force, so its number is already the next one)
        uint32 count = _configCount + 1;
        bytes32 digest = _digestOf(config, count);
        candidateDigest = digest;
        _candidate = config;

        emit CandidateConfigSet(
            digest, count, signers, transmitters, f, onchainConfig, offchainConfigVersion, offchainConfig
        );
    }

    /// @inheritdoc IOCRVerifier
    function activateCandidate(bytes32 digest) external onlyOwner {
        // CHECK
        require(digest != 0 && digest == candidateDigest, NotTheCandidate(candidateDigest, digest));

        // EFFECT
        _putInForce(_candidate);
    }

    /// @inheritdoc IOCRVerifier
    function withdrawCandidate() external onlyOwner {
        // CHECK
        require(candidateDigest != 0, NotTheCandidate(0, 0));

        // EFFECT
        _forgetCandidate();
    }

    /// @dev A candidate that was passed over is void: its digest has the number that is given here.
    function _putInForce(OCRConfig memory config) private {
        uint32 count = ++_configCount;
        uint32 previousBlock = _configBlockNumber;
        _configBlockNumber = uint32(block.number);
        _configDigest = _digestOf(config, count);
        _f = config.f;
        _register(config, count);
        if (candidateDigest != 0) _forgetCandidate();

        _emitConfigSet(config, previousBlock, count);
        _afterConfigSet(config.onchainConfig);
    }

    function _forgetCandidate() private {
        emit CandidateConfigRemoved(candidateDigest);
        candidateDigest = 0;
        delete _candidate;
    }

    /// @inheritdoc IOCRVerifier
    function latestConfigDetails()
        external
        view
        returns (uint32 configCount, uint32 blockNumber, bytes32 configDigest)
    {
        return (_configCount, _configBlockNumber, _configDigest);
    }

    /// @inheritdoc IOCRVerifier
    function latestConfigDigestAndEpoch()
        external
        view
        returns (bool scanLogs, bytes32 configDigest, uint32 epoch)
    {
        return (true, _configDigest, 0);
    }

    /// @inheritdoc IOCRVerifier
    function getSigners() external view returns (address[] memory) {
        return _signers;
    }

    /// @inheritdoc IOCRVerifier
    function getTransmitters() external view returns (address[] memory) {
        return _transmitters;
    }

    /// @inheritdoc IOCRVerifier
    function quorum() public view returns (uint256) {
        return _f == 0 ? 0 : 2 * uint256(_f) + 1;
    }

    function _requireSound(OCRConfig memory config) private view {
        _requireConfig(config.f != 0, InvalidConfigErrorType.F_MUST_BE_POSITIVE);
        _requireConfig(config.signers.length <= MAX_ORACLES, InvalidConfigErrorType.TOO_MANY_SIGNERS);
        _requireConfig(config.signers.length > 3 * uint256(config.f), InvalidConfigErrorType.F_TOO_HIGH);
        // among more than 3f+1, two quorums of 2f+1 need have no honest signer in common
        _requireConfig(config.signers.length <= 3 * uint256(config.f) + 1, InvalidConfigErrorType.F_TOO_LOW);
        _requireConfig(config.transmitters.length != 0, InvalidConfigErrorType.NO_TRANSMITTERS);
        _requireConfig(
            config.transmitters.length <= MAX_ORACLES, InvalidConfigErrorType.TOO_MANY_TRANSMITTERS
        );
        _requireDistinct(config.signers);
        _requireDistinct(config.transmitters);
        _requireSoundOnchainConfig(config.onchainConfig);
    }

    function _requireDistinct(address[] memory oracles) private pure {
        for (uint256 i = 0; i < oracles.length; ++i) {
            require(oracles[i] != address(0), OracleCannotBeZeroAddress());
            for (uint256 j = 0; j < i; ++j) {
                _requireConfig(oracles[i] != oracles[j], InvalidConfigErrorType.REPEATED_ORACLE_ADDRESS);
            }
        }
    }

    function _requireConfig(bool condition, InvalidConfigErrorType errorType) private pure {
        require(condition, InvalidConfig(errorType));
    }

    function _register(OCRConfig memory config, uint32 count) private {
        for (uint8 i = 0; i < config.signers.length; ++i) {
            Oracle storage signer = _oracles[config.signers[i]];
            (signer.signsSince, signer.index) = (count, i);
        }
        for (uint256 i = 0; i < config.transmitters.length; ++i) {
            _oracles[config.transmitters[i]].transmitsSince = count;
        }
        _signers = config.signers;
        _transmitters = config.transmitters;
    }

    function _digestOf(OCRConfig memory config, uint32 count) private view returns (bytes32) {
        bytes32 hash = keccak256(
            abi.encode(
                block.chainid,
                address(this),
                uint64(count),
                config.signers,
                config.transmitters,
                config.f,
                config.onchainConfig,
                config.offchainConfigVersion,
                config.offchainConfig
            )
        );
        return DIGEST_PREFIX | ((hash << 16) >> 16);
    }

    function _emitConfigSet(OCRConfig memory config, uint32 previousBlock, uint32 count) private {
        emit ConfigSet(
            previousBlock,
            _configDigest,
            count,
            config.signers,
            config.transmitters,
            config.f,
            config.onchainConfig,
            config.offchainConfigVersion,
            config.offchainConfig
        );
    }

    /* REPORTING */

    /// @inheritdoc IOCRVerifier
    function transmit(
        bytes32[3] calldata reportContext,
        bytes calldata report,
        bytes32[] calldata rs,
        bytes32[] calldata ss,
        bytes32 rawVs
    ) external {
        // CHECK
        HomeChain.requireUnforked(_deployedOn);
        (uint32 count, uint256 f) = (_configCount, _f);
        require(f != 0, ConfigNeverSet());
        require(_oracles[msg.sender].transmitsSince == count, UnauthorizedTransmitter());
        _requireExactCalldata(report.length, rs.length, ss.length);
        bytes32 expected = _configDigest;
        require(reportContext[0] == expected, ConfigDigestMismatch(expected, reportContext[0]));
        require(rs.length == 2 * f + 1, WrongNumberOfSignatures());
        _requireDistinctSigners(
            count, keccak256(abi.encodePacked(keccak256(report), reportContext)), rs, ss, rawVs
        );

        // EFFECT
        uint40 epochAndRound = uint40(uint256(reportContext[1]));
        // casting to 'uint32' is safe because 40 - 8 bits are left
        // forge-lint: disable-next-line(unsafe-typecast)
        emit Transmitted(reportContext[0], uint32(epochAndRound >> 8));
        _report(report, epochAndRound);
    }

    /// @dev The heir's checks and effects for a report that a quorum signed.
    function _report(bytes calldata report, uint40 epochAndRound) internal virtual;

    /// @dev The heir refuses what it could not read once the configuration is in force.
    function _requireSoundOnchainConfig(bytes memory onchainConfig) internal view virtual;

    /// @dev The heir reads its part of a new configuration.
    function _afterConfigSet(bytes memory onchainConfig) internal virtual;

    /// @dev The head: selector, three words of context, an offset for each array, rawVs. The tail: the length and
    /// the content of each array.
    function _requireExactCalldata(uint256 reportBytes, uint256 rsCount, uint256 ssCount) private pure {
        uint256 head = 4 + 32 * (3 + 1 + 1 + 1 + 1);
        // rounds up to whole words
        // slither-disable-next-line divide-before-multiply
        uint256 tail = 32 * 3 + (reportBytes + 31) / 32 * 32 + 32 * (rsCount + ssCount);
        require(msg.data.length == head + tail, WrongMessageLength(head + tail, msg.data.length));
    }

    /// @dev Counts signers, not signatures: ECDSA allows two encodings of one signature.
    function _requireDistinctSigners(
        uint32 count,
        bytes32 digest,
        bytes32[] calldata rs,
        bytes32[] calldata ss,
        bytes32 rawVs
    ) private view {
        require(rs.length == ss.length, SignaturesOutOfRegistration());
        uint256 seen;
        for (uint256 i = 0; i < rs.length; ++i) {
            // one bit per signer: it is the 1 that is shifted
            // forge-lint: disable-next-line(incorrect-shift)
            uint256 signer = 1 << _signerIndex(count, digest, uint8(rawVs[i]), rs[i], ss[i]);
            require(seen & signer == 0, NonUniqueSignatures());
            seen |= signer;
        }
    }

    /// @dev OpenZeppelin's recovery refuses a high s, and answers zero, nobody's key, to anything malformed.
    function _signerIndex(uint32 count, bytes32 digest, uint8 rawV, bytes32 r, bytes32 s)
        private
        view
        returns (uint256)
    {
        require(rawV <= 1, UnauthorizedSigner());
        // what went wrong does not matter: then it recovers to nobody
        // slither-disable-next-line unused-return
        (address recovered,,) = ECDSA.tryRecover(digest, rawV + 27, r, s);
        Oracle storage signer = _oracles[recovered];
        (uint32 signsSince, uint8 index) = (signer.signsSince, signer.index);
        require(recovered != address(0) && signsSince == count, UnauthorizedSigner());
        return index;
    }
}
