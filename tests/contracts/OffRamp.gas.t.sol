// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {BurnMintERC20} from "../../contracts/tokens/BurnMintERC20.sol";
import {EVM2EVMMessage, MessageExecutionState} from "../../contracts/types/Message.sol";
import {ExecutionReport, GasLimitOverride} from "../../contracts/types/Report.sol";
import {DestinationChain} from "./fixtures/DestinationChain.sol";
import {DestPool} from "./mocks/DestPools.sol";
import {DestHardWorker} from "./mocks/DestReceivers.sol";

/// @notice Short gas never decides a message: for every stipend the transaction reverts and leaves the message
/// UNTOUCHED, or executes it in full. Never FAILURE, never SUCCESS without the callback.
/// @dev The inner work is large, so that the 1/64 which a starved caller keeps would be enough to go on and record
/// a wrong outcome; that is how a naive off-ramp fails this test.
contract OffRampGasTest is DestinationChain {
    uint32 internal constant TOKEN_GAS = 1_500_000;
    uint256 internal constant RECEIVER_GAS = 2_000_000;

    BurnMintERC20 internal token;
    DestPool internal pool;
    DestHardWorker internal worker;
    ExecutionReport internal reportOnData;
    bool internal manual;

    function setUp() public override {
        super.setUp();
        token = new BurnMintERC20("Token", "TKN", 18);
        pool = new DestPool(token);
        pool.setWork(1_300_000);
        token.grantMintAndBurnRoles(address(pool));
        listToken(address(token), address(pool));
        worker = new DestHardWorker(1_900_000);
    }

    function aMessageForTheWorker(bool hasToken) internal view returns (EVM2EVMMessage memory message) {
        message = aMessage(1);
        message.receiver = address(worker);
        message.gasLimit = RECEIVER_GAS;
        if (hasToken) withToken(message, address(token), 5 ether, TOKEN_GAS);
        else seal(message);
    }

    function attempt(ExecutionReport memory report, uint256 stipend) internal returns (bool success) {
        bytes memory call_ = manual
            ? abi.encodeCall(offRamp.manuallyExecute, (report, noOverrides(report)))
            : abi.encodeCall(offRamp.execute, (report));
        vm.prank(executor);
        (success,) = address(offRamp).call{gas: stipend}(call_);
    }

    /// @return successes How many of the stipends executed the message.
    function sweep(ExecutionReport memory report, uint256 from, uint256 to, uint256 step)
        internal
        returns (uint256 successes)
    {
        uint256 tokens = report.messages[0].tokenAmounts.length;
        for (uint256 stipend = from; stipend < to; stipend += step) {
            uint256 before = vm.snapshotState();
            bool success = attempt(report, stipend);
            if (success) {
                ++successes;
                assertState(1, MessageExecutionState.SUCCESS);
                assertEq(worker.callbacks(), 1, "SUCCESS without the callback");
                assertEq(token.totalSupply(), tokens * 5 ether);
            } else {
                assertState(1, MessageExecutionState.UNTOUCHED);
                assertEq(worker.callbacks(), 0);
                assertEq(token.totalSupply(), 0);
            }
            vm.revertToState(before);
        }
    }

    function test_no_stipend_decides_a_data_message() public {
        ExecutionReport memory report = deliver(aMessageForTheWorker(false));

        uint256 executed = sweep(report, 30_000, 2_600_000, 9_973);

        assertGt(executed, 10);
        assertLt(executed, 200);
    }

    function test_no_stipend_decides_a_token_message() public {
        ExecutionReport memory report = deliver(aMessageForTheWorker(true));

        uint256 executed = sweep(report, 30_000, 4_600_000, 17_959);

        assertGt(executed, 10);
        assertLt(executed, 200);
    }

    function test_no_stipend_decides_a_manual_execution() public {
        manual = true;
        ExecutionReport memory report = deliver(aMessageForTheWorker(true));
        skip(WINDOW + 1);

        uint256 executed = sweep(report, 30_000, 4_600_000, 37_813);

        assertGt(executed, 5);
    }

    /// @dev Around the three ERC-165 questions of the receiver, unit steps would be too many: small primes.
    function test_no_stipend_starves_the_question_whether_to_call() public {
        ExecutionReport memory report = deliver(aMessageForTheWorker(false));

        sweep(report, 60_000, 260_000, 499);
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzz_no_stipend_decides(uint256 stipend, bool hasToken) public {
        ExecutionReport memory report = deliver(aMessageForTheWorker(hasToken));
        stipend = bound(stipend, 21_000, 5_000_000);

        sweep(report, stipend, stipend + 1, 1);
    }

    /// @dev A receiver that runs out of the gas its sender paid for did get all of it: that is its own failure.
    function test_a_receiver_that_needs_more_than_was_paid_for_fails_in_its_full_gas() public {
        EVM2EVMMessage memory message = aMessageForTheWorker(false);
        message.gasLimit = 1_800_000;
        seal(message);

        execute(deliver(message));

        assertState(1, MessageExecutionState.FAILURE);
        assertEq(worker.callbacks(), 0);
    }
}
