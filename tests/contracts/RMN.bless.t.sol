// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {RMN} from "../../contracts/RMN.sol";
import {IRMN} from "../../contracts/interfaces/IRMN.sol";
import {RiskNetwork} from "./fixtures/RiskNetwork.sol";

contract RMNBlessTest is RiskNetwork {
    address internal commitStore = makeAddr("commit store");
    address internal onRamp = makeAddr("on-ramp");

    function setUp() public {
        deployRiskNetwork();
    }

    function aBlessing() internal view returns (IRMN.Blessing memory) {
        return IRMN.Blessing({
            commitStore: commitStore,
            sourceChainSelector: SOURCE_CHAIN,
            onRamp: onRamp,
            first: 1,
            last: 10,
            root: keccak256("root"),
            epoch: rmn.epochOf(SOURCE_CHAIN)
        });
    }

    function isBlessed(IRMN.Blessing memory b) internal view returns (bool) {
        return rmn.isRootBlessed(b.commitStore, b.sourceChainSelector, b.onRamp, b.first, b.last, b.root);
    }

    /* FAILURES */

    function test_reverts_before_monitors_are_configured() public {
        RMN fresh = new RMN(guardian);
        IRMN.Blessing memory blessing = aBlessing();

        vm.expectRevert(IRMN.ConfigNotSet.selector);
        fresh.bless(blessing, new IRMN.Signature[](0));
    }

    function test_reverts_without_any_vote() public {
        IRMN.Blessing memory blessing = aBlessing();

        vm.expectRevert(abi.encodeWithSelector(IRMN.NoNewVotes.selector, rmn.blessingTag(blessing)));
        rmn.bless(blessing, new IRMN.Signature[](0));
    }

    function test_reverts_when_the_statement_is_not_well_formed() public {
        for (uint256 i = 0; i < 5; ++i) {
            IRMN.Blessing memory blessing = aBlessing();
            if (i == 0) blessing.root = 0;
            if (i == 1) blessing.commitStore = address(0);
            if (i == 2) blessing.onRamp = address(0);
            if (i == 3) blessing.first = 0;
            if (i == 4) blessing.last = 0;
            IRMN.Signature[] memory votes = blessVotes(blessing, 0, 3);

            vm.expectRevert(IRMN.InvalidBlessing.selector);
            rmn.bless(blessing, votes);
        }
    }

    function testFuzz_reverts_when_the_signer_is_no_monitor(uint256 key) public {
        key = bound(key, 1, 2 ** 250);
        IRMN.Blessing memory blessing = aBlessing();
        IRMN.Signature[] memory votes = blessVotes(blessing, 0, 3);
        votes[1] = compact(key, rmn.blessingDigest(blessing));

        vm.expectRevert(abi.encodeWithSelector(IRMN.NotAMonitor.selector, vm.addr(key)));
        rmn.bless(blessing, votes);
    }

    function test_reverts_when_a_curse_key_blesses() public {
        IRMN.Blessing memory blessing = aBlessing();
        IRMN.Signature[] memory votes = blessVotes(blessing, 0, 3);
        votes[0] = compact(curseKeys[0], rmn.blessingDigest(blessing));

        vm.expectRevert(abi.encodeWithSelector(IRMN.NotAMonitor.selector, vm.addr(curseKeys[0])));
        rmn.bless(blessing, votes);
    }

    /// @dev An invalid r recovers to zero; zero is never a monitor, configured or not.
    function test_reverts_when_the_signature_recovers_to_nobody() public {
        IRMN.Blessing memory blessing = aBlessing();
        IRMN.Signature[] memory votes = blessVotes(blessing, 0, 1);
        votes[0].r = bytes32(type(uint256).max);

        vm.expectRevert(abi.encodeWithSelector(IRMN.NotAMonitor.selector, address(0)));
        rmn.bless(blessing, votes);
    }

    function test_reverts_on_the_high_s_twin_of_a_signature() public {
        IRMN.Blessing memory blessing = aBlessing();
        IRMN.Signature[] memory votes = blessVotes(blessing, 0, 1);
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        uint256 s = uint256(votes[0].vs) & (2 ** 255 - 1);
        uint256 parity = 1 - (uint256(votes[0].vs) >> 255);
        votes[0].vs = bytes32((parity << 255) | (order - s)); // a high s does not fit beside the parity bit

        vm.expectPartialRevert(IRMN.NotAMonitor.selector);
        rmn.bless(blessing, votes);
    }

    /// @dev A statement with one field changed is another statement: its signatures do not fit.
    function testFuzz_votes_for_one_statement_do_not_count_for_another(uint8 field) public {
        IRMN.Blessing memory blessing = aBlessing();
        IRMN.Signature[] memory votes = blessVotes(blessing, 0, 3);
        field = uint8(bound(field, 0, 5));
        if (field == 0) blessing.commitStore = stranger;
        if (field == 1) blessing.sourceChainSelector = DEST_CHAIN;
        if (field == 2) blessing.onRamp = stranger;
        if (field == 3) blessing.first = 2;
        if (field == 4) blessing.last = 11;
        if (field == 5) blessing.root = keccak256("another root");

        vm.expectPartialRevert(IRMN.NotAMonitor.selector);
        rmn.bless(blessing, votes);
    }

    function test_reverts_when_the_vote_is_for_another_rmn_or_chain() public {
        IRMN.Blessing memory blessing = aBlessing();
        IRMN.Signature[] memory votes = blessVotes(blessing, 0, 3);
        RMN other = new RMN(guardian);
        other.setMonitors(monitors(), BLESS_THRESHOLD, CURSE_THRESHOLD);

        vm.expectPartialRevert(IRMN.NotAMonitor.selector);
        other.bless(blessing, votes);

        vm.chainId(block.chainid + 1);
        vm.expectPartialRevert(IRMN.NotAMonitor.selector);
        rmn.bless(blessing, votes);
    }

    function test_reverts_when_the_epoch_is_not_current() public {
        IRMN.Blessing memory blessing = aBlessing();
        IRMN.Signature[] memory votes = blessVotes(blessing, 0, 3);
        vm.prank(guardian);
        rmn.curse(SOURCE_SUBJECT);
        lift(SOURCE_SUBJECT);

        vm.expectRevert(abi.encodeWithSelector(IRMN.WrongEpoch.selector, 1, 0));
        rmn.bless(blessing, votes);
    }

    function test_reverts_while_the_source_or_everything_is_cursed() public {
        IRMN.Blessing memory blessing = aBlessing();
        IRMN.Signature[] memory votes = blessVotes(blessing, 0, 3);
        bytes16[2] memory subjects = [SOURCE_SUBJECT, GLOBAL_SUBJECT];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 before = vm.snapshotState();
            vm.prank(guardian);
            rmn.curse(subjects[i]);

            vm.expectRevert(abi.encodeWithSelector(IRMN.SubjectIsCursed.selector, SOURCE_SUBJECT));
            rmn.bless(blessing, votes);
            vm.revertToState(before);
        }
    }

    function test_reverts_when_nothing_new_is_voted() public {
        IRMN.Blessing memory blessing = aBlessing();
        rmn.bless(blessing, blessVotes(blessing, 0, 2));
        IRMN.Signature[] memory again = blessVotes(blessing, 0, 2);

        vm.expectRevert(abi.encodeWithSelector(IRMN.NoNewVotes.selector, rmn.blessingTag(blessing)));
        rmn.bless(blessing, again);

        rmn.bless(blessing, blessVotes(blessing, 2, 3));
        IRMN.Signature[] memory late = blessVotes(blessing, 3, 4);
        vm.expectRevert(abi.encodeWithSelector(IRMN.NoNewVotes.selector, rmn.blessingTag(blessing)));
        rmn.bless(blessing, late);
    }

    /* EFFECTS */

    function test_one_monitor_counts_once_whatever_it_sends() public {
        IRMN.Blessing memory blessing = aBlessing();
        IRMN.Signature[] memory votes = new IRMN.Signature[](3);
        for (uint256 i = 0; i < 3; ++i) {
            votes[i] = compact(blessKeys[0], rmn.blessingDigest(blessing));
        }

        rmn.bless(blessing, votes);

        (uint16 voters,, bool blessed) = rmn.blessVotes(rmn.blessingTag(blessing));
        assertEq(voters, 1);
        assertFalse(blessed);
    }

    function test_says_who_voted_while_more_votes_are_needed() public {
        IRMN.Blessing memory blessing = aBlessing();
        IRMN.Signature[] memory votes = blessVotes(blessing, 1, 3);
        bytes32 tag = rmn.blessingTag(blessing);

        vm.expectEmit(address(rmn));
        emit IRMN.VotedToBless(tag, blessing.root, 6);
        rmn.bless(blessing, votes);

        assertFalse(isBlessed(blessing));
    }

    function test_a_stranger_relays_a_quorum_and_the_root_is_blessed() public {
        IRMN.Blessing memory blessing = aBlessing();
        IRMN.Signature[] memory votes = blessVotes(blessing, 1, 4);
        bytes32 tag = rmn.blessingTag(blessing);

        vm.expectEmit(address(rmn));
        emit IRMN.RootBlessed(tag, commitStore, blessing.root, 1, 10, 0);
        vm.prank(stranger);
        rmn.bless(blessing, votes);

        assertTrue(isBlessed(blessing));
    }

    /// @dev Any split of the votes over calls, in any order, ends blessed with the third distinct vote.
    function testFuzz_votes_add_up_over_calls(uint256 order) public {
        IRMN.Blessing memory blessing = aBlessing();
        uint256 counted;
        for (uint256 i = 0; counted < BLESS_THRESHOLD; ++i) {
            uint256 monitor = uint256(keccak256(abi.encode(order, i))) % MONITORS;
            (uint16 voters,,) = rmn.blessVotes(rmn.blessingTag(blessing));
            if ((voters >> monitor) & 1 == 1) continue;
            assertFalse(isBlessed(blessing));

            rmn.bless(blessing, blessVotes(blessing, monitor, monitor + 1));
            ++counted;
        }

        assertTrue(isBlessed(blessing));
    }

    function test_a_relayer_that_was_overtaken_still_adds_the_rest() public {
        IRMN.Blessing memory blessing = aBlessing();
        rmn.bless(blessing, blessVotes(blessing, 0, 1));

        rmn.bless(blessing, blessVotes(blessing, 0, 3));

        assertTrue(isBlessed(blessing));
    }

    function test_lifting_a_curse_of_the_source_or_of_everything_voids_a_blessing() public {
        IRMN.Blessing memory blessing = aBlessing();
        rmn.bless(blessing, blessVotes(blessing, 0, 3));
        bytes16[2] memory subjects = [SOURCE_SUBJECT, GLOBAL_SUBJECT];
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(guardian);
            rmn.curse(subjects[i]);
            lift(subjects[i]);
            assertFalse(isBlessed(blessing));

            blessing.epoch = rmn.epochOf(SOURCE_CHAIN);
            rmn.bless(blessing, blessVotes(blessing, 0, 3));
            assertTrue(isBlessed(blessing));
        }
    }

    function test_lifting_another_chains_curse_voids_nothing() public {
        IRMN.Blessing memory blessing = aBlessing();
        rmn.bless(blessing, blessVotes(blessing, 0, 3));
        bytes16 elsewhere = bytes16(uint128(DEST_CHAIN));
        vm.prank(guardian);
        rmn.curse(elsewhere);
        lift(elsewhere);

        assertTrue(isBlessed(blessing));
    }

    function test_partial_votes_die_with_a_new_configuration() public {
        IRMN.Blessing memory blessing = aBlessing();
        rmn.bless(blessing, blessVotes(blessing, 0, 2));
        rmn.setMonitors(monitors(), BLESS_THRESHOLD, CURSE_THRESHOLD);

        rmn.bless(blessing, blessVotes(blessing, 2, 3));

        assertFalse(isBlessed(blessing));
        (uint16 voters, uint32 version,) = rmn.blessVotes(rmn.blessingTag(blessing));
        assertEq(voters, 4);
        assertEq(version, 2);
    }

    function test_signatures_for_an_old_configuration_do_not_count() public {
        IRMN.Blessing memory blessing = aBlessing();
        IRMN.Signature[] memory votes = blessVotes(blessing, 0, 3);
        rmn.setMonitors(monitors(), BLESS_THRESHOLD, CURSE_THRESHOLD);

        vm.expectPartialRevert(IRMN.NotAMonitor.selector);
        rmn.bless(blessing, votes);
    }

    function test_a_completed_blessing_survives_a_new_configuration() public {
        IRMN.Blessing memory blessing = aBlessing();
        rmn.bless(blessing, blessVotes(blessing, 0, 3));

        rmn.setMonitors(monitors(), MONITORS, CURSE_THRESHOLD);

        assertTrue(isBlessed(blessing));
    }

    /// @dev The digest is EIP-712 as wallets compute it, worked out here from the type strings alone.
    function test_the_digest_is_the_typed_data_that_the_interface_describes() public view {
        IRMN.Blessing memory b = aBlessing();
        string memory inner = "Blessing(address commitStore,uint64 sourceChainSelector,address onRamp,"
            "uint64 first,uint64 last,bytes32 root,uint64 epoch)";
        bytes32 tag = keccak256(
            abi.encode(
                keccak256(bytes(inner)),
                b.commitStore,
                b.sourceChainSelector,
                b.onRamp,
                b.first,
                b.last,
                b.root,
                b.epoch
            )
        );
        bytes32 outer =
            keccak256(abi.encodePacked("BlessVote(Blessing blessing,uint32 configVersion)", inner));
        bytes32 structHash = keccak256(abi.encode(outer, tag, uint256(1)));
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("RMN"),
                keccak256("1"),
                block.chainid,
                address(rmn)
            )
        );

        assertEq(rmn.blessingTag(b), tag);
        assertEq(rmn.blessingDigest(b), keccak256(abi.encodePacked(hex"1901", domain, structHash)));
    }
}
