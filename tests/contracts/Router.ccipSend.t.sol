// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OnRamp} from "../../contracts/OnRamp.sol";
import {RMNProxy} from "../../contracts/RMNProxy.sol";
import {Router} from "../../contracts/Router.sol";
import {IOnRamp} from "../../contracts/interfaces/IOnRamp.sol";
import {IRouter} from "../../contracts/interfaces/IRouter.sol";
import {IRouterClient} from "../../contracts/interfaces/IRouterClient.sol";
import {CurseCheck} from "../../contracts/libraries/CurseCheck.sol";
import {Client} from "../../contracts/types/Client.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {AnsweringRMN} from "./mocks/BrokenRiskNetworks.sol";
import {HostilePool} from "./mocks/HostilePool.sol";
import {
    FalseReturningToken,
    FeeOnTransferToken,
    GenerousToken,
    LyingToken,
    ReentrantToken
} from "./mocks/HostileTokens.sol";
import {NativeRefuser} from "./mocks/Receivers.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

contract RouterCcipSendTest is SourceChain {
    function setUp() public {
        deploySourceChain();
    }

    function nativeMessage() internal view returns (Client.EVM2AnyMessage memory message) {
        message = aMessage();
        message.feeToken = address(0);
    }

    function sendWithValue(Client.EVM2AnyMessage memory message, uint256 value) internal returns (bytes32) {
        vm.prank(sender);
        return router.ccipSend{value: value}(DEST_CHAIN, message);
    }

    function listedWithHostilePool(address token) internal returns (HostilePool pool) {
        pool = new HostilePool();
        listToken(token, address(pool));
    }

    /* FAILURES */

    function test_reverts_when_everything_is_cursed() public {
        curseEverything();

        vm.expectRevert(IRouter.BadARMSignal.selector);
        send(aMessage());
    }

    function test_reverts_when_the_destination_is_cursed() public {
        curse(DEST_CHAIN);

        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        send(aMessage());
    }

    function test_reverts_when_the_risk_network_does_not_answer_cleanly() public {
        rmnProxy.setARM(address(new AnsweringRMN("")));

        vm.expectRevert(IRouter.BadARMSignal.selector);
        send(aMessage());
    }

    function test_reverts_when_no_lane_leads_there() public {
        vm.expectRevert(
            abi.encodeWithSelector(IRouterClient.UnsupportedDestinationChain.selector, OTHER_CHAIN)
        );
        vm.prank(sender);
        router.ccipSend(OTHER_CHAIN, aMessage());
    }

    function test_reverts_when_the_lane_was_closed() public {
        setOnRamp(DEST_CHAIN, address(0));

        vm.expectRevert(
            abi.encodeWithSelector(IRouterClient.UnsupportedDestinationChain.selector, DEST_CHAIN)
        );
        send(aMessage());
    }

    function test_reverts_when_value_comes_along_with_a_token_fee() public {
        vm.expectRevert(IRouterClient.InvalidMsgValue.selector);
        sendWithValue(aMessage(), 1);
    }

    function test_reverts_when_the_native_fee_is_one_wei_short() public {
        uint256 fee = router.getFee(DEST_CHAIN, nativeMessage());

        vm.expectRevert(IRouterClient.InsufficientFeeTokenAmount.selector);
        sendWithValue(nativeMessage(), fee - 1);
    }

    function test_reverts_when_the_fee_is_not_approved() public {
        vm.prank(sender);
        link.approve(address(router), 1);
        uint256 fee = router.getFee(DEST_CHAIN, aMessage());

        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(router), 1, fee)
        );
        send(aMessage());
    }

    function test_reverts_when_the_excess_cannot_be_given_back() public {
        NativeRefuser refuser = new NativeRefuser();
        bytes memory call = abi.encodeCall(IRouterClient.ccipSend, (DEST_CHAIN, nativeMessage()));
        uint256 fee = router.getFee(DEST_CHAIN, nativeMessage());
        vm.deal(address(this), fee + 1);

        vm.expectRevert(IRouter.FailedToSendValue.selector);
        refuser.run{value: fee + 1}(address(router), call);
    }

    function test_reverts_when_the_amount_is_zero() public {
        vm.expectRevert(IOnRamp.CannotSendZeroTokens.selector);
        send(aTransfer(address(burnMintToken), 0));
    }

    function test_reverts_when_the_token_is_not_listed() public {
        vm.expectRevert(abi.encodeWithSelector(IOnRamp.UnsupportedToken.selector, address(link)));
        send(aTransfer(address(link), 1));
    }

    function test_reverts_when_the_token_keeps_a_part_of_the_transfer() public {
        FeeOnTransferToken token = new FeeOnTransferToken(sender);
        listedWithHostilePool(address(token));
        vm.prank(sender);
        token.approve(address(router), type(uint256).max);

        vm.expectRevert(
            abi.encodeWithSelector(IRouter.TokenTransferMismatch.selector, address(token), 1000, 990)
        );
        send(aTransfer(address(token), 1000));
    }

    function test_reverts_when_the_token_moves_more_than_asked() public {
        GenerousToken token = new GenerousToken(sender);
        listedWithHostilePool(address(token));
        vm.prank(sender);
        token.approve(address(router), type(uint256).max);

        vm.expectRevert(
            abi.encodeWithSelector(IRouter.TokenTransferMismatch.selector, address(token), 1000, 1001)
        );
        send(aTransfer(address(token), 1000));
    }

    function test_reverts_when_the_token_returns_false() public {
        FalseReturningToken token = new FalseReturningToken();
        listedWithHostilePool(address(token));

        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token)));
        send(aTransfer(address(token), 1));
    }

    function test_reverts_when_the_token_lies_about_the_transfer() public {
        LyingToken token = new LyingToken();
        listedWithHostilePool(address(token));

        vm.expectRevert(abi.encodeWithSelector(IRouter.TokenTransferMismatch.selector, address(token), 1, 0));
        send(aTransfer(address(token), 1));
    }

    function test_reverts_when_the_token_has_no_code() public {
        address token = makeAddr("no token");
        listedWithHostilePool(token);

        vm.expectRevert();
        send(aTransfer(token, 1));
    }

    function test_reverts_when_a_token_sends_in_the_middle_of_a_send() public {
        ReentrantToken token = new ReentrantToken(sender, router, DEST_CHAIN);
        listedWithHostilePool(address(token));

        vm.expectRevert(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        send(aTransfer(address(token), 1));
    }

    function test_reverts_when_a_pool_sends_in_the_middle_of_a_send() public {
        HostilePool pool = new HostilePool();
        pool.reenter(router);
        registry.setPool(address(burnMintToken), address(pool));

        vm.expectRevert(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        send(aTransfer(address(burnMintToken), 1));
    }

    /* THE FEE */

    function test_takes_the_quoted_fee_in_the_token() public {
        uint256 fee = router.getFee(DEST_CHAIN, aMessage());
        uint256 before = link.balanceOf(sender);

        send(aMessage());

        assertEq(before - link.balanceOf(sender), fee);
        assertEq(link.balanceOf(address(onRamp)), fee);
    }

    function testFuzz_keeps_the_quoted_native_fee_and_gives_the_rest_back(uint256 excess) public {
        excess = bound(excess, 0, 1_000 ether);
        uint256 fee = router.getFee(DEST_CHAIN, nativeMessage());
        uint256 before = sender.balance;

        sendWithValue(nativeMessage(), fee + excess);

        assertEq(before - sender.balance, fee);
        assertEq(weth.balanceOf(address(onRamp)), fee);
        assertEq(address(router).balance, 0);
        assertEq(weth.balanceOf(address(router)), 0);
    }

    function test_native_costs_the_same_as_wrapped_native() public view {
        Client.EVM2AnyMessage memory wrapped = aMessage();
        wrapped.feeToken = address(weth);

        assertEq(router.getFee(DEST_CHAIN, nativeMessage()), router.getFee(DEST_CHAIN, wrapped));
    }

    function test_wrapped_native_is_taken_from_the_sender_like_any_token() public {
        Client.EVM2AnyMessage memory wrapped = aMessage();
        wrapped.feeToken = address(weth);
        uint256 fee = router.getFee(DEST_CHAIN, wrapped);
        uint256 before = weth.balanceOf(sender);

        send(wrapped);

        assertEq(before - weth.balanceOf(sender), fee);
    }

    /// @dev What a message says decides alike when quoting and when sending, and with the same words.
    function testFuzz_quote_and_send_agree(
        uint16 size,
        uint256 receiverWord,
        bytes calldata args,
        uint8 tokens,
        uint96 amount
    ) public {
        Client.EVM2AnyMessage memory message = aMessage();
        message.data = new bytes(size);
        message.receiver = abi.encode(receiverWord % 2 == 0 ? receiverWord >> 96 : receiverWord);
        message.extraArgs = args.length % 2 == 0 ? extraArgs(amount, size % 2 == 0) : args;
        message.tokenAmounts = new Client.EVMTokenAmount[](tokens % 5);
        for (uint256 i = 0; i < message.tokenAmounts.length; ++i) {
            message.tokenAmounts[i] = Client.EVMTokenAmount(address(burnMintToken), amount % 3);
        }
        uint256 before = link.balanceOf(sender);

        (bool quoted, bytes memory quote) =
            address(router).call(abi.encodeCall(IRouterClient.getFee, (DEST_CHAIN, message)));
        vm.prank(sender);
        (bool sent, bytes memory answer) =
            address(router).call(abi.encodeCall(IRouterClient.ccipSend, (DEST_CHAIN, message)));

        assertEq(quoted, sent);
        if (quoted) assertEq(before - link.balanceOf(sender), abi.decode(quote, (uint256)));
        else assertEq(quote, answer);
    }

    /* THE TOKENS */

    function test_burns_a_burn_mint_token() public {
        uint256 supply = burnMintToken.totalSupply();

        send(aTransfer(address(burnMintToken), 5e18));

        assertEq(burnMintToken.totalSupply(), supply - 5e18);
        assertEq(burnMintToken.balanceOf(sender), 1_000_000e18 - 5e18);
        assertEq(burnMintToken.balanceOf(address(router)), 0);
    }

    function test_locks_a_lock_release_token_in_its_pool() public {
        send(aTransfer(address(usdc), 5e6));

        assertEq(usdc.balanceOf(address(lockReleasePool)), 5e6);
        assertEq(usdc.balanceOf(sender), 1_000_000e6 - 5e6);
    }

    function test_the_same_token_may_appear_twice() public {
        Client.EVM2AnyMessage memory message = aTransfer(address(usdc), 5e6);
        message.tokenAmounts = new Client.EVMTokenAmount[](2);
        message.tokenAmounts[0] = Client.EVMTokenAmount(address(usdc), 1e6);
        message.tokenAmounts[1] = Client.EVMTokenAmount(address(usdc), 2e6);

        send(message);

        assertEq(usdc.balanceOf(address(lockReleasePool)), 3e6);
    }

    function test_a_lane_to_elsewhere_is_not_used() public {
        setOnRamp(OTHER_CHAIN, address(onRamp));

        vm.expectRevert(abi.encodeWithSelector(IOnRamp.InvalidChainSelector.selector, OTHER_CHAIN));
        vm.prank(sender);
        router.ccipSend(OTHER_CHAIN, aMessage());
    }

    function test_returns_the_id_and_counts() public {
        vm.recordLogs();
        bytes32 first = send(aMessage());
        bytes32 second = send(aMessage());

        assertTrue(first != second);
        assertEq(onRamp.getExpectedNextSequenceNumber(), 3);
    }
}
