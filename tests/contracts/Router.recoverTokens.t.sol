// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Router} from "../../contracts/Router.sol";
import {IRouter} from "../../contracts/interfaces/IRouter.sol";
import {EVMAddress} from "../../contracts/libraries/EVMAddress.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {NativeRefuser} from "./mocks/Receivers.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

contract RouterRecoverTokensTest is SourceChain {
    function setUp() public {
        deploySourceChain();
        link.mint(address(router), 7);
        vm.deal(address(router), 9);
    }

    function test_reverts_for_anybody_but_the_owner() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        vm.prank(stranger);
        router.recoverTokens(address(link), stranger, 7);
    }

    function test_reverts_when_the_recipient_is_zero() public {
        vm.expectRevert(abi.encodeWithSelector(IRouter.InvalidRecipientAddress.selector, address(0)));
        router.recoverTokens(address(link), address(0), 7);
    }

    function test_reverts_when_the_recipient_refuses_native() public {
        NativeRefuser refuser = new NativeRefuser();

        vm.expectRevert(IRouter.FailedToSendValue.selector);
        router.recoverTokens(address(0), address(refuser), 9);
    }

    function test_hands_out_tokens_and_native() public {
        router.recoverTokens(address(link), stranger, 7);
        router.recoverTokens(address(0), stranger, 9);

        assertEq(link.balanceOf(stranger), 7);
        assertEq(stranger.balance, 9);
    }

    function test_wrapped_native_can_be_replaced_by_the_owner_only() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        vm.prank(stranger);
        router.setWrappedNative(stranger);

        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        router.setWrappedNative(address(0));

        router.setWrappedNative(address(link));
        assertEq(router.getWrappedNative(), address(link));
    }

    function test_is_deployed_with_a_wrapped_native_and_a_risk_network() public {
        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        new Router(address(0), address(rmnProxy));
        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        new Router(address(weth), address(0));

        assertEq(router.getArmProxy(), address(rmnProxy));
        assertEq(router.typeAndVersion(), "Router 1.2.0");
        assertEq(router.owner(), address(this));
    }
}
