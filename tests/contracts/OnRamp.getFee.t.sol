// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IOnRamp} from "../../contracts/interfaces/IOnRamp.sol";
import {CurseCheck} from "../../contracts/libraries/CurseCheck.sol";
import {Client} from "../../contracts/types/Client.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {RevertingRMN} from "./mocks/BrokenRiskNetworks.sol";
import {HostilePool} from "./mocks/HostilePool.sol";

contract OnRampGetFeeTest is SourceChain {
    function setUp() public {
        deploySourceChain();
    }

    function test_reverts_for_another_destination() public {
        vm.expectRevert(abi.encodeWithSelector(IOnRamp.InvalidChainSelector.selector, OTHER_CHAIN));
        onRamp.getFee(OTHER_CHAIN, aMessage());
    }

    function test_reverts_when_the_destination_is_cursed() public {
        curse(DEST_CHAIN);

        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        onRamp.getFee(DEST_CHAIN, aMessage());
    }

    function test_another_chains_curse_does_not_matter() public {
        curse(OTHER_CHAIN);

        assertGt(onRamp.getFee(DEST_CHAIN, aMessage()), 0);
    }

    function test_reverts_when_the_risk_network_reverts() public {
        rmnProxy.setARM(address(new RevertingRMN()));

        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        onRamp.getFee(DEST_CHAIN, aMessage());
    }

    function test_reverts_when_an_amount_is_zero() public {
        Client.EVM2AnyMessage memory message = aTransfer(address(usdc), 1);
        message.tokenAmounts = new Client.EVMTokenAmount[](2);
        message.tokenAmounts[0] = Client.EVMTokenAmount(address(usdc), 1);
        message.tokenAmounts[1] = Client.EVMTokenAmount(address(burnMintToken), 0);

        vm.expectRevert(IOnRamp.CannotSendZeroTokens.selector);
        onRamp.getFee(DEST_CHAIN, message);
    }

    function test_reverts_when_a_token_has_no_pool() public {
        vm.expectRevert(abi.encodeWithSelector(IOnRamp.UnsupportedToken.selector, stranger));
        onRamp.getFee(DEST_CHAIN, aTransfer(stranger, 1));
    }

    function test_reverts_when_the_pool_does_not_serve_the_destination() public {
        HostilePool pool = new HostilePool();
        registry.setPool(address(usdc), address(pool));
        assertGt(onRamp.getFee(DEST_CHAIN, aTransfer(address(usdc), 1)), 0);
        pool.refuseChains();

        vm.expectRevert(abi.encodeWithSelector(IOnRamp.UnsupportedToken.selector, address(usdc)));
        onRamp.getFee(DEST_CHAIN, aTransfer(address(usdc), 1));
    }

    function test_asks_the_fee_quoter() public view {
        assertEq(onRamp.getFee(DEST_CHAIN, aMessage()), feeQuoter.getValidatedFee(DEST_CHAIN, aMessage()));
    }
}
