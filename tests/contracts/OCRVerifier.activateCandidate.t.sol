// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {ICommitStore} from "../../contracts/interfaces/ICommitStore.sol";
import {IOCRVerifier} from "../../contracts/interfaces/IOCRVerifier.sol";
import {EVM2EVMMessage, MessageExecutionState} from "../../contracts/types/Message.sol";
import {CommitReport, ExecutionReport} from "../../contracts/types/Report.sol";
import {DestinationChain} from "./fixtures/DestinationChain.sol";

/// @dev OCRVerifier is abstract: rotation is tested on the CommitStore, with messages under way.
contract OCRVerifierActivateCandidateTest is DestinationChain {
    address[] internal nextCommittee;
    uint256[] internal nextKeys;

    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < COMMITTERS; ++i) {
            (address account, uint256 key) = makeAddrAndKey(string.concat("next committer ", vm.toString(i)));
            nextCommittee.push(account);
            nextKeys.push(key);
        }
    }

    function announce() internal returns (bytes32) {
        commitStore.setCandidateConfig(
            nextCommittee, nextCommittee, F, abi.encode(address(prices)), 2, "next"
        );
        return commitStore.candidateDigest();
    }

    function activate(bytes32 digest) internal {
        commitStore.activateCandidate(digest);
        (committerKeys, configDigest) = (nextKeys, digest);
    }

    /// @dev What the next committee signs under its own digest and sends itself.
    function transmitAsNext(CommitReport memory report, bytes32 digest) internal {
        (uint256[] memory keys, bytes32 current) = (committerKeys, configDigest);
        (committerKeys, configDigest) = (nextKeys, digest);
        this.transmitIt(report);
        (committerKeys, configDigest) = (keys, current);
    }

    function transmitIt(CommitReport memory report) external {
        transmit(report);
    }

    /* FAILURES */

    function testFuzz_reverts_for_anybody_but_the_owner(address caller) public {
        vm.assume(caller != address(this));
        bytes32 digest = announce();
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller);

        vm.startPrank(caller);
        vm.expectRevert(refusal);
        commitStore.setCandidateConfig(nextCommittee, nextCommittee, F, abi.encode(address(prices)), 2, "");
        vm.expectRevert(refusal);
        commitStore.activateCandidate(digest);
        vm.expectRevert(refusal);
        commitStore.withdrawCandidate();
    }

    function testFuzz_reverts_when_another_configuration_was_reviewed(bytes32 other) public {
        bytes32 digest = announce();
        vm.assume(other != digest);

        vm.expectRevert(abi.encodeWithSelector(IOCRVerifier.NotTheCandidate.selector, digest, other));
        commitStore.activateCandidate(other);
    }

    function test_reverts_without_a_candidate() public {
        vm.expectRevert(abi.encodeWithSelector(IOCRVerifier.NotTheCandidate.selector, 0, 0));
        commitStore.activateCandidate(0);

        vm.expectRevert(abi.encodeWithSelector(IOCRVerifier.NotTheCandidate.selector, 0, 0));
        commitStore.withdrawCandidate();
    }

    function test_reverts_when_the_candidate_was_withdrawn() public {
        bytes32 digest = announce();

        vm.expectEmit(address(commitStore));
        emit IOCRVerifier.CandidateConfigRemoved(digest);
        commitStore.withdrawCandidate();

        vm.expectRevert(abi.encodeWithSelector(IOCRVerifier.NotTheCandidate.selector, 0, digest));
        commitStore.activateCandidate(digest);
    }

    function test_reverts_when_the_candidate_was_passed_over() public {
        bytes32 digest = announce();
        configure(commitStore);

        vm.expectRevert(abi.encodeWithSelector(IOCRVerifier.NotTheCandidate.selector, 0, digest));
        commitStore.activateCandidate(digest);
    }

    function test_a_candidate_must_be_sound() public {
        bytes memory onchain = abi.encode(address(prices));
        address[] memory twice = nextCommittee;
        twice[1] = twice[0];

        vm.expectPartialRevert(IOCRVerifier.InvalidConfig.selector);
        commitStore.setCandidateConfig(twice, nextCommittee, F, onchain, 2, "");
        vm.expectPartialRevert(IOCRVerifier.InvalidConfig.selector);
        commitStore.setCandidateConfig(nextCommittee, twice, F, onchain, 2, "");
        vm.expectPartialRevert(IOCRVerifier.InvalidConfig.selector);
        commitStore.setCandidateConfig(nextCommittee, nextCommittee, 2, onchain, 2, "");
        vm.expectRevert(ICommitStore.InvalidCommitStoreConfig.selector);
        commitStore.setCandidateConfig(nextCommittee, nextCommittee, F, "", 2, "");
    }

    function test_a_candidate_commits_nothing_before_it_is_active() public {
        bytes32 digest = announce();

        vm.expectRevert(IOCRVerifier.UnauthorizedTransmitter.selector);
        transmitAsNext(rootReport("root", 1, 1), digest);
    }

    function test_signatures_under_the_candidates_digest_do_not_count_before() public {
        bytes32 digest = announce();
        bytes memory encoded = abi.encode(rootReport("root", 1, 1));
        bytes32[3] memory ctx = [digest, bytes32(uint256(512)), bytes32(0)];
        Signatures memory s = sign(encoded, ctx, 2 * F + 1);

        vm.expectRevert(
            abi.encodeWithSelector(IOCRVerifier.ConfigDigestMismatch.selector, configDigest, digest)
        );
        vm.prank(vm.addr(committerKeys[0]));
        commitStore.transmit(ctx, encoded, s.rs, s.ss, s.rawVs);
    }

    function test_the_former_committee_commits_nothing_afterwards() public {
        commitStore.activateCandidate(announce());

        vm.expectRevert(IOCRVerifier.UnauthorizedTransmitter.selector);
        this.transmitIt(rootReport("root", 1, 1));
    }

    /* EFFECTS */

    function test_announcing_changes_nothing_but_the_candidate() public {
        address[] memory before = commitStore.getSigners();

        vm.expectEmit(false, false, false, false, address(commitStore));
        emit IOCRVerifier.CandidateConfigSet(
            0, 2, nextCommittee, nextCommittee, F, abi.encode(address(prices)), 2, "next"
        );
        announce();

        (uint32 count,, bytes32 digest) = commitStore.latestConfigDetails();
        assertEq(count, 1);
        assertEq(digest, configDigest);
        assertEq(commitStore.getSigners(), before);
        transmit(rootReport("root", 1, 1));
    }

    function test_it_is_in_force_under_the_digest_that_was_announced() public {
        bytes32 announced = announce();

        commitStore.activateCandidate(announced);

        (uint32 count,, bytes32 digest) = commitStore.latestConfigDetails();
        assertEq(count, 2);
        assertEq(digest, announced);
        assertEq(commitStore.getSigners(), nextCommittee);
        assertEq(commitStore.getTransmitters(), nextCommittee);
        assertEq(commitStore.candidateDigest(), 0);
    }

    function test_a_second_announcement_replaces_the_first() public {
        bytes32 first = announce();
        nextCommittee[0] = makeAddr("another");
        bytes32 second = announce();

        assertTrue(first != second);
        commitStore.activateCandidate(second);
        assertEq(commitStore.getSigners()[0], nextCommittee[0]);
    }

    /// @dev The whole story: no root is lost, no number is skipped or given twice, blessings hold.
    // INV-COMMIT-10
    function test_a_rotation_in_the_middle_of_traffic_loses_nothing() public {
        EVM2EVMMessage memory blessed = aMessage(1);
        EVM2EVMMessage memory committed = aMessage(2);
        ExecutionReport memory reportOfBlessed = deliver(blessed);
        transmit(rootReport(committed.messageId, 2, 2));

        activate(announce());

        assertEq(commitStore.getExpectedNextSequenceNumber(), 3);
        execute(reportOfBlessed);
        bless(committed.messageId);
        execute(wholeReport(single(committed)));
        execute(deliver(aMessage(3)));
        for (uint64 i = 1; i <= 3; ++i) {
            assertState(i, MessageExecutionState.SUCCESS);
        }
    }

    /// @dev Epochs start over with a committee: its first prices must not look old.
    function test_prices_of_the_new_committee_are_not_stale() public {
        epochAndRound = 1 << 20;
        CommitReport memory report = rootReport(0, 0, 0);
        report.priceUpdates.gasPriceUpdates = aGasPrice();
        transmit(report);

        activate(announce());
        epochAndRound = 0;
        transmit(report);

        assertEq(commitStore.getLatestPriceEpochAndRound(), 256);
    }
}
