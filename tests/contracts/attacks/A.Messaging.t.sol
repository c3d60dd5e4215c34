// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ICommitStore} from "../../../contracts/interfaces/ICommitStore.sol";
import {IFeeQuoter} from "../../../contracts/interfaces/IFeeQuoter.sol";
import {IOffRamp} from "../../../contracts/interfaces/IOffRamp.sol";
import {IOnRamp} from "../../../contracts/interfaces/IOnRamp.sol";
import {EVMAddress} from "../../../contracts/libraries/EVMAddress.sol";
import {ExtraArgs} from "../../../contracts/libraries/ExtraArgs.sol";
import {HomeChain} from "../../../contracts/libraries/HomeChain.sol";
import {Client} from "../../../contracts/types/Client.sol";
import {EVM2EVMMessage} from "../../../contracts/types/Message.sol";
import {CommitReport, ExecutionReport, GasLimitOverride, Interval} from "../../../contracts/types/Report.sol";
import {TwoChains} from "../fixtures/TwoChains.sol";
import {HostilePool} from "../mocks/HostilePool.sol";
import {FalseReturningToken, LyingToken} from "../mocks/HostileTokens.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @notice Group A: what an attacker does with messages.
/// forge-config: default.fuzz.runs = 48
/// forge-config: deep.fuzz.runs = 10000
contract MessagingAttacksTest is TwoChains {
    // INV-EXEC-2
    function test_A1_an_executed_message_is_not_executed_again() public {
        EVM2EVMMessage memory first = send(out, aTransfer(out, address(chains[HERE].minted), 5e18));
        EVM2EVMMessage memory second = send(out, aMessage(out));
        ExecutionReport memory both = deliver(out, pair(first, second));
        bool[] memory chosen = new bool[](2);
        chosen[0] = true;
        execute(out, reportOf(both.messages, chosen));

        vm.expectEmit(address(out.offRamp));
        emit IOffRamp.SkippedAlreadyExecutedMessage(1);
        execute(out, both);
        executeByHand(out, both);

        assertExecuted(out, 1);
        assertExecuted(out, 2);
        assertEq(chains[THERE].minted.balanceOf(address(chains[THERE].receiver)), 5e18);
        assertEq(chains[THERE].receiver.received(), 2);
    }

    // INV-COMMIT-5
    function test_A2_a_leaf_under_two_roots_is_executed_once() public {
        EVM2EVMMessage memory message = send(out, aTransfer(out, address(chains[HERE].minted), 5e18));
        execute(out, deliver(out, message));
        EVM2EVMMessage[] memory twice = pair(message, message);
        CommitReport memory overlapping = rootReport(rootOf(twice), 1, 2);
        bytes memory encoded = abi.encode(overlapping);
        bytes32[3] memory context = contextOf(out);
        Signatures memory signed = sign(encoded, context, quorumKeys());

        vm.expectRevert(abi.encodeWithSelector(ICommitStore.InvalidInterval.selector, Interval(1, 2)));
        transmitSigned(out, encoded, context, signed);
        transmit(out, rootReport(rootOf(twice), 2, 3));
        bless(out, rootOf(twice));
        execute(out, wholeReport(twice));

        assertEq(chains[THERE].receiver.received(), 1);
        assertEq(chains[THERE].minted.balanceOf(address(chains[THERE].receiver)), 5e18);
    }

    // INV-PROOF-2
    /// @dev The committers and monitors of the other lanes sign the very same root, and that helps nobody.
    function test_A3_a_message_of_one_lane_is_nothing_on_another() public {
        deployChain(ELSEWHERE, ELSEWHERE_ID, 18);
        Lane memory toElsewhere = openLane(HERE, ELSEWHERE, address(0), address(0));
        EVM2EVMMessage memory message = send(out, aMessage(out));
        ExecutionReport memory elsewhere = deliver(toElsewhere, message);
        Lane memory replacement = openLane(HERE, THERE, address(out.onRamp), address(out.offRamp));
        ExecutionReport memory onReplacement = deliver(replacement, message);

        vm.expectRevert(IOffRamp.InvalidMessageId.selector);
        execute(toElsewhere, elsewhere);
        vm.expectRevert(IOffRamp.InvalidMessageId.selector);
        execute(replacement, onReplacement);
        execute(out, deliver(out, message));

        assertExecuted(out, 1);
    }

    function test_A4_a_fork_of_the_chain_commits_and_executes_nothing() public {
        EVM2EVMMessage memory message = send(out, aMessage(out));
        ExecutionReport memory delivered = deliver(out, message);
        bytes memory encoded = abi.encode(rootReport("next", 2, 2));
        bytes32[3] memory context = contextOf(out);
        Signatures memory s = sign(encoded, context, quorumKeys());
        GasLimitOverride[] memory overrides = noOverrides(delivered);
        vm.warp(block.timestamp + WINDOW + 1);
        vm.chainId(999);
        bytes memory forked = abi.encodeWithSelector(HomeChain.ForkedChain.selector, THERE_ID, 999);

        vm.expectRevert(forked);
        vm.prank(vm.addr(committerKeys[0]));
        out.commitStore.transmit(context, encoded, s.rs, s.ss, s.rawVs);
        vm.expectRevert(forked);
        vm.prank(executor);
        out.offRamp.execute(delivered);
        vm.expectRevert(forked);
        out.offRamp.manuallyExecute(delivered, overrides);
    }

    // INV-SEND-2, INV-PROOF-2
    function testFuzz_A5_no_field_of_a_message_can_be_altered(uint8 field, uint160 value) public {
        ExecutionReport memory report =
            deliver(out, send(out, aTransfer(out, address(chains[HERE].minted), 5e18)));
        vm.assume(value > 1);
        EVM2EVMMessage memory message = report.messages[0];
        field = field % 11;
        if (field == 0) message.sender = address(value);
        if (field == 1) message.receiver = address(value);
        if (field == 2) message.sequenceNumber = 2 + uint64(uint32(value));
        if (field == 3) message.gasLimit += value;
        if (field == 4) message.strict = true;
        if (field == 5) message.nonce = 2 + uint64(uint32(value));
        if (field == 6) message.feeToken = address(value);
        if (field == 7) message.feeTokenAmount += value;
        if (field == 8) message.data = abi.encode(value);
        if (field == 9) message.tokenAmounts[0].amount += value;
        if (field == 10) message.sourceTokenData[0] = bytes.concat(message.sourceTokenData[0], "x");

        vm.expectRevert(IOffRamp.InvalidMessageId.selector);
        execute(out, report);
    }

    // INV-SEND-2
    /// @dev Bytes that move from one dynamic field to its neighbour, and elements that split or join.
    function test_A6_no_two_messages_share_an_encoding() public {
        Client.EVM2AnyMessage memory template = aMessage(out);
        template.data = bytes.concat(abi.encode(address(0x50CE), uint256(7)), "tail");
        ExecutionReport memory report = deliver(out, send(out, template));
        EVM2EVMMessage memory message = report.messages[0];
        report.offchainTokenData[0] = new bytes[](1);

        message.data = "tail";
        message.tokenAmounts = new Client.EVMTokenAmount[](1);
        message.tokenAmounts[0] = Client.EVMTokenAmount(address(0x50CE), 7);
        message.sourceTokenData = new bytes[](1);
        vm.expectRevert(IOffRamp.InvalidMessageId.selector);
        execute(out, report);

        message.data = "";
        message.sourceTokenData[0] = template.data;
        vm.expectRevert(IOffRamp.InvalidMessageId.selector);
        execute(out, report);

        template = aTransfer(out, address(chains[HERE].minted), 1e18);
        template.tokenAmounts = new Client.EVMTokenAmount[](2);
        template.tokenAmounts[0] = Client.EVMTokenAmount(address(chains[HERE].minted), 1e18);
        template.tokenAmounts[1] = Client.EVMTokenAmount(address(chains[HERE].locked), 1e18);
        report = deliver(out, send(out, template));
        bytes[] memory words = report.messages[0].sourceTokenData;
        (words[0], words[1]) = (words[1], words[0]);
        vm.expectRevert(IOffRamp.InvalidMessageId.selector);
        execute(out, report);
    }

    // INV-SEND-3, INV-SEND-7
    /// @dev What is refused when quoting is refused when sending, with the same words, and costs nothing.
    function testFuzz_A7_malformed_messages_are_refused_alike(uint8 kind, uint8 more) public {
        Client.EVM2AnyMessage memory message = aTransfer(out, address(chains[HERE].minted), 1e18);
        bytes memory refusal = _malform(message, kind % 6, more);
        uint256 before = chains[HERE].link.balanceOf(sender);
        enter(HERE);

        vm.expectRevert(refusal);
        chains[HERE].router.getFee(THERE, message);
        vm.expectRevert(refusal);
        vm.prank(sender);
        chains[HERE].router.ccipSend(THERE, message);

        assertEq(chains[HERE].link.balanceOf(sender), before);
        assertEq(out.onRamp.sequenceNumber(), 0);
    }

    function _malform(Client.EVM2AnyMessage memory message, uint8 kind, uint8 more)
        private
        view
        returns (bytes memory)
    {
        uint256 excess = uint256(more) + 1;
        if (kind == 0) {
            message.data = new bytes(MAX_DATA + excess);
            return abi.encodeWithSelector(IFeeQuoter.MessageTooLarge.selector, MAX_DATA, MAX_DATA + excess);
        }
        if (kind == 1) {
            message.tokenAmounts = new Client.EVMTokenAmount[](4);
            for (uint256 i = 0; i < 4; ++i) {
                message.tokenAmounts[i] = Client.EVMTokenAmount(address(chains[HERE].minted), 1);
            }
            return abi.encodeWithSelector(IFeeQuoter.UnsupportedNumberOfTokens.selector);
        }
        if (kind == 2) {
            message.tokenAmounts[0].amount = 0;
            return abi.encodeWithSelector(IOnRamp.CannotSendZeroTokens.selector);
        }
        if (kind == 3) message.receiver = abi.encodePacked(address(uint160(uint256(keccak256("short")))));
        if (kind == 4) message.receiver = abi.encode(more); // zero and the precompiles
        if (kind == 5) message.receiver = abi.encode(uint256(type(uint160).max) + excess);
        return abi.encodeWithSelector(EVMAddress.InvalidEVMAddress.selector, message.receiver);
    }

    // INV-SEND-7
    function testFuzz_A8_extra_args_are_known_and_read_to_the_last_byte(bytes4 tag, bytes memory tail)
        public
    {
        vm.assume(tag != Client.EVM_EXTRA_ARGS_V1_TAG && tag != Client.EVM_EXTRA_ARGS_V2_TAG);
        vm.assume(tail.length != 0);
        Client.EVM2AnyMessage memory message = aMessage(out);
        enter(HERE);

        message.extraArgs = abi.encodePacked(tag, abi.encode(GAS_LIMIT, true));
        vm.expectRevert(ExtraArgs.InvalidExtraArgsTag.selector);
        vm.prank(sender);
        chains[HERE].router.ccipSend(THERE, message);
        message.extraArgs = bytes.concat(extraArgs(GAS_LIMIT, true), tail);
        vm.expectRevert(ExtraArgs.InvalidExtraArgsData.selector);
        vm.prank(sender);
        chains[HERE].router.ccipSend(THERE, message);
    }

    // INV-SEND-1
    function testFuzz_A9_numbers_have_no_gap_and_no_twin(uint8 sends, uint8 reconfiguredAt) public {
        uint64 count = 1 + sends % 8;
        for (uint64 i = 1; i <= count; ++i) {
            EVM2EVMMessage memory sent = send(out, i % 2 == 0 ? aMessage(out) : unordered(aMessage(out)));
            assertEq(sent.sequenceNumber, i);
            if (i == 1 + reconfiguredAt % 8) {
                enter(HERE);
                Side storage chain = chains[HERE];
                out.onRamp.setDynamicConfig(address(chain.router), address(chain.feeQuoter), aggregator);
            }
        }
        assertEq(out.onRamp.getExpectedNextSequenceNumber(), count + 1);
    }

    // INV-EXEC-5
    function test_A10_order_is_of_attempts_not_of_successes() public {
        EVM2EVMMessage memory first = send(out, aMessage(out));
        EVM2EVMMessage memory second = send(out, aMessage(out));
        ExecutionReport memory both = deliver(out, pair(first, second));
        bool[] memory chosen = new bool[](2);
        chosen[0] = true;
        chains[THERE].receiver.setRefuses(true);
        execute(out, reportOf(both.messages, chosen));
        assertFailed(out, 1);
        chains[THERE].receiver.setRefuses(false);

        execute(out, both);

        assertFailed(out, 1);
        assertExecuted(out, 2);
        executeByHand(out, reportOf(both.messages, chosen));
        assertExecuted(out, 1);
        assertEq(out.offRamp.getSenderNonce(sender), 2);
    }

    // INV-EXEC-5
    function test_A11_an_ordered_message_before_its_turn_stays_untouched() public {
        EVM2EVMMessage memory first = send(out, aMessage(out));
        EVM2EVMMessage memory second = send(out, aMessage(out));
        ExecutionReport memory both = deliver(out, pair(first, second));
        bool[] memory chosen = new bool[](2);
        chosen[1] = true;

        vm.expectEmit(address(out.offRamp));
        emit IOffRamp.SkippedIncorrectNonce(2, sender);
        execute(out, reportOf(both.messages, chosen));

        assertUntouched(out, 2);
        assertEq(chains[THERE].receiver.received(), 0);
        execute(out, both);
        assertExecuted(out, 2);
    }

    // INV-SEND-4
    /// @dev A token without code, one that says no, and one that says yes and moves nothing.
    function test_A12_no_message_leaves_without_its_value() public {
        address[3] memory tokens =
            [address(0xC0DE1E55), address(new FalseReturningToken()), address(new LyingToken())];
        for (uint256 i = 0; i < 3; ++i) {
            _list(tokens[i]);
            Client.EVM2AnyMessage memory message = aTransfer(out, tokens[i], 1e18);
            enter(HERE);

            if (i == 1) {
                vm.expectRevert(
                    abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, tokens[i])
                );
            } else {
                vm.expectRevert();
            }
            vm.prank(sender);
            chains[HERE].router.ccipSend(THERE, message);
        }
        assertEq(out.onRamp.sequenceNumber(), 0);
    }

    /// @dev Its pool is content with whatever it got.
    function _list(address token) private {
        listToken(enter(HERE), token, address(new HostilePool()));
    }
}
