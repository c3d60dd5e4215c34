// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IAny2EVMMessageReceiver} from "../../contracts/interfaces/IAny2EVMMessageReceiver.sol";
import {IRouter} from "../../contracts/interfaces/IRouter.sol";
import {ExactGasCall} from "../../contracts/libraries/ExactGasCall.sol";
import {Client} from "../../contracts/types/Client.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {GasBurningReceiver, RecordingReceiver, ReturnBombReceiver} from "./mocks/Receivers.sol";

contract RouterRouteMessageTest is SourceChain {
    uint16 internal constant GAS_FOR_CHECK = 5_000;

    address internal offRamp = makeAddr("off-ramp");
    RecordingReceiver internal recorder;

    function setUp() public {
        deploySourceChain();
        addOffRamp(DEST_CHAIN, offRamp);
        recorder = new RecordingReceiver();
    }

    function incoming() internal view returns (Client.Any2EVMMessage memory) {
        return Client.Any2EVMMessage({
            messageId: keccak256("id"),
            sourceChainSelector: DEST_CHAIN,
            sender: abi.encode(sender),
            data: "hello",
            destTokenAmounts: new Client.EVMTokenAmount[](0)
        });
    }

    function route(address to, uint256 gasLimit)
        internal
        returns (bool success, bytes memory retData, uint256)
    {
        vm.prank(offRamp);
        return router.routeMessage(incoming(), GAS_FOR_CHECK, gasLimit, to);
    }

    /* FAILURES */

    function testFuzz_reverts_for_anybody_but_an_off_ramp(address caller) public {
        vm.assume(caller != offRamp);

        vm.expectRevert(IRouter.OnlyOffRamp.selector);
        vm.prank(caller);
        router.routeMessage(incoming(), GAS_FOR_CHECK, 100_000, address(recorder));
    }

    function test_reverts_for_an_off_ramp_of_another_chain() public {
        Client.Any2EVMMessage memory message = incoming();
        message.sourceChainSelector = OTHER_CHAIN;

        vm.expectRevert(IRouter.OnlyOffRamp.selector);
        vm.prank(offRamp);
        router.routeMessage(message, GAS_FOR_CHECK, 100_000, address(recorder));
    }

    function test_reverts_when_there_is_nobody_to_call() public {
        vm.expectRevert(ExactGasCall.NoContract.selector);
        route(receiver, 100_000);
    }

    function testFuzz_too_little_gas_is_never_the_receivers_failure(uint256 gasSupplied) public {
        gasSupplied = bound(gasSupplied, 1_000, 400_000);
        bytes memory call =
            abi.encodeCall(IRouter.routeMessage, (incoming(), GAS_FOR_CHECK, 200_000, address(recorder)));

        vm.prank(offRamp);
        (bool ran, bytes memory answer) = address(router).call{gas: gasSupplied}(call);

        if (!ran) return; // the outer call failed as a whole: nothing was decided
        (bool success,,) = abi.decode(answer, (bool, bytes, uint256));
        assertTrue(success);
        assertTrue(recorder.lastCaller() == address(router));
    }

    /* DELIVERING */

    function test_calls_the_receiver_with_the_message() public {
        (bool success, bytes memory retData, uint256 gasUsed) = route(address(recorder), 100_000);

        assertTrue(success);
        assertEq(retData.length, 0);
        assertGt(gasUsed, 0);
        assertEq(recorder.lastCaller(), address(router));
        assertEq(
            recorder.lastCall(), keccak256(abi.encodeCall(IAny2EVMMessageReceiver.ccipReceive, (incoming())))
        );
    }

    function testFuzz_gives_the_receiver_the_gas_it_was_promised(uint256 gasLimit) public {
        gasLimit = bound(gasLimit, 80_000, 3_000_000);

        route(address(recorder), gasLimit);

        assertLe(recorder.gasAtEntry(), gasLimit);
        assertGe(recorder.gasAtEntry(), gasLimit - 2_000);
    }

    function test_a_receiver_that_burns_its_gas_fails_alone() public {
        GasBurningReceiver burner = new GasBurningReceiver();

        (bool success,, uint256 gasUsed) = route(address(burner), 200_000);

        assertFalse(success);
        assertGe(gasUsed, 200_000);
        assertLe(gasUsed, 205_000);
    }

    function test_keeps_a_bounded_part_of_the_answer() public {
        ReturnBombReceiver bomb = new ReturnBombReceiver();

        (bool success, bytes memory retData,) = route(address(bomb), 2_000_000);

        assertFalse(success);
        assertEq(retData.length, router.MAX_RET_BYTES());
    }

    function test_says_what_was_delivered() public {
        bytes32 calldataHash = keccak256(abi.encodeCall(IAny2EVMMessageReceiver.ccipReceive, (incoming())));

        vm.expectEmit(address(router));
        emit IRouter.MessageExecuted(keccak256("id"), DEST_CHAIN, offRamp, calldataHash);
        route(address(recorder), 100_000);
    }
}
