// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IRMN} from "./interfaces/IRMN.sol";
import {ITypeAndVersion} from "./interfaces/ITypeAndVersion.sol";

contract RMN is IRMN, ITypeAndVersion, EIP712, Ownable2Step {
    using EnumerableSet for EnumerableSet.Bytes32Set;

    enum KeyKind {
        NONE,
        BLESS,
        CURSE
    }

    /// @dev A key counts only if `configVersion` is the current one, so replacing the monitors erases nobody.
    struct Key {
        uint32 configVersion;
        uint8 index;
        KeyKind kind;
    }

    struct Votes {
        uint16 voters;
        uint32 configVersion;
        bool blessed;
    }

    /// @dev The last curse vote of one key on one subject. It counts while its window is open, the epoch is the
    /// subject's current one (so a lift clears all votes) and the key belongs to a monitor.
    struct CurseRecord {
        uint64 validUntil;
        uint64 epoch;
        uint32 count; // votes and retractions so far: the low half of the nonce
    }

    string public constant override typeAndVersion = "RMN 1.5.0";
    bytes16 public constant GLOBAL_CURSE_SUBJECT = 0x01000000000000000000000000000001;
    uint256 public constant MAX_CURSE_VOTE_AGE = 10 minutes;
    uint256 public constant MAX_MONITORS = 16;

    bytes32 private constant BLESSING_TYPEHASH = keccak256(
        "Blessing(address commitStore,uint64 sourceChainSelector,address onRamp,"
        "uint64 first,uint64 last,bytes32 root,uint64 epoch)"
    );
    bytes32 private constant BLESS_VOTE_TYPEHASH = keccak256(
        "BlessVote(Blessing blessing,uint32 configVersion)"
        "Blessing(address commitStore,uint64 sourceChainSelector,address onRamp,"
        "uint64 first,uint64 last,bytes32 root,uint64 epoch)"
    );
    bytes32 private constant CURSE_VOTE_TYPEHASH = keccak256(
        "CurseVote(bytes16 subject,uint64 nonce,uint64 validUntil,bytes32 evidence,uint32 configVersion)"
    );

    /// @dev This word answers `isCursed` while nothing is cursed, and most of what a blessing must know.
    address public guardian;
    uint32 private _configVersion;
    uint8 private _blessThreshold;
    uint8 private _curseThreshold;
    bool private _anyCurse;
    uint32 private _globalEpoch;
    bool private _anyLift; // of a single chain's curse: until then all their epochs are zero

    Monitor[] private _monitors;
    mapping(address key => Key) private _keys;

    mapping(bytes32 tag => Votes) private _votes;

    /// @dev Raised by every lift of the subject's curse. The global subject's is `_globalEpoch`.
    mapping(bytes16 subject => uint64) private _epochs;
    mapping(bytes16 subject => mapping(address curseKey => CurseRecord)) private _curseRecords;
    mapping(bytes16 subject => bytes32) private _votesHashes;

    EnumerableSet.Bytes32Set private _cursed;

    constructor(address guardian_) EIP712("RMN", "1") Ownable(msg.sender) {
        // zero: no guardian
        // slither-disable-next-line missing-zero-check
        guardian = guardian_;
        emit GuardianSet(guardian_);
    }

    /* MONITORS */

    /// @inheritdoc IRMN
    function setMonitors(Monitor[] calldata monitors, uint8 blessThreshold, uint8 curseThreshold)
        external
        onlyOwner
    {
        // CHECK
        uint256 count = monitors.length;
        require(count != 0 && count <= MAX_MONITORS, InvalidMonitorConfig());
        require(blessThreshold != 0 && blessThreshold <= count, InvalidMonitorConfig());
        require(curseThreshold != 0 && curseThreshold <= count, InvalidMonitorConfig());

        // EFFECT
        uint32 version = ++_configVersion;
        _blessThreshold = blessThreshold;
        _curseThreshold = curseThreshold;
        delete _monitors;
        for (uint8 i = 0; i < count; ++i) {
            _register(monitors[i].blessKey, version, i, KeyKind.BLESS);
            _register(monitors[i].curseKey, version, i, KeyKind.CURSE);
            _monitors.push(monitors[i]);
        }

        emit MonitorsSet(version, monitors, blessThreshold, curseThreshold);
    }

    /// @inheritdoc IRMN
    function getMonitors()
        external
        view
        returns (uint32 configVersion, Monitor[] memory monitors, uint8 blessThreshold, uint8 curseThreshold)
    {
        return (_configVersion, _monitors, _blessThreshold, _curseThreshold);
    }

    /// @inheritdoc IRMN
    function setGuardian(address guardian_) external onlyOwner {
        // zero: no guardian
        // slither-disable-next-line missing-zero-check
        guardian = guardian_;

        emit GuardianSet(guardian_);
    }

    function _register(address key, uint32 version, uint8 index, KeyKind kind) private {
        require(key != address(0) && _keys[key].configVersion != version, InvalidMonitorConfig());
        _keys[key] = Key({configVersion: version, index: index, kind: kind});
    }

    /* BLESSING */

    /// @inheritdoc IRMN
    function bless(Blessing calldata blessing, Signature[] calldata signatures) external {
        // CHECK
        (uint32 version, uint8 threshold) = (_configVersion, _blessThreshold);
        require(version != 0 && threshold != 0, ConfigNotSet());
        _requireBlessable(blessing);
        bytes32 tag = blessingTag(blessing);
        Votes storage votes = _votes[tag];
        require(!votes.blessed, NoNewVotes(tag));
        uint16 before = votes.configVersion == version ? votes.voters : 0;
        uint16 voters = _countBlessers(before, version, _blessDigest(tag, version), signatures);
        require(voters != before, NoNewVotes(tag));

        // EFFECT
        bool blessed = _population(voters) >= threshold;
        (votes.voters, votes.configVersion, votes.blessed) = (voters, version, blessed);

        if (blessed) _emitRootBlessed(tag, blessing);
        else emit VotedToBless(tag, blessing.root, voters);
    }

    /// @inheritdoc IRMN
    function isRootBlessed(
        address commitStore,
        uint64 sourceChainSelector,
        address onRamp,
        uint64 first,
        uint64 last,
        bytes32 root
    ) external view returns (bool) {
        uint64 epoch = epochOf(sourceChainSelector);
        bytes32 tag = keccak256(
            abi.encode(BLESSING_TYPEHASH, commitStore, sourceChainSelector, onRamp, first, last, root, epoch)
        );
        return _votes[tag].blessed;
    }

    /// @inheritdoc IRMN
    function blessingTag(Blessing calldata blessing) public pure returns (bytes32) {
        return keccak256(abi.encode(BLESSING_TYPEHASH, blessing));
    }

    /// @inheritdoc IRMN
    function blessingDigest(Blessing calldata blessing) external view returns (bytes32) {
        return _blessDigest(blessingTag(blessing), _configVersion);
    }

    /// @inheritdoc IRMN
    function blessVotes(bytes32 tag)
        external
        view
        returns (uint16 voters, uint32 configVersion, bool blessed)
    {
        Votes memory votes = _votes[tag];
        return (votes.voters, votes.configVersion, votes.blessed);
    }

    /// @inheritdoc IRMN
    function epochOf(uint64 sourceChainSelector) public view returns (uint64) {
        uint64 epoch = _globalEpoch;
        return _anyLift ? epoch + _epochs[_subjectOf(sourceChainSelector)] : epoch;
    }

    /// @dev A signer counts once, whatever it sends. A signature that is nobody's refuses the whole call.
    function _countBlessers(uint16 voters, uint32 version, bytes32 digest, Signature[] calldata signatures)
        private
        view
        returns (uint16)
    {
        for (uint256 i = 0; i < signatures.length; ++i) {
            uint16 bit = 1;
            voters |= bit << _monitorOf(_recover(digest, signatures[i]), KeyKind.BLESS, version);
        }
        return voters;
    }

    function _blessDigest(bytes32 tag, uint32 version) private view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(BLESS_VOTE_TYPEHASH, tag, version)));
    }

    function _emitRootBlessed(bytes32 tag, Blessing calldata blessing) private {
        emit RootBlessed(
            tag, blessing.commitStore, blessing.root, blessing.first, blessing.last, blessing.epoch
        );
    }

    function _requireBlessable(Blessing calldata blessing) private view {
        require(blessing.root != 0, InvalidBlessing());
        require(blessing.commitStore != address(0) && blessing.onRamp != address(0), InvalidBlessing());
        require(blessing.first != 0 && blessing.first <= blessing.last, InvalidBlessing());
        bytes16 subject = _subjectOf(blessing.sourceChainSelector);
        require(!isCursed(subject), SubjectIsCursed(subject));
        uint64 epoch = epochOf(blessing.sourceChainSelector);
        require(blessing.epoch == epoch, WrongEpoch(epoch, blessing.epoch));
    }

    /* CURSING */

    /// @inheritdoc IRMN
    function voteToCurse(CurseVote calldata vote, Signature calldata signature) external {
        // CHECK
        require(_configVersion != 0 && _curseThreshold != 0, ConfigNotSet());
        _requireOpenWindow(vote.validUntil);
        address curseKey = _recover(curseDigest(vote), signature);
        _monitorOf(curseKey, KeyKind.CURSE, _configVersion);
        uint64 nonce = curseNonce(vote.subject, curseKey);
        require(vote.nonce == nonce, WrongCurseNonce(nonce, vote.nonce));

        // EFFECT
        CurseRecord storage record = _curseRecords[vote.subject][curseKey];
        record.validUntil = vote.validUntil;
        record.epoch = _subjectEpoch(vote.subject);
        ++record.count;
        _extendVotesHash(vote.subject, curseDigest(vote), curseKey);

        emit VotedToCurse(vote.subject, curseKey, vote.nonce, vote.validUntil, vote.evidence);
        if (_openCurseVotes(vote.subject) >= _curseThreshold) _curse(vote.subject, curseKey);
    }

    /// @inheritdoc IRMN
    function retractCurseVote(bytes16 subject) external {
        // CHECK
        _monitorOf(msg.sender, KeyKind.CURSE, _configVersion);

        // EFFECT
        CurseRecord storage record = _curseRecords[subject][msg.sender];
        record.validUntil = 0;
        ++record.count;

        emit CurseVoteRetracted(subject, msg.sender, curseNonce(subject, msg.sender));
    }

    /// @inheritdoc IRMN
    function curse(bytes16 subject) external {
        // CHECK
        require(msg.sender == guardian || msg.sender == owner(), OnlyGuardianOrOwner(msg.sender));

        // EFFECT
        _extendVotesHash(subject, bytes32(block.number), msg.sender);
        _curse(subject, msg.sender);
    }

    /// @inheritdoc IRMN
    function uncurse(bytes16 subject, bytes32 reviewedVotesHash) external onlyOwner {
        // CHECK
        bytes32 current = votesHash(subject);
        // hashes of votes: equal is the same votes
        // slither-disable-next-line incorrect-equality
        require(reviewedVotesHash == current, VotesChanged(current, reviewedVotesHash));

        // EFFECT (the new epoch voids what is blessed and what was voted)
        require(_cursed.remove(subject), SubjectNotCursed(subject));
        _anyCurse = _cursed.length() != 0;
        uint64 epoch = _raiseEpoch(subject);

        emit Uncursed(subject, epoch);
    }

    /// @inheritdoc IRMN
    function curseDigest(CurseVote calldata vote) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(CURSE_VOTE_TYPEHASH, vote, _configVersion)));
    }

    /// @inheritdoc IRMN
    /// @dev The epoch is its high half, so a vote signed before a lift can't be relayed after it.
    function curseNonce(bytes16 subject, address curseKey) public view returns (uint64) {
        return (_subjectEpoch(subject) << 32) | _curseRecords[subject][curseKey].count;
    }

    /// @inheritdoc IRMN
    function votesHash(bytes16 subject) public view returns (bytes32) {
        return _votesHashes[subject];
    }

    /// @inheritdoc IRMN
    function getCursedSubjects() external view returns (bytes16[] memory subjects) {
        bytes32[] memory values = _cursed.values();
        subjects = new bytes16[](values.length);
        for (uint256 i = 0; i < values.length; ++i) {
            subjects[i] = bytes16(values[i]);
        }
    }

    /// @inheritdoc IRMN
    function isCursed() external view returns (bool) {
        return _anyCurse && _cursed.contains(GLOBAL_CURSE_SUBJECT);
    }

    /// @inheritdoc IRMN
    function isCursed(bytes16 subject) public view returns (bool) {
        if (!_anyCurse) return false;
        return _cursed.contains(subject) || _cursed.contains(GLOBAL_CURSE_SUBJECT);
    }

    function _curse(bytes16 subject, address by) private {
        if (!_cursed.add(subject)) return;
        _anyCurse = true;

        emit Cursed(subject, by);
    }

    function _requireOpenWindow(uint64 validUntil) private view {
        uint256 time = block.timestamp;
        uint64 latest = SafeCast.toUint64(time + MAX_CURSE_VOTE_AGE);
        require(validUntil >= time && validUntil <= latest, CurseVoteOutsideWindow(validUntil, latest));
    }

    function _openCurseVotes(bytes16 subject) private view returns (uint256 open) {
        uint256 time = block.timestamp;
        uint64 epoch = _subjectEpoch(subject);
        uint256 count = _monitors.length;
        for (uint256 i = 0; i < count; ++i) {
            CurseRecord memory record = _curseRecords[subject][_monitors[i].curseKey];
            if (record.validUntil >= time && record.epoch == epoch) ++open;
        }
    }

    function _extendVotesHash(bytes16 subject, bytes32 what, address by) private {
        _votesHashes[subject] = keccak256(abi.encode(_votesHashes[subject], what, by));
    }

    /* KEYS */

    /// @dev Zero if the signature is malformed, has a high s or recovers to nothing: never anybody's key.
    function _recover(bytes32 digest, Signature calldata signature) private pure returns (address signer) {
        // what went wrong does not matter: then it recovers to nobody
        // slither-disable-next-line unused-return
        (signer,,) = ECDSA.tryRecover(digest, signature.r, signature.vs);
    }

    function _monitorOf(address key, KeyKind kind, uint32 version) private view returns (uint8 index) {
        Key storage known = _keys[key];
        bool current = known.configVersion == version && known.kind == kind;
        index = known.index;
        require(key != address(0) && current, NotAMonitor(key));
    }

    function _raiseEpoch(bytes16 subject) private returns (uint64) {
        if (subject == GLOBAL_CURSE_SUBJECT) return ++_globalEpoch;
        _anyLift = true;
        return ++_epochs[subject];
    }

    function _subjectEpoch(bytes16 subject) private view returns (uint64) {
        return subject == GLOBAL_CURSE_SUBJECT ? _globalEpoch : _epochs[subject];
    }

    function _subjectOf(uint64 chainSelector) private pure returns (bytes16) {
        return bytes16(uint128(chainSelector));
    }

    function _population(uint256 bitmap) private pure returns (uint256 count) {
        unchecked {
            // not zero while one is taken away
            for (; bitmap != 0; bitmap &= bitmap - 1) {
                ++count;
            }
        }
    }
}
