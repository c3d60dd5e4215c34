// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {CommitStore} from "../../contracts/CommitStore.sol";
import {OffRamp} from "../../contracts/OffRamp.sol";
import {ICommitStore} from "../../contracts/interfaces/ICommitStore.sol";
import {IOCRVerifier} from "../../contracts/interfaces/IOCRVerifier.sol";
import {IOffRamp} from "../../contracts/interfaces/IOffRamp.sol";
import {CurseCheck} from "../../contracts/libraries/CurseCheck.sol";
import {HomeChain} from "../../contracts/libraries/HomeChain.sol";
import {Client} from "../../contracts/types/Client.sol";
import {EVM2EVMMessage, MessageExecutionState} from "../../contracts/types/Message.sol";
import {ExecutionReport, GasLimitOverride} from "../../contracts/types/Report.sol";
import {DestinationChain} from "./fixtures/DestinationChain.sol";
import {MerkleTree} from "./fixtures/MerkleTree.sol";
import {DestBomb, DestCurser, DestLiar, DestReceiver, DestReentrant} from "./mocks/DestReceivers.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @dev Given a report: who calls, whether the lane is open, whether it is proven, then message by message.
contract OffRampExecuteTest is DestinationChain {
    function expectExecuted(EVM2EVMMessage memory message, MessageExecutionState state, bytes memory err)
        internal
    {
        vm.expectEmit(address(offRamp));
        emit IOffRamp.ExecutionStateChanged(message.sequenceNumber, message.messageId, state, err);
    }

    function executeExternally(ExecutionReport memory report) external {
        execute(report);
    }

    /* FAILURES: THE REPORT */

    function test_reverts_for_anybody_but_a_registered_executor() public {
        ExecutionReport memory report = deliver(aMessage(1));

        vm.expectRevert(IOCRVerifier.UnauthorizedTransmitter.selector);
        vm.prank(stranger);
        offRamp.execute(report);
    }

    function test_reverts_on_a_fork_of_the_chain() public {
        ExecutionReport memory report = deliver(aMessage(1));
        uint256 home = block.chainid;
        vm.chainId(home + 1);

        vm.expectRevert(abi.encodeWithSelector(HomeChain.ForkedChain.selector, home, home + 1));
        this.executeExternally(report);

        vm.expectRevert(abi.encodeWithSelector(HomeChain.ForkedChain.selector, home, home + 1));
        offRamp.manuallyExecute(report, noOverrides(report));
    }

    function test_reverts_while_the_source_or_everything_is_cursed() public {
        ExecutionReport memory report = deliver(aMessage(1));
        bytes16[2] memory subjects = [SOURCE_SUBJECT, GLOBAL_SUBJECT];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 before = vm.snapshotState();
            vm.prank(guardian);
            rmn.curse(subjects[i]);

            vm.expectRevert(CurseCheck.CursedByRMN.selector);
            this.executeExternally(report);
            vm.revertToState(before);
        }
    }

    function test_reverts_when_the_rmn_does_not_answer() public {
        ExecutionReport memory report = deliver(aMessage(1));
        vm.etch(address(rmn), "");

        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        this.executeExternally(report);
    }

    function test_reverts_while_the_commit_store_is_paused() public {
        ExecutionReport memory report = deliver(aMessage(1));
        commitStore.pause();

        vm.expectRevert(ICommitStore.PausedError.selector);
        this.executeExternally(report);
    }

    function test_reverts_on_an_empty_report() public {
        ExecutionReport memory report;

        vm.expectRevert(IOffRamp.EmptyReport.selector);
        this.executeExternally(report);
    }

    function test_reverts_without_one_list_of_token_data_per_message() public {
        ExecutionReport memory report = deliver(aMessage(1));
        report.offchainTokenData = new bytes[][](2);

        vm.expectRevert(IOffRamp.UnexpectedTokenData.selector);
        this.executeExternally(report);
    }

    /* FAILURES: THE PROOF */

    function test_reverts_when_the_root_is_not_committed() public {
        ExecutionReport memory report = wholeReport(single(aMessage(1)));

        vm.expectRevert(IOffRamp.RootNotCommitted.selector);
        this.executeExternally(report);
    }

    function test_reverts_when_the_root_is_not_blessed() public {
        EVM2EVMMessage memory message = aMessage(1);
        transmit(rootReport(message.messageId, 1, 1));

        vm.expectRevert(IOffRamp.RootNotCommitted.selector);
        this.executeExternally(wholeReport(single(message)));
    }

    function test_reverts_when_the_blessing_was_voided_by_a_lift() public {
        ExecutionReport memory report = deliver(aMessage(1));
        vm.prank(guardian);
        rmn.curse(SOURCE_SUBJECT);
        lift(SOURCE_SUBJECT);

        vm.expectRevert(IOffRamp.RootNotCommitted.selector);
        this.executeExternally(report);

        bless(report.messages[0].messageId);
        execute(report);
        assertState(1, MessageExecutionState.SUCCESS);
    }

    /// @dev Each field, altered after the commit: with the old id it is not what its id says, with a new id it is
    /// not under the root.
    function testFuzz_reverts_when_any_field_was_altered(uint8 field, uint256 value) public {
        EVM2EVMMessage memory message = aMessage(1);
        withToken(message, makeAddr("token"), 5 ether, 90_000);
        ExecutionReport memory report = deliver(message);
        alter(report.messages[0], bound(field, 0, 11), bound(value, 1, type(uint64).max));

        vm.expectRevert(IOffRamp.InvalidMessageId.selector);
        this.executeExternally(report);

        seal(report.messages[0]);
        vm.expectRevert(IOffRamp.RootNotCommitted.selector);
        this.executeExternally(report);
    }

    /// @dev Changes exactly one hashed field to something it was not.
    function alter(EVM2EVMMessage memory m, uint256 field, uint256 value) internal pure {
        if (field == 0) m.sender = address(uint160(m.sender) ^ uint160(value));
        if (field == 1) m.receiver = address(uint160(m.receiver) ^ uint160(value));
        if (field == 2) m.sequenceNumber ^= uint64(value);
        if (field == 3) m.gasLimit ^= value;
        if (field == 4) m.strict = !m.strict;
        if (field == 5) m.nonce ^= uint64(value);
        if (field == 6) m.feeToken = address(uint160(m.feeToken) ^ uint160(value));
        if (field == 7) m.feeTokenAmount ^= value;
        if (field == 8) m.data = bytes.concat(m.data, bytes1(uint8(value)));
        if (field == 9) m.tokenAmounts[0].amount ^= value;
        if (field == 10) {
            m.tokenAmounts[0].token = address(uint160(m.tokenAmounts[0].token) ^ uint160(value));
        }
        if (field == 11) m.sourceTokenData[0] = bytes.concat(m.sourceTokenData[0], bytes1(uint8(value)));
    }

    function testFuzz_reverts_when_the_message_names_another_source(uint64 selector) public {
        vm.assume(selector != SOURCE_CHAIN);
        ExecutionReport memory report = deliver(aMessage(1));
        report.messages[0].sourceChainSelector = selector;

        vm.expectRevert(abi.encodeWithSelector(IOffRamp.InvalidSourceChain.selector, selector));
        this.executeExternally(report);
    }

    function test_reverts_when_a_proof_is_not_canonical() public {
        ExecutionReport memory report = deliver(aMessage(1));
        report.proofFlagBits = 1;

        vm.expectRevert();
        this.executeExternally(report);
    }

    /* FAILURES: THE SHAPE OF A MESSAGE */

    function test_reverts_with_more_tokens_than_allowed() public {
        EVM2EVMMessage memory message = aMessage(1);
        message.tokenAmounts = new Client.EVMTokenAmount[](MAX_TOKENS + 1);
        message.sourceTokenData = new bytes[](MAX_TOKENS + 1);
        seal(message);
        ExecutionReport memory report = deliver(message);

        vm.expectRevert(abi.encodeWithSelector(IOffRamp.UnsupportedNumberOfTokens.selector, 1));
        this.executeExternally(report);
    }

    function test_reverts_unless_each_token_has_its_data() public {
        EVM2EVMMessage memory message = aMessage(1);
        withToken(message, makeAddr("token"), 5 ether, 90_000);
        ExecutionReport memory report = deliver(message);
        report.offchainTokenData[0] = new bytes[](2);
        vm.expectRevert(abi.encodeWithSelector(IOffRamp.TokenDataMismatch.selector, 1));
        this.executeExternally(report);

        message = aMessage(2);
        message.sourceTokenData = new bytes[](1);
        seal(message);
        report = deliver(message);
        vm.expectRevert(abi.encodeWithSelector(IOffRamp.TokenDataMismatch.selector, 2));
        this.executeExternally(report);
    }

    function test_reverts_with_more_data_than_allowed() public {
        EVM2EVMMessage memory message = aMessage(1);
        message.data = new bytes(MAX_DATA + 1);
        seal(message);
        ExecutionReport memory report = deliver(message);

        vm.expectRevert(abi.encodeWithSelector(IOffRamp.MessageTooLarge.selector, MAX_DATA, MAX_DATA + 1));
        this.executeExternally(report);
    }

    /* SKIPPED, NOT REVERTED */

    function test_a_message_is_never_executed_twice() public {
        ExecutionReport memory report = deliver(aMessage(1));
        execute(report);

        vm.expectEmit(address(offRamp));
        emit IOffRamp.SkippedAlreadyExecutedMessage(1);
        execute(report);
        skip(WINDOW + 1);
        vm.expectEmit(address(offRamp));
        emit IOffRamp.SkippedAlreadyExecutedMessage(1);
        offRamp.manuallyExecute(report, noOverrides(report));

        assertEq(receiver.received(), 1);
    }

    function test_a_message_that_is_twice_in_one_root_is_executed_once() public {
        EVM2EVMMessage[] memory twins = new EVM2EVMMessage[](2);
        (twins[0], twins[1]) = (aMessage(1), aMessage(1));

        execute(deliver(twins));

        assertEq(receiver.received(), 1);
    }

    function test_executors_try_a_failed_message_only_once() public {
        receiver.setRefuses(true);
        ExecutionReport memory report = deliver(aMessage(1));
        execute(report);
        receiver.setRefuses(false);

        vm.expectEmit(address(offRamp));
        emit IOffRamp.AlreadyAttempted(1);
        execute(report);

        assertState(1, MessageExecutionState.FAILURE);
    }

    function test_an_ordered_message_waits_for_its_turn() public {
        EVM2EVMMessage[] memory messages = new EVM2EVMMessage[](2);
        for (uint64 i = 0; i < 2; ++i) {
            messages[i] = aMessage(i + 1);
            messages[i].nonce = 2 - i; // the second one's turn comes first
            seal(messages[i]);
        }
        ExecutionReport memory report = deliver(messages);

        vm.expectEmit(address(offRamp));
        emit IOffRamp.SkippedIncorrectNonce(2, sender);
        execute(report);
        assertState(1, MessageExecutionState.UNTOUCHED);
        assertState(2, MessageExecutionState.SUCCESS);

        execute(report);
        assertState(1, MessageExecutionState.SUCCESS);
        assertEq(offRamp.getSenderNonce(sender), 2);
    }

    function test_one_skipped_message_does_not_stop_the_rest() public {
        EVM2EVMMessage[] memory messages = new EVM2EVMMessage[](3);
        for (uint64 i = 0; i < 3; ++i) {
            messages[i] = aMessage(i + 1);
        }
        messages[1].nonce = 9;
        seal(messages[1]);

        execute(deliver(messages));

        assertState(1, MessageExecutionState.SUCCESS);
        assertState(2, MessageExecutionState.UNTOUCHED);
        assertState(3, MessageExecutionState.SUCCESS);
    }

    /* RECORDED AS FAILURE */

    function test_a_refusing_receiver_is_recorded_and_the_rest_goes_on() public {
        DestReceiver refuser = new DestReceiver();
        refuser.setRefuses(true);
        EVM2EVMMessage[] memory messages = new EVM2EVMMessage[](2);
        (messages[0], messages[1]) = (aMessage(1), aMessage(2));
        messages[0].receiver = address(refuser);
        seal(messages[0]);
        bytes memory err = abi.encodeWithSelector(
            IOffRamp.ReceiverError.selector, abi.encodeWithSelector(DestReceiver.Refused.selector, 42)
        );
        ExecutionReport memory report = deliver(messages);

        expectExecuted(messages[0], MessageExecutionState.FAILURE, err);
        expectExecuted(messages[1], MessageExecutionState.SUCCESS, "");
        execute(report);
    }

    /// @dev Order is an order of attempts: a failure uses its turn up as well.
    function test_a_failed_ordered_message_does_not_block_its_sender() public {
        EVM2EVMMessage[] memory messages = new EVM2EVMMessage[](2);
        (messages[0], messages[1]) = (aMessage(1), aMessage(2));
        DestReceiver refuser = new DestReceiver();
        refuser.setRefuses(true);
        messages[0].receiver = address(refuser);
        (messages[0].nonce, messages[1].nonce) = (1, 2);
        seal(messages[0]);
        seal(messages[1]);

        execute(deliver(messages));

        assertState(1, MessageExecutionState.FAILURE);
        assertState(2, MessageExecutionState.SUCCESS);
        assertEq(offRamp.getSenderNonce(sender), 2);
    }

    function testFuzz_a_return_bomb_costs_its_sender_only(uint32 size) public {
        EVM2EVMMessage memory message = aMessage(1);
        message.receiver = address(new DestBomb());
        message.gasLimit = 2_000_000;
        message.data = abi.encode(bound(size, 133, 500_000));
        seal(message);
        ExecutionReport memory report = deliver(message);
        uint256 before = gasleft();

        vm.recordLogs();
        execute(report);

        assertState(1, MessageExecutionState.FAILURE);
        assertLt(before - gasleft(), 2_000_000 + 400_000);
    }

    /* REENTRANCY */

    function test_a_receiver_can_not_execute_while_it_is_served() public {
        DestReentrant attacker = new DestReentrant(offRamp);
        EVM2EVMMessage[] memory messages = new EVM2EVMMessage[](2);
        (messages[0], messages[1]) = (aMessage(1), aMessage(2));
        messages[0].receiver = address(attacker);
        messages[0].gasLimit = 2_000_000;
        seal(messages[0]);
        ExecutionReport memory report = deliver(messages);
        address[] memory adds = new address[](1);
        adds[0] = address(attacker);
        offRamp.setExecutors(new address[](0), adds);

        attacker.arm(abi.encodeCall(offRamp.execute, (report)), 1);
        execute(report);

        assertFalse(attacker.reentered());
        assertEq(bytes4(attacker.refusal()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        assertEq(uint8(attacker.stateSeen()), uint8(MessageExecutionState.IN_PROGRESS));
        assertEq(attacker.received(), 1);
        assertState(1, MessageExecutionState.SUCCESS);
        assertState(2, MessageExecutionState.SUCCESS);
    }

    function test_a_receiver_can_not_execute_itself_by_hand_while_it_is_served() public {
        DestReentrant attacker = new DestReentrant(offRamp);
        EVM2EVMMessage memory message = aMessage(1);
        message.receiver = address(attacker);
        message.gasLimit = 2_000_000;
        seal(message);
        ExecutionReport memory report = deliver(message);
        skip(WINDOW + 1);

        attacker.arm(abi.encodeCall(offRamp.manuallyExecute, (report, noOverrides(report))), 1);
        offRamp.manuallyExecute(report, noOverrides(report));

        assertFalse(attacker.reentered());
        assertEq(attacker.received(), 1);
    }

    /// @dev S6 speaks of the start of a transaction: what a report may do is decided once, before anything is done.
    function test_a_curse_in_the_middle_of_a_report_stops_the_next_report() public {
        DestCurser curser = new DestCurser(rmn, SOURCE_SUBJECT);
        rmn.setGuardian(address(curser));
        EVM2EVMMessage[] memory messages = new EVM2EVMMessage[](2);
        (messages[0], messages[1]) = (aMessage(1), aMessage(2));
        messages[0].receiver = address(curser);
        seal(messages[0]);
        ExecutionReport memory report = deliver(messages);
        ExecutionReport memory next = deliver(aMessage(3));

        execute(report);
        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        this.executeExternally(next);

        assertEq(curser.received(), 1);
        assertState(1, MessageExecutionState.SUCCESS);
        assertState(2, MessageExecutionState.SUCCESS);
        assertState(3, MessageExecutionState.UNTOUCHED);
    }

    /* DELIVERED */

    function testFuzz_the_receiver_gets_the_message_as_it_was_sent(bytes memory data, address from) public {
        vm.assume(data.length <= MAX_DATA);
        EVM2EVMMessage memory message = aMessage(1);
        (message.data, message.sender, message.gasLimit) = (data, from, 5_000_000);
        seal(message);
        ExecutionReport memory report = deliver(message);

        expectExecuted(message, MessageExecutionState.SUCCESS, "");
        execute(report);

        Client.Any2EVMMessage memory got = receiver.last();
        assertEq(got.messageId, message.messageId);
        assertEq(got.sourceChainSelector, SOURCE_CHAIN);
        assertEq(got.sender, abi.encode(from));
        assertEq(got.data, data);
        assertEq(got.destTokenAmounts.length, 0);
    }

    function test_the_receiver_gets_its_whole_gas_limit() public {
        execute(deliver(aMessage(1)));

        assertApproxEqAbs(receiver.gasAtStart(), GAS_LIMIT, 2_000);
    }

    function test_an_account_a_stranger_to_ccip_and_a_liar_are_not_called() public {
        EVM2EVMMessage[] memory messages = new EVM2EVMMessage[](3);
        address[3] memory receivers = [stranger, address(prices), address(new DestLiar())];
        for (uint64 i = 0; i < 3; ++i) {
            messages[i] = aMessage(i + 1);
            messages[i].receiver = receivers[i];
            seal(messages[i]);
        }

        execute(deliver(messages));

        for (uint64 i = 1; i <= 3; ++i) {
            assertState(i, MessageExecutionState.SUCCESS);
        }
        assertEq(DestLiar(receivers[2]).received(), 0);
    }

    function test_without_data_and_gas_the_receiver_is_not_called() public {
        EVM2EVMMessage memory message = aMessage(1);
        (message.data, message.gasLimit) = ("", 0);
        seal(message);

        execute(deliver(message));

        assertState(1, MessageExecutionState.SUCCESS);
        assertEq(receiver.received(), 0);
    }

    /// forge-config: default.fuzz.runs = 24
    function testFuzz_any_messages_of_a_root_can_be_executed_in_any_order(uint8 count, uint256 seed) public {
        EVM2EVMMessage[] memory messages = new EVM2EVMMessage[](bound(count, 2, 12));
        for (uint64 i = 0; i < messages.length; ++i) {
            messages[i] = aMessage(i + 1);
        }
        deliver(messages);

        for (uint256 i = 0; i < messages.length; ++i) {
            uint256 chosen = uint256(keccak256(abi.encode(seed, i))) % messages.length;
            execute(partialReport(messages, chosen));
            assertState(uint64(chosen + 1), MessageExecutionState.SUCCESS);
        }
    }

    /// @dev The report that executes one of `messages` under the root of all of them.
    function partialReport(EVM2EVMMessage[] memory messages, uint256 chosen)
        internal
        pure
        returns (ExecutionReport memory report)
    {
        bytes32[] memory leaves = new bytes32[](messages.length);
        for (uint256 i = 0; i < messages.length; ++i) {
            leaves[i] = messages[i].messageId;
        }
        bool[] memory proven = new bool[](messages.length);
        proven[chosen] = true;
        MerkleTree.Proof memory proof = MerkleTree.prove(leaves, proven);
        report = wholeReport(single(messages[chosen]));
        (report.proofs, report.proofFlagBits) = (proof.hashes, proof.flagBits);
    }

    /// @dev Neighbours in the bitmap never touch each other, over the edges of slots too.
    function testFuzz_states_are_independent(uint64 sequenceNumber) public {
        sequenceNumber = uint64(bound(sequenceNumber, 1, type(uint64).max - 1));

        execute(deliver(aMessage(sequenceNumber)));

        assertState(sequenceNumber, MessageExecutionState.SUCCESS);
        assertState(sequenceNumber - 1, MessageExecutionState.UNTOUCHED);
        assertState(sequenceNumber + 1, MessageExecutionState.UNTOUCHED);
    }

    /* A LANE THAT REPLACES ANOTHER */

    function test_nonces_go_on_from_the_lane_that_was_replaced() public {
        EVM2EVMMessage memory old = aMessage(1);
        old.nonce = 1;
        seal(old);
        ExecutionReport memory oldReport = deliver(old);
        OffRamp oldRamp = offRamp;
        replaceLane();
        EVM2EVMMessage memory message = aMessage(1);
        message.nonce = 2;
        seal(message);
        ExecutionReport memory report = deliver(message);

        vm.expectEmit(address(offRamp));
        emit IOffRamp.SkippedSenderWithPreviousRampMessageInflight(2, sender);
        execute(report);
        assertState(1, MessageExecutionState.UNTOUCHED);

        vm.prank(executor);
        oldRamp.execute(oldReport);
        execute(report);
        assertState(1, MessageExecutionState.SUCCESS);
        assertEq(offRamp.getSenderNonce(sender), 2);
    }

    /// @dev New OnRamp, CommitStore and OffRamp under the same Router.
    function replaceLane() internal {
        IOffRamp.StaticConfig memory config = rampConfig();
        config.prevOffRamp = address(offRamp);
        onRamp = makeAddr("new on-ramp");
        commitStore = new CommitStore(storeConfig());
        (config.onRamp, config.commitStore) = (onRamp, address(commitStore));
        offRamp = new OffRamp(config, dynamicConfig());
        configure(commitStore);
        address[] memory adds = new address[](1);
        adds[0] = executor;
        offRamp.setExecutors(new address[](0), adds);
        register(address(offRamp));
    }
}
