// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ICommitStore} from "../../../contracts/interfaces/ICommitStore.sol";
import {IFeeQuoter} from "../../../contracts/interfaces/IFeeQuoter.sol";
import {IRouterClient} from "../../../contracts/interfaces/IRouterClient.sol";
import {BurnMintERC20} from "../../../contracts/tokens/BurnMintERC20.sol";
import {Client} from "../../../contracts/types/Client.sol";
import {EVM2EVMMessage} from "../../../contracts/types/Message.sol";
import {CommitReport} from "../../../contracts/types/Report.sol";
import {TwoChains} from "../fixtures/TwoChains.sol";

/// @notice Group C: fees and prices.
/// forge-config: default.fuzz.runs = 48
/// forge-config: deep.fuzz.runs = 10000
contract FeeAttacksTest is TwoChains {
    // INV-FEE-1
    function test_C1_without_a_price_nothing_is_sent_for_nothing() public {
        Side storage here = enter(HERE);
        Client.EVM2AnyMessage memory message = aMessage(out);

        here.feeQuoter.updatePrices(prices(here, THERE, 2_000e18, 0));
        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.ChainNotSupported.selector, THERE));
        here.router.getFee(THERE, message);
        here.feeQuoter.updatePrices(prices(here, THERE, 0, 4e13));
        message.feeToken = address(0);
        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.TokenNotSupported.selector, address(here.weth)));
        here.router.getFee(THERE, message);
    }

    // INV-FEE-1
    function test_C2_a_stale_price_sends_nothing() public {
        Side storage here = enter(HERE);
        Client.EVM2AnyMessage memory message = aMessage(out);
        vm.warp(block.timestamp + PRICE_LIFE);
        here.router.getFee(THERE, message);

        vm.warp(block.timestamp + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IFeeQuoter.StaleGasPrice.selector, THERE, PRICE_LIFE, PRICE_LIFE + 1)
        );
        here.router.getFee(THERE, message);
        CommitReport memory report;
        report.priceUpdates = prices(here, THERE, 2_000e18, 4e13);
        report.priceUpdates.gasPriceUpdates[0].usdPerUnitGas = 4e13;
        transmit(back, report);
        here.router.getFee(THERE, message);
    }

    // INV-COMMIT-7, INV-FEE-3
    /// @dev Signed in the order 1, 2; sent in the order 2, 1.
    function test_C3_an_old_price_never_replaces_a_newer_one() public {
        Side storage here = enter(HERE);
        CommitReport memory old;
        old.priceUpdates = prices(here, THERE, 1e18, 1);
        bytes32[3] memory oldContext = contextOf(back);
        bytes memory stale = abi.encode(old);
        CommitReport memory fresh;
        fresh.priceUpdates = prices(here, THERE, 3_000e18, 5e13);
        transmit(back, fresh);

        Signatures memory signed = sign(stale, oldContext, quorumKeys());
        vm.expectRevert(ICommitStore.StaleReport.selector);
        transmitSigned(back, stale, oldContext, signed);

        EVM2EVMMessage memory message = send(back, aMessage(back));
        CommitReport memory late = rootReport(message.messageId, 1, 1);
        late.priceUpdates = old.priceUpdates;
        stale = abi.encode(late);
        transmitSigned(back, stale, oldContext, sign(stale, oldContext, quorumKeys()));
        assertEq(back.commitStore.getExpectedNextSequenceNumber(), 2);
        assertEq(here.feeQuoter.getTokenPrice(address(here.weth)).value, 3_000e18);
    }

    // INV-SEND-3
    function testFuzz_C5_the_fee_that_is_quoted_is_the_fee_that_is_charged(
        uint16 size,
        uint96 amount,
        uint32 gasLimit,
        bool inLink
    ) public {
        Side storage here = enter(HERE);
        Client.EVM2AnyMessage memory message = aTransfer(out, address(here.minted), 1 + amount % 1e22);
        message.data = new bytes(size % MAX_DATA);
        message.extraArgs = extraArgs(gasLimit % 3_000_000, true);
        if (!inLink) message.feeToken = address(0);
        uint256 quoted = here.router.getFee(THERE, message);
        uint256 native = sender.balance;
        uint256 link = here.link.balanceOf(sender);

        EVM2EVMMessage memory sent = send(out, message);

        assertEq(sent.feeTokenAmount, quoted);
        assertEq(native - sender.balance, inLink ? 0 : quoted);
        assertEq(link - here.link.balanceOf(sender), inLink ? quoted : 0);
        BurnMintERC20 paid = inLink ? here.link : BurnMintERC20(address(here.weth));
        assertEq(paid.balanceOf(address(out.onRamp)), quoted);
    }

    // INV-SEND-5
    function testFuzz_C6_native_above_the_fee_comes_back(uint96 excess) public {
        Side storage here = enter(HERE);
        Client.EVM2AnyMessage memory message = aMessage(out);
        message.feeToken = address(0);
        uint256 fee = here.router.getFee(THERE, message);
        uint256 before = sender.balance;
        vm.assume(fee + excess <= before);

        vm.prank(sender);
        here.router.ccipSend{value: fee + excess}(THERE, message);

        assertEq(before - sender.balance, fee);
        assertEq(address(here.router).balance, 0);
    }

    function test_C7_a_wei_too_little_or_value_beside_a_token_fee_moves_nothing() public {
        Side storage here = enter(HERE);
        Client.EVM2AnyMessage memory message = aTransfer(out, address(here.minted), 1e18);
        message.feeToken = address(0);
        uint256 fee = here.router.getFee(THERE, message);

        vm.expectRevert(IRouterClient.InsufficientFeeTokenAmount.selector);
        vm.prank(sender);
        here.router.ccipSend{value: fee - 1}(THERE, message);
        message.feeToken = address(here.link);
        vm.expectRevert(IRouterClient.InvalidMsgValue.selector);
        vm.prank(sender);
        here.router.ccipSend{value: 1}(THERE, message);

        assertEq(here.minted.balanceOf(sender), 1_000_000e18);
        assertEq(out.onRamp.sequenceNumber(), 0);
    }

    // INV-FEE-2
    /// @dev The largest prices there are: refused for being absurd or for not fitting, and never a small fee.
    function testFuzz_C8_no_price_wraps_around_to_a_small_fee(uint224 gasPrice, uint224 ethPrice) public {
        Side storage here = enter(HERE);
        gasPrice = uint224(bound(gasPrice, 1e30, type(uint112).max));
        ethPrice = uint224(bound(ethPrice, 1, 1e36));
        Client.EVM2AnyMessage memory message = aMessage(out);
        uint256 before = here.router.getFee(THERE, message);
        here.feeQuoter.updatePrices(prices(here, THERE, 2_000e18, (uint224(1) << 111) + 1));
        vm.expectPartialRevert(IFeeQuoter.MessageFeeTooHigh.selector);
        here.router.getFee(THERE, message);
        here.feeQuoter.updatePrices(prices(here, THERE, ethPrice, gasPrice));

        try here.router.getFee(THERE, message) returns (uint256 fee) {
            assertGt(fee, before);
        } catch (bytes memory refusal) {
            assertEq(bytes4(refusal), IFeeQuoter.MessageFeeTooHigh.selector);
        }
        message.feeToken = address(0);
        try here.router.getFee(THERE, message) returns (uint256 fee) {
            assertGe(fee, uint256(gasPrice) * 300_000 / ethPrice);
        } catch (bytes memory refusal) {
            assertGe(refusal.length, 4);
        }
    }
}
