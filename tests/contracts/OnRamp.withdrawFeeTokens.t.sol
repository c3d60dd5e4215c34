// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IOnRamp} from "../../contracts/interfaces/IOnRamp.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";

contract OnRampWithdrawFeeTokensTest is SourceChain {
    function setUp() public {
        deploySourceChain();
    }

    function tokens() internal view returns (address[] memory list) {
        list = new address[](2);
        (list[0], list[1]) = (address(link), address(weth));
    }

    function test_anyone_moves_all_fees_to_the_aggregator() public {
        send(aMessage());
        uint256 collected = link.balanceOf(address(onRamp));
        assertGt(collected, 0);

        vm.expectEmit(address(onRamp));
        emit IOnRamp.FeeTokenWithdrawn(feeAggregator, address(link), collected);
        vm.prank(stranger);
        onRamp.withdrawFeeTokens(tokens());

        assertEq(link.balanceOf(feeAggregator), collected);
        assertEq(link.balanceOf(address(onRamp)), 0);
        assertEq(weth.balanceOf(feeAggregator), 0);
    }

    function test_nothing_to_move_is_no_failure() public {
        onRamp.withdrawFeeTokens(tokens());

        assertEq(link.balanceOf(feeAggregator), 0);
    }
}
