// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OnRamp} from "../../contracts/OnRamp.sol";
import {IFeeQuoter} from "../../contracts/interfaces/IFeeQuoter.sol";
import {IOnRamp} from "../../contracts/interfaces/IOnRamp.sol";
import {ITokenPool} from "../../contracts/interfaces/ITokenPool.sol";
import {AllowList} from "../../contracts/libraries/AllowList.sol";
import {CurseCheck} from "../../contracts/libraries/CurseCheck.sol";
import {EVMAddress} from "../../contracts/libraries/EVMAddress.sol";
import {MessageHasher} from "../../contracts/libraries/MessageHasher.sol";
import {Client} from "../../contracts/types/Client.sol";
import {EVM2EVMMessage, SourceTokenData} from "../../contracts/types/Message.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {HostilePool} from "./mocks/HostilePool.sol";
import {Vm} from "forge-std/Vm.sol";

contract OnRampForwardFromRouterTest is SourceChain {
    function setUp() public {
        deploySourceChain();
    }

    /// @dev As the Router does, which has put the tokens into their pools before.
    function forward(Client.EVM2AnyMessage memory message) internal returns (bytes32 messageId) {
        vm.prank(address(router));
        (messageId,) = onRamp.forwardFromRouter(DEST_CHAIN, message, sender);
    }

    /// @dev The message in the OnRamp's last log, which must be CCIPSendRequested.
    function lastSent() internal returns (EVM2EVMMessage memory) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 last = logs.length - 1;
        while (logs[last].emitter != address(onRamp)) --last;
        assertEq(logs[last].topics[0], 0xd0c3c799bf9e2639de44391e7f524d229b2b55f5b1ea94b2bf7da42f7243dddd);
        return abi.decode(logs[last].data, (EVM2EVMMessage));
    }

    function sendAndRead(Client.EVM2AnyMessage memory message) internal returns (EVM2EVMMessage memory) {
        vm.recordLogs();
        send(message);
        return lastSent();
    }

    /* FAILURES */

    function testFuzz_reverts_for_anybody_but_the_router(address caller) public {
        vm.assume(caller != address(router));

        vm.expectRevert(IOnRamp.MustBeCalledByRouter.selector);
        vm.prank(caller);
        onRamp.forwardFromRouter(DEST_CHAIN, aMessage(), sender);
    }

    function test_reverts_without_a_sender() public {
        vm.expectRevert(IOnRamp.RouterMustSetOriginalSender.selector);
        vm.prank(address(router));
        onRamp.forwardFromRouter(DEST_CHAIN, aMessage(), address(0));
    }

    function test_reverts_for_another_destination() public {
        vm.expectRevert(abi.encodeWithSelector(IOnRamp.InvalidChainSelector.selector, OTHER_CHAIN));
        vm.prank(address(router));
        onRamp.forwardFromRouter(OTHER_CHAIN, aMessage(), sender);
    }

    function test_reverts_when_the_sender_is_not_on_the_list() public {
        onRamp.applyAllowListUpdates(true, new address[](0), new address[](0));

        vm.expectRevert(abi.encodeWithSelector(AllowList.SenderNotAllowed.selector, sender));
        forward(aMessage());
    }

    function test_reverts_when_the_fee_is_absurd() public {
        reportGasPrice(GAS_PRICE * 1_000);
        uint256 fee = 1_471_366_000_000_000_000_000; // juels

        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.MessageFeeTooHigh.selector, fee, MAX_FEE_JUELS));
        forward(aMessage());
    }

    function test_reverts_when_the_pool_says_too_much() public {
        HostilePool pool = new HostilePool();
        registry.setPool(address(usdc), address(pool));
        pool.answer(abi.encode(remoteToken), new bytes(33));

        vm.expectRevert(abi.encodeWithSelector(IOnRamp.SourceTokenDataTooLarge.selector, address(usdc)));
        forward(aTransfer(address(usdc), 1));
    }

    function test_a_token_may_be_given_more_room() public {
        HostilePool pool = new HostilePool();
        registry.setPool(address(usdc), address(pool));
        pool.answer(abi.encode(remoteToken), new bytes(64));
        IFeeQuoter.TokenTransferFeeConfig memory config = usdcFee();
        config.destBytesOverhead = 64;
        setTransferFee(address(usdc), config);

        forward(aTransfer(address(usdc), 1));
    }

    function test_reverts_when_the_pool_names_an_impossible_token() public {
        HostilePool pool = new HostilePool();
        registry.setPool(address(usdc), address(pool));
        pool.answer(abi.encode(uint256(1)), "");

        vm.expectRevert(abi.encodeWithSelector(EVMAddress.InvalidEVMAddress.selector, abi.encode(uint256(1))));
        forward(aTransfer(address(usdc), 1));
    }

    function test_reverts_when_the_pool_does_not_serve_the_destination() public {
        uint64[] memory removes = new uint64[](1);
        removes[0] = DEST_CHAIN;
        lockReleasePool.applyChainUpdates(removes, new ITokenPool.ChainUpdate[](0));

        vm.expectRevert(abi.encodeWithSelector(IOnRamp.UnsupportedToken.selector, address(usdc)));
        forward(aTransfer(address(usdc), 1));
    }

    function test_reverts_when_the_token_has_no_pool() public {
        vm.expectRevert(abi.encodeWithSelector(IOnRamp.UnsupportedToken.selector, address(link)));
        forward(aTransfer(address(link), 1));
    }

    function test_reverts_when_the_amount_is_zero() public {
        vm.expectRevert(IOnRamp.CannotSendZeroTokens.selector);
        forward(aTransfer(address(usdc), 0));
    }

    function test_answers_the_fee_it_quoted() public {
        uint256 quoted = onRamp.getFee(DEST_CHAIN, aMessage());

        vm.prank(address(router));
        (, uint256 fee) = onRamp.forwardFromRouter(DEST_CHAIN, aMessage(), sender);

        assertEq(fee, quoted);
    }

    /* THE MESSAGE */

    function test_emits_the_whole_message() public {
        Client.EVM2AnyMessage memory message = aTransfer(address(usdc), 5e6);
        message.data = "deposit";
        message.extraArgs = extraArgs(123_456, false);
        uint256 fee = router.getFee(DEST_CHAIN, message);

        EVM2EVMMessage memory sent = sendAndRead(message);

        assertEq(sent.sourceChainSelector, SOURCE_CHAIN);
        assertEq(sent.sender, sender);
        assertEq(sent.receiver, receiver);
        assertEq(sent.sequenceNumber, 1);
        assertEq(sent.gasLimit, 123_456);
        assertFalse(sent.strict);
        assertEq(sent.nonce, 1);
        assertEq(sent.feeToken, address(link));
        assertEq(sent.feeTokenAmount, fee);
        assertEq(sent.data, "deposit");
        assertEq(sent.tokenAmounts[0].token, address(usdc));
        assertEq(sent.tokenAmounts[0].amount, 5e6);
        assertEq(sent.sourceTokenData.length, 1);
    }

    function test_tells_the_destination_where_the_token_comes_from() public {
        EVM2EVMMessage memory sent = sendAndRead(aTransfer(address(usdc), 5e6));

        SourceTokenData memory data = abi.decode(sent.sourceTokenData[0], (SourceTokenData));
        assertEq(data.sourcePoolAddress, abi.encode(lockReleasePool));
        assertEq(data.destTokenAddress, abi.encode(remoteToken));
        assertEq(data.extraData, abi.encode(uint8(6)));
        assertEq(data.destGasAmount, 90_000);
    }

    function test_a_native_fee_is_shown_as_wrapped_native() public {
        Client.EVM2AnyMessage memory message = aMessage();
        message.feeToken = address(0);
        vm.recordLogs();
        vm.prank(sender);
        router.ccipSend{value: 10 ether}(DEST_CHAIN, message);

        EVM2EVMMessage memory sent = lastSent();
        assertEq(sent.feeToken, address(weth));
        assertEq(sent.feeTokenAmount, weth.balanceOf(address(onRamp)));
    }

    function testFuzz_the_id_is_the_leaf(bytes calldata data, uint32 gasLimit, bool outOfOrder) public {
        Client.EVM2AnyMessage memory message = aTransfer(address(burnMintToken), 5);
        message.data = data;
        message.extraArgs = extraArgs(bound(gasLimit, 0, 3_000_000), outOfOrder);
        vm.recordLogs();
        bytes32 messageId = send(message);

        EVM2EVMMessage memory sent = lastSent();
        bytes32 metadata = MessageHasher.metadataHash(SOURCE_CHAIN, DEST_CHAIN, address(onRamp));
        assertEq(messageId, MessageHasher.leaf(sent, metadata));
        assertEq(messageId, sent.messageId);
    }

    function test_empty_extra_args_mean_the_lanes_default_and_order() public {
        EVM2EVMMessage memory sent = sendAndRead(aMessage());

        assertEq(sent.gasLimit, DEFAULT_GAS_LIMIT);
        assertEq(sent.nonce, 1);
    }

    function test_pool_events_come_before_the_message() public {
        vm.recordLogs();
        forward(aTransfer(address(usdc), 1));
        Vm.Log[] memory logs = vm.getRecordedLogs();

        assertEq(logs[0].emitter, address(lockReleasePool));
        assertEq(logs[logs.length - 1].emitter, address(onRamp));
    }

    /* NUMBERS AND NONCES */

    function test_numbers_are_consecutive_from_one() public {
        assertEq(onRamp.getExpectedNextSequenceNumber(), 1);
        for (uint64 i = 1; i <= 5; ++i) {
            Client.EVM2AnyMessage memory message = aMessage();
            message.extraArgs = extraArgs(0, i % 2 == 0);
            assertEq(sendAndRead(message).sequenceNumber, i);
        }
        assertEq(onRamp.getExpectedNextSequenceNumber(), 6);
    }

    function test_a_failed_send_takes_no_number() public {
        Client.EVM2AnyMessage memory tooMuch = aTransfer(address(burnMintToken), 2_000_000e18);
        vm.prank(sender);
        (bool success,) = address(router).call(abi.encodeCall(router.ccipSend, (DEST_CHAIN, tooMuch)));
        assertFalse(success);

        assertEq(sendAndRead(aMessage()).sequenceNumber, 1);
        assertEq(onRamp.getSenderNonce(sender), 1);
    }

    function test_only_ordered_messages_take_a_nonce() public {
        Client.EVM2AnyMessage memory ordered = aMessage();
        Client.EVM2AnyMessage memory unordered = aMessage();
        unordered.extraArgs = extraArgs(1, true);

        assertEq(sendAndRead(ordered).nonce, 1);
        assertEq(sendAndRead(unordered).nonce, 0);
        assertEq(sendAndRead(ordered).nonce, 2);
        assertEq(onRamp.getSenderNonce(sender), 2);
    }

    function test_senders_have_nonces_of_their_own() public {
        forward(aMessage());
        vm.prank(address(router));
        onRamp.forwardFromRouter(DEST_CHAIN, aMessage(), stranger);

        assertEq(onRamp.getSenderNonce(sender), 1);
        assertEq(onRamp.getSenderNonce(stranger), 1);
    }

    function test_a_replacement_goes_on_with_the_nonces_and_restarts_the_numbers() public {
        forward(aMessage());
        forward(aMessage());
        OnRamp previous = onRamp;
        onRamp = deployOnRamp(address(previous));
        setOnRamp(DEST_CHAIN, address(onRamp));

        assertEq(onRamp.getSenderNonce(sender), 2);
        EVM2EVMMessage memory sent = sendAndRead(aMessage());
        assertEq(sent.nonce, 3);
        assertEq(sent.sequenceNumber, 1);
        assertEq(previous.getSenderNonce(sender), 2);
        assertEq(onRamp.getSenderNonce(sender), 3);
        assertEq(onRamp.getSenderNonce(stranger), 0);
    }
}
