// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IOffRamp} from "../../../contracts/interfaces/IOffRamp.sol";
import {Client} from "../../../contracts/types/Client.sol";
import {EVM2EVMMessage, MessageExecutionState} from "../../../contracts/types/Message.sol";
import {ExecutionReport, GasLimitOverride} from "../../../contracts/types/Report.sol";
import {TwoChains} from "../fixtures/TwoChains.sol";
import {DestBomb, DestHardWorker, DestLiar, DestReceiver, DestReentrant} from "../mocks/DestReceivers.sol";
import {GasBurningReceiver} from "../mocks/Receivers.sol";
import {EndlessAnswer, LoopingAnswer, Panicking, Sending} from "./HostileReceivers.sol";
import {Vm} from "forge-std/Test.sol";

/// @notice Group H: what receivers do to those who serve them.
/// forge-config: default.fuzz.runs = 48
/// forge-config: deep.fuzz.runs = 10000
contract ReceiverAttacksTest is TwoChains {
    // INV-EXEC-8, INV-TOKEN-1
    /// @dev Refuses with an error, panics, runs into an invalid instruction. Its tokens go back with it.
    function testFuzz_H1_a_refusal_is_recorded_and_the_rest_goes_on(uint8 kind) public {
        Panicking receiver = new Panicking(kind % 3);
        Side storage there = chains[THERE];
        Client.EVM2AnyMessage memory sad =
            to(aTransfer(out, address(chains[HERE].minted), 5e18), address(receiver));
        EVM2EVMMessage memory first = send(out, sad);
        EVM2EVMMessage memory second = send(out, aMessage(out));
        ExecutionReport memory report = deliver(out, pair(first, second));

        execute(out, report);

        assertFailed(out, 1);
        assertExecuted(out, 2);
        assertEq(there.minted.balanceOf(address(receiver)), 0);
        assertEq(there.minted.totalSupply(), 1_000_000e18);
        receiver.mend();
        bool[] memory chosen = new bool[](2);
        chosen[0] = true;
        executeByHand(out, reportOf(report.messages, chosen));
        assertExecuted(out, 1);
        assertEq(there.minted.balanceOf(address(receiver)), 5e18);
    }

    function test_H2_a_gas_burner_burns_its_own_gas_only() public {
        Burner burner = new Burner();
        EVM2EVMMessage memory first = send(out, to(aMessage(out), address(burner)));
        EVM2EVMMessage memory second = send(out, aMessage(out));
        ExecutionReport memory report = deliver(out, pair(first, second));
        uint256 before = gasleft();

        execute(out, report);

        assertLt(before - gasleft(), 2 * GAS_LIMIT + 600_000);
        assertFailed(out, 1);
        assertExecuted(out, 2);
    }

    // INV-EXEC-8
    function testFuzz_H3_a_bomb_of_an_answer_is_cut(uint32 size) public {
        size = uint32(bound(size, 1_000, 20_000));
        DestBomb bomb = new DestBomb();
        Client.EVM2AnyMessage memory message = to(aMessage(out), address(bomb));
        message.data = abi.encode(size);
        EVM2EVMMessage memory sent = send(out, message);
        ExecutionReport memory report = deliver(out, sent);

        vm.recordLogs();
        execute(out, report);

        Vm.Log[] memory logs = vm.getRecordedLogs();
        (, bytes memory err) = abi.decode(logs[logs.length - 1].data, (uint8, bytes));
        assertFailed(out, 1);
        assertEq(logs[logs.length - 1].topics[2], sent.messageId);
        assertEq(err.length, 4 + 2 * 32 + 5 * 32); // ReceiverError of 132 bytes, padded
    }

    // INV-EXEC-4, INV-TOKEN-3
    /// @dev The receiver's work is large, so that the 1/64 that stays behind could record a wrong outcome.
    function testFuzz_H4_too_little_gas_decides_nothing(uint256 stipend, bool withToken) public {
        DestHardWorker worker = new DestHardWorker(1_500_000);
        Client.EVM2AnyMessage memory message =
            withToken ? aTransfer(out, address(chains[HERE].minted), 1e18) : aMessage(out);
        message = to(message, address(worker));
        message.extraArgs = extraArgs(2_000_000, true);
        ExecutionReport memory report = deliver(out, send(out, message));
        stipend = bound(stipend, 50_000, 3_500_000);
        enter(THERE);

        vm.prank(executor);
        (bool success,) =
            address(out.offRamp).call{gas: stipend}(abi.encodeCall(out.offRamp.execute, (report)));

        if (success) {
            assertExecuted(out, 1);
            assertEq(worker.callbacks(), 1);
        } else {
            assertUntouched(out, 1);
            assertEq(worker.callbacks(), 0);
        }
    }

    // INV-EXEC-6
    function testFuzz_H5_nobody_gives_a_message_less_gas_than_was_paid_for(uint256 less, uint32 tokenGas)
        public
    {
        less = bound(less, 1, GAS_LIMIT - 1);
        ExecutionReport memory report =
            deliver(out, send(out, aTransfer(out, address(chains[HERE].minted), 1e18)));
        GasLimitOverride[] memory overrides = noOverrides(report);
        bytes32 id = report.messages[0].messageId;
        enter(THERE);
        vm.expectRevert(IOffRamp.ManualExecutionNotYetEnabled.selector);
        out.offRamp.manuallyExecute(report, overrides);
        vm.warp(block.timestamp + WINDOW + 1);

        overrides[0].receiverExecutionGasLimit = less;
        vm.expectRevert(
            abi.encodeWithSelector(IOffRamp.InvalidManualExecutionGasLimit.selector, id, GAS_LIMIT, less)
        );
        out.offRamp.manuallyExecute(report, overrides);
        tokenGas = uint32(bound(tokenGas, 1, TOKEN_GAS - 1));
        overrides[0].receiverExecutionGasLimit = 0;
        overrides[0].tokenGasOverrides[0] = tokenGas;
        vm.expectRevert(
            abi.encodeWithSelector(IOffRamp.InvalidTokenGasOverride.selector, id, 0, TOKEN_GAS, tokenGas)
        );
        out.offRamp.manuallyExecute(report, overrides);
        assertUntouched(out, 1);
    }

    // INV-SEND-6, INV-EXEC-3
    /// @dev Re-enters with its own message, then sends one: the first is refused, the second is allowed.
    function test_H6_a_receiver_reenters_in_vain_and_may_send() public {
        DestReentrant receiver = new DestReentrant(out.offRamp);
        Client.EVM2AnyMessage memory message = to(aMessage(out), address(receiver));
        message.extraArgs = extraArgs(2_000_000, true);
        ExecutionReport memory report = deliver(out, send(out, message));
        vm.warp(block.timestamp + WINDOW + 1);
        receiver.arm(abi.encodeCall(out.offRamp.manuallyExecute, (report, noOverrides(report))), 1);

        execute(out, report);

        assertFalse(receiver.reentered());
        assertEq(uint8(receiver.stateSeen()), uint8(MessageExecutionState.IN_PROGRESS));
        assertEq(receiver.received(), 1);
        assertExecuted(out, 1);

        Client.EVM2AnyMessage memory answer = aMessage(back);
        answer.feeToken = address(0);
        Sending replier = new Sending(chains[THERE].router, HERE, answer);
        vm.deal(address(replier), 10 ether);
        message = to(message, address(replier));
        execute(out, deliver(out, send(out, message)));
        assertExecuted(out, 2);
        assertEq(back.onRamp.sequenceNumber(), 1);
    }

    /// @dev An account, a contract without ERC-165, and a contract that wants a call and is sent tokens only.
    function test_H7_who_does_not_ask_for_a_call_gets_its_tokens() public {
        Side storage there = chains[THERE];
        address[3] memory receivers =
            [makeAddr("account"), address(new Panicking(9)), address(there.receiver)];
        for (uint64 i = 0; i < 3; ++i) {
            Client.EVM2AnyMessage memory message =
                to(aTransfer(out, address(chains[HERE].minted), 1e18), receivers[i]);
            if (i == 2) {
                message.data = "";
                message.extraArgs = extraArgs(0, false);
            }
            execute(out, deliver(out, send(out, message)));
            assertExecuted(out, i + 1);
            assertEq(there.minted.balanceOf(receivers[i]), 1e18);
        }
        assertEq(there.receiver.received(), 0);
    }

    /// @dev Claims everything, loops for ever, or answers without end: bounded, and nobody else's problem.
    function test_H8_a_lying_answer_about_interfaces_is_bounded() public {
        address[3] memory receivers =
            [address(new DestLiar()), address(new LoopingAnswer()), address(new EndlessAnswer())];
        for (uint64 i = 0; i < 3; ++i) {
            EVM2EVMMessage memory odd = send(out, to(aMessage(out), receivers[i]));
            EVM2EVMMessage memory healthy = send(out, aMessage(out));
            ExecutionReport memory report = deliver(out, pair(odd, healthy));
            uint256 before = gasleft();
            execute(out, report);
            assertLt(before - gasleft(), 1_200_000);
            assertExecuted(out, 2 * i + 2);
            assertEq(DestReceiver(receivers[i]).received(), 0);
        }
        assertEq(chains[THERE].receiver.received(), 3);
    }

    /// @dev Without code at the time of execution there is nobody to call, whatever was or will be there.
    function test_H9_a_receiver_without_code_gets_its_tokens() public {
        Side storage there = chains[THERE];
        address later = makeAddr("deployed later");
        address gone = address(new DestReceiver());
        Client.EVM2AnyMessage memory message = aTransfer(out, address(chains[HERE].minted), 1e18);
        EVM2EVMMessage memory first = send(out, to(message, later));
        EVM2EVMMessage memory second = send(out, to(message, gone));
        vm.etch(gone, "");

        execute(out, deliver(out, pair(first, second)));

        assertExecuted(out, 1);
        assertExecuted(out, 2);
        assertEq(there.minted.balanceOf(later), 1e18);
        assertEq(there.minted.balanceOf(gone), 1e18);
    }

    function test_H10_a_receiver_that_always_fails_blocks_nobody() public {
        Panicking broken = new Panicking(0);
        fund(enter(HERE), stranger);
        EVM2EVMMessage[] memory messages = new EVM2EVMMessage[](4);
        messages[0] = send(out, to(aMessage(out), address(broken)));
        messages[1] = send(out, to(aMessage(out), address(broken)));
        messages[2] = send(out, aMessage(out));
        messages[3] = sendAs(stranger, out, aMessage(out));

        execute(out, deliver(out, messages));

        assertFailed(out, 1);
        assertFailed(out, 2);
        assertExecuted(out, 3);
        assertExecuted(out, 4);
        assertEq(out.offRamp.getSenderNonce(sender), 3);
    }
}

/// @notice Asks for a call and burns all it is given.
contract Burner is GasBurningReceiver {
    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id != 0xffffffff;
    }
}
