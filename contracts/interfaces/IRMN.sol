// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title IRMN: blessings and curses
/// @notice An independent network of monitors must bless a root before it executes, and can curse a chain.
/// @dev Trust: fewer than `blessThreshold` monitors can bless nothing; fewer than `curseThreshold` can stop
/// nothing. The guardian can stop, never start. Only the owner lifts a curse.
/// @dev Liveness: blessings and curse votes are signatures; anyone may relay them, so an empty wallet
/// silences nobody.
interface IRMN {
    /// @notice A compact signature (EIP-2098): `vs` holds s in its low 255 bits and v - 27 in the highest.
    struct Signature {
        bytes32 r;
        bytes32 vs;
    }

    /// @notice What a monitor says of one committed root. Its EIP-712 struct hash is the blessing's tag.
    /// @dev EIP-712 type: Blessing(address commitStore,uint64 sourceChainSelector,address onRamp,
    /// uint64 first,uint64 last,bytes32 root,uint64 epoch). What is signed is the typed data
    /// BlessVote(Blessing blessing,uint32 configVersion), domain ("RMN", "1", chainid, address of the RMN).
    struct Blessing {
        address commitStore;
        uint64 sourceChainSelector;
        address onRamp;
        uint64 first;
        uint64 last;
        bytes32 root;
        uint64 epoch; // epochOf(sourceChainSelector) at the time of the vote
    }

    /// @notice "Stop everything between here and `subject`." Short-lived, so that votes can't be hoarded.
    /// @dev EIP-712 type: CurseVote(bytes16 subject,uint64 nonce,uint64 validUntil,bytes32 evidence,
    /// uint32 configVersion), same domain.
    struct CurseVote {
        bytes16 subject; // bytes16(uint128(chain selector)), or GLOBAL_CURSE_SUBJECT
        uint64 nonce; // must equal curseNonce(subject, curse key)
        uint64 validUntil; // at most MAX_CURSE_VOTE_AGE ahead, chain time in seconds
        bytes32 evidence; // hash of what the monitor saw; stored nowhere, shown in the event
    }

    /// @notice The two keys of one monitor. No key may appear twice in a configuration.
    struct Monitor {
        address blessKey;
        address curseKey;
    }

    /* ERRORS */

    /// @notice No monitor set was ever configured, so nothing can be blessed or cursed by vote.
    error ConfigNotSet();

    /// @notice Monitors: 1 to 16, every key non-zero and used once, 0 < threshold ≤ number of monitors.
    error InvalidMonitorConfig();

    /// @notice A signature does not come from a current monitor's key for this kind of vote.
    error NotAMonitor(address recovered);

    /// @notice Every vote in the call was already counted, or the root is blessed: there is nothing to do.
    error NoNewVotes(bytes32 tag);

    /// @notice The vote names another epoch than the current one: the curse was lifted since, vote again.
    error WrongEpoch(uint64 expected, uint64 got);

    /// @notice A zero root, commit store or on-ramp, or an interval that is not first ≤ last from 1 on.
    error InvalidBlessing();

    /// @notice Nothing is blessed while its subject is cursed.
    error SubjectIsCursed(bytes16 subject);

    /// @notice The owner tried to lift what is not cursed.
    error SubjectNotCursed(bytes16 subject);

    /// @notice The vote's nonce is not this key's next one for the subject: the vote was counted already, or one is
    /// missing before it.
    error WrongCurseNonce(uint64 expected, uint64 got);

    /// @notice `validUntil` has passed, or lies further ahead than `latest` allows.
    error CurseVoteOutsideWindow(uint64 validUntil, uint64 latest);

    /// @notice The owner quoted another votes hash than the current one: a newer vote arrived. Review it.
    error VotesChanged(bytes32 expected, bytes32 got);

    /// @notice The caller, who wants to curse without votes, is neither the guardian nor the owner.
    error OnlyGuardianOrOwner(address caller);

    /* EVENTS */

    event MonitorsSet(
        uint32 indexed configVersion, Monitor[] monitors, uint8 blessThreshold, uint8 curseThreshold
    );
    event GuardianSet(address guardian);

    /// @notice Votes were counted, and more are needed. `voters` is the bitmap of monitor indices so far.
    event VotedToBless(bytes32 indexed tag, bytes32 indexed root, uint16 voters);

    /// @notice The root may be executed from here on, until the epoch of its subject moves.
    event RootBlessed(
        bytes32 indexed tag,
        address indexed commitStore,
        bytes32 indexed root,
        uint64 first,
        uint64 last,
        uint64 epoch
    );

    event VotedToCurse(
        bytes16 indexed subject, address indexed curseKey, uint64 nonce, uint64 validUntil, bytes32 evidence
    );
    event CurseVoteRetracted(bytes16 indexed subject, address indexed curseKey, uint64 nonce);

    /// @notice `by` is the guardian, the owner, or the curse key whose vote reached the threshold.
    event Cursed(bytes16 indexed subject, address indexed by);
    event Uncursed(bytes16 indexed subject, uint64 epoch);

    /* MONITORS */

    /// @notice Replaces all monitors. Completed blessings stay, partial votes are void.
    function setMonitors(Monitor[] calldata monitors, uint8 blessThreshold, uint8 curseThreshold) external;
    function getMonitors()
        external
        view
        returns (uint32 configVersion, Monitor[] memory monitors, uint8 blessThreshold, uint8 curseThreshold);
    function setGuardian(address guardian) external;

    /* BLESSING */

    /// @notice Counts the votes of `signatures` for one statement. Anyone may relay any subset.
    function bless(Blessing calldata blessing, Signature[] calldata signatures) external;

    /// @notice The EIP-712 struct hash of the statement: the key its votes are counted under.
    function blessingTag(Blessing calldata blessing) external pure returns (bytes32);

    /// @notice The digest a monitor signs, under the current configuration.
    function blessingDigest(Blessing calldata blessing) external view returns (bytes32);

    /// @notice Whether the statement is blessed at the current epoch (the one in the argument is ignored).
    function isRootBlessed(
        address commitStore,
        uint64 sourceChainSelector,
        address onRamp,
        uint64 first,
        uint64 last,
        bytes32 root
    ) external view returns (bool);

    /// @notice The bitmap of counted votes, their config version, and whether the blessing is complete.
    function blessVotes(bytes32 tag) external view returns (uint16 voters, uint32 configVersion, bool blessed);

    /// @notice The sum of the global epoch and the subject's; lifting a curse raises one of them.
    function epochOf(uint64 sourceChainSelector) external view returns (uint64);

    /* CURSING */

    function voteToCurse(CurseVote calldata vote, Signature calldata signature) external;

    /// @notice A curse key (as msg.sender) takes its vote on `subject` back and voids those not yet relayed.
    function retractCurseVote(bytes16 subject) external;

    /// @notice The guardian or the owner stops the subject at once.
    function curse(bytes16 subject) external;

    /// @notice The owner lifts a curse, quoting `votesHash(subject)` as reviewed.
    function uncurse(bytes16 subject, bytes32 reviewedVotesHash) external;
    function curseDigest(CurseVote calldata vote) external view returns (bytes32);
    function curseNonce(bytes16 subject, address curseKey) external view returns (uint64);

    /// @notice A hash chain over every curse and curse vote on the subject.
    function votesHash(bytes16 subject) external view returns (bytes32);
    function getCursedSubjects() external view returns (bytes16[] memory);

    /// @notice Whether everything is stopped.
    function isCursed() external view returns (bool);

    /// @notice Whether the subject, or everything, is stopped.
    function isCursed(bytes16 subject) external view returns (bool);
}
