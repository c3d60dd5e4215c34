// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IOffRamp} from "../../contracts/interfaces/IOffRamp.sol";
import {CurseCheck} from "../../contracts/libraries/CurseCheck.sol";
import {BurnMintERC20} from "../../contracts/tokens/BurnMintERC20.sol";
import {EVM2EVMMessage, MessageExecutionState} from "../../contracts/types/Message.sol";
import {ExecutionReport, GasLimitOverride} from "../../contracts/types/Report.sol";
import {DestinationChain} from "./fixtures/DestinationChain.sol";
import {DestPool} from "./mocks/DestPools.sol";
import {DestHardWorker, DestReceiver} from "./mocks/DestReceivers.sol";

contract OffRampManuallyExecuteTest is DestinationChain {
    uint32 internal constant TOKEN_GAS = 300_000;

    BurnMintERC20 internal token;
    DestPool internal pool;

    function setUp() public override {
        super.setUp();
        token = new BurnMintERC20("Token", "TKN", 18);
        pool = new DestPool(token);
        token.grantMintAndBurnRoles(address(pool));
        listToken(address(token), address(pool));
    }

    function aTokenMessage() internal view returns (EVM2EVMMessage memory message) {
        message = aMessage(1);
        withToken(message, address(token), 5 ether, TOKEN_GAS);
    }

    function byHand(ExecutionReport memory report, GasLimitOverride[] memory overrides) internal {
        vm.prank(stranger);
        offRamp.manuallyExecute(report, overrides);
    }

    function aFailedMessage() internal returns (ExecutionReport memory report) {
        receiver.setRefuses(true);
        report = deliver(aMessage(1));
        execute(report);
        assertState(1, MessageExecutionState.FAILURE);
    }

    function receiverError() internal pure returns (bytes memory) {
        bytes memory inner = abi.encodeWithSelector(DestReceiver.Refused.selector, 42);
        return abi.encodeWithSelector(IOffRamp.ReceiverError.selector, inner);
    }

    /* FAILURES: WHEN */

    function testFuzz_reverts_for_an_untouched_message_in_the_window(uint32 age) public {
        ExecutionReport memory report = deliver(aMessage(1));
        GasLimitOverride[] memory overrides = noOverrides(report);
        skip(bound(age, 0, WINDOW));

        vm.expectRevert(IOffRamp.ManualExecutionNotYetEnabled.selector);
        byHand(report, overrides);
    }

    function test_executors_have_no_privilege_here() public {
        ExecutionReport memory report = deliver(aMessage(1));
        GasLimitOverride[] memory overrides = noOverrides(report);

        vm.expectRevert(IOffRamp.ManualExecutionNotYetEnabled.selector);
        vm.prank(executor);
        offRamp.manuallyExecute(report, overrides);
    }

    function test_reverts_while_the_source_is_cursed() public {
        ExecutionReport memory report = aFailedMessage();
        GasLimitOverride[] memory overrides = noOverrides(report);
        vm.prank(guardian);
        rmn.curse(SOURCE_SUBJECT);

        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        byHand(report, overrides);
    }

    /// @dev The forged-root story: signed by every committer, proven, old enough, and still nothing.
    function test_reverts_when_the_root_is_not_blessed_however_old() public {
        EVM2EVMMessage memory message = aTokenMessage();
        transmit(rootReport(message.messageId, 1, 1));
        ExecutionReport memory report = wholeReport(single(message));
        GasLimitOverride[] memory overrides = noOverrides(report);
        skip(365 days);

        vm.expectRevert(IOffRamp.RootNotCommitted.selector);
        byHand(report, overrides);
        assertEq(token.totalSupply(), 0);
    }

    /* FAILURES: GAS OVERRIDES */

    function test_reverts_without_one_override_per_message() public {
        ExecutionReport memory report = aFailedMessage();

        vm.expectRevert(IOffRamp.ManualExecutionGasLimitMismatch.selector);
        byHand(report, new GasLimitOverride[](2));
    }

    function test_reverts_without_one_token_override_per_token() public {
        ExecutionReport memory report = deliver(aTokenMessage());
        skip(WINDOW + 1);
        GasLimitOverride[] memory overrides = noOverrides(report);
        overrides[0].tokenGasOverrides = new uint32[](0);

        vm.expectRevert(
            abi.encodeWithSelector(
                IOffRamp.DestinationGasAmountCountMismatch.selector, report.messages[0].messageId, 1
            )
        );
        byHand(report, overrides);
    }

    function testFuzz_reverts_on_less_gas_than_the_sender_paid_for(uint256 gas_) public {
        ExecutionReport memory report = aFailedMessage();
        GasLimitOverride[] memory overrides = noOverrides(report);
        gas_ = bound(gas_, 1, GAS_LIMIT - 1);
        overrides[0].receiverExecutionGasLimit = gas_;

        vm.expectRevert(
            abi.encodeWithSelector(
                IOffRamp.InvalidManualExecutionGasLimit.selector,
                report.messages[0].messageId,
                GAS_LIMIT,
                gas_
            )
        );
        byHand(report, overrides);
    }

    function testFuzz_reverts_on_less_token_gas_than_the_sender_paid_for(uint32 gas_) public {
        ExecutionReport memory report = deliver(aTokenMessage());
        skip(WINDOW + 1);
        GasLimitOverride[] memory overrides = noOverrides(report);
        gas_ = uint32(bound(gas_, 1, TOKEN_GAS - 1));
        overrides[0].tokenGasOverrides[0] = gas_;

        vm.expectRevert(
            abi.encodeWithSelector(
                IOffRamp.InvalidTokenGasOverride.selector, report.messages[0].messageId, 0, TOKEN_GAS, gas_
            )
        );
        byHand(report, overrides);
    }

    /* FAILURES: OUTCOMES THAT AN OPEN CALL MAY NOT RECORD */

    function test_a_second_failure_reverts() public {
        ExecutionReport memory report = aFailedMessage();
        GasLimitOverride[] memory overrides = noOverrides(report);

        vm.expectRevert(abi.encodeWithSelector(IOffRamp.ExecutionError.selector, receiverError()));
        byHand(report, overrides);
    }

    /// @dev Nobody can fail a stranger's message with junk attestations or an empty bucket.
    /// forge-config: default.fuzz.runs = 32
    function testFuzz_a_first_failure_of_the_token_step_reverts(uint8 mood) public {
        ExecutionReport memory report = deliver(aTokenMessage());
        GasLimitOverride[] memory overrides = noOverrides(report);
        skip(WINDOW + 1);
        pool.setMood(DestPool.Mood(bound(mood, 1, uint8(type(DestPool.Mood).max))));

        vm.expectPartialRevert(IOffRamp.ExecutionError.selector);
        byHand(report, overrides);

        assertState(1, MessageExecutionState.UNTOUCHED);
        pool.setMood(DestPool.Mood.HONEST);
        execute(report);
        assertState(1, MessageExecutionState.SUCCESS);
    }

    function test_a_missing_pool_reverts_too() public {
        ExecutionReport memory report = deliver(aTokenMessage());
        GasLimitOverride[] memory overrides = noOverrides(report);
        skip(WINDOW + 1);
        registry.setPool(address(token), address(0));

        vm.expectPartialRevert(IOffRamp.ExecutionError.selector);
        byHand(report, overrides);
    }

    /* EFFECTS */

    function test_anybody_executes_once_the_window_opens() public {
        ExecutionReport memory report = deliver(aTokenMessage());
        skip(WINDOW + 1);

        byHand(report, noOverrides(report));

        assertState(1, MessageExecutionState.SUCCESS);
        assertEq(token.balanceOf(address(receiver)), 5 ether);
        assertEq(receiver.received(), 1);
    }

    function test_a_window_of_zero_is_always_open() public {
        IOffRamp.DynamicConfig memory config = dynamicConfig();
        config.permissionLessExecutionThresholdSeconds = 0;
        offRamp.setDynamicConfig(config);
        ExecutionReport memory report = deliver(aMessage(1));

        byHand(report, noOverrides(report));

        assertState(1, MessageExecutionState.SUCCESS);
    }

    function test_a_first_failure_of_the_receiver_is_recorded() public {
        receiver.setRefuses(true);
        ExecutionReport memory report = deliver(aTokenMessage());
        skip(WINDOW + 1);

        vm.expectEmit(address(offRamp));
        emit IOffRamp.ExecutionStateChanged(
            1, report.messages[0].messageId, MessageExecutionState.FAILURE, receiverError()
        );
        byHand(report, noOverrides(report));

        assertEq(token.totalSupply(), 0);
    }

    function test_a_failed_message_succeeds_once_its_receiver_is_mended() public {
        ExecutionReport memory report = aFailedMessage();
        receiver.setRefuses(false);

        byHand(report, noOverrides(report));

        assertState(1, MessageExecutionState.SUCCESS);
        assertEq(receiver.received(), 1);
    }

    function test_a_failed_ordered_message_does_not_use_a_second_turn() public {
        receiver.setRefuses(true);
        EVM2EVMMessage memory message = aMessage(1);
        message.nonce = 1;
        seal(message);
        ExecutionReport memory report = deliver(message);
        execute(report);
        receiver.setRefuses(false);

        byHand(report, noOverrides(report));

        assertState(1, MessageExecutionState.SUCCESS);
        assertEq(offRamp.getSenderNonce(sender), 1);
    }

    function test_order_holds_by_hand_too() public {
        EVM2EVMMessage memory message = aMessage(1);
        message.nonce = 2;
        seal(message);
        ExecutionReport memory report = deliver(message);
        GasLimitOverride[] memory overrides = noOverrides(report);
        skip(WINDOW + 1);

        vm.expectEmit(address(offRamp));
        emit IOffRamp.SkippedIncorrectNonce(2, sender);
        byHand(report, overrides);

        assertState(1, MessageExecutionState.UNTOUCHED);
    }

    function test_more_gas_helps_a_receiver_that_ran_out() public {
        DestHardWorker worker = new DestHardWorker(400_000);
        EVM2EVMMessage memory message = aMessage(1);
        message.receiver = address(worker);
        seal(message);
        ExecutionReport memory report = deliver(message);
        execute(report);
        assertState(1, MessageExecutionState.FAILURE);

        GasLimitOverride[] memory overrides = noOverrides(report);
        overrides[0].receiverExecutionGasLimit = 500_000;
        byHand(report, overrides);

        assertState(1, MessageExecutionState.SUCCESS);
        assertEq(worker.callbacks(), 1);
    }

    function test_more_gas_helps_a_token_that_ran_out() public {
        pool.setWork(400_000);
        ExecutionReport memory report = deliver(aTokenMessage());
        execute(report);
        assertState(1, MessageExecutionState.FAILURE);

        GasLimitOverride[] memory overrides = noOverrides(report);
        overrides[0].tokenGasOverrides[0] = 600_000;
        byHand(report, overrides);

        assertState(1, MessageExecutionState.SUCCESS);
        assertEq(token.balanceOf(address(receiver)), 5 ether);
    }

    function test_more_gas_helps_a_receiver_of_tokens_that_ran_out() public {
        DestHardWorker worker = new DestHardWorker(400_000);
        EVM2EVMMessage memory message = aTokenMessage();
        message.receiver = address(worker);
        seal(message);
        ExecutionReport memory report = deliver(message);
        execute(report);
        assertState(1, MessageExecutionState.FAILURE);
        assertEq(token.totalSupply(), 0);

        GasLimitOverride[] memory overrides = noOverrides(report);
        overrides[0].receiverExecutionGasLimit = 500_000;
        byHand(report, overrides);

        assertState(1, MessageExecutionState.SUCCESS);
        assertEq(worker.callbacks(), 1);
        assertEq(token.balanceOf(address(worker)), 5 ether);
    }
}
