// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {BurnMintERC20} from "../../contracts/tokens/BurnMintERC20.sol";
import {WrappedNative} from "../../contracts/tokens/WrappedNative.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Test} from "forge-std/Test.sol";

contract TokensTest is Test {
    address internal holder = makeAddr("holder");
    BurnMintERC20 internal token;
    WrappedNative internal weth;

    function setUp() public {
        token = new BurnMintERC20("Token", "TKN", 9);
        weth = new WrappedNative();
        vm.deal(holder, 10 ether);
    }

    /* BURN AND MINT */

    function test_only_minters_mint_and_only_burners_burn() public {
        bytes4 refusal = IAccessControl.AccessControlUnauthorizedAccount.selector;
        vm.startPrank(holder);
        vm.expectRevert(abi.encodeWithSelector(refusal, holder, token.MINTER_ROLE()));
        token.mint(holder, 1);
        vm.expectRevert(abi.encodeWithSelector(refusal, holder, token.BURNER_ROLE()));
        token.burn(1);
        vm.expectRevert(abi.encodeWithSelector(refusal, holder, token.DEFAULT_ADMIN_ROLE()));
        token.grantMintAndBurnRoles(holder);
    }

    function test_a_pool_with_both_roles_moves_supply() public {
        token.grantMintAndBurnRoles(holder);

        vm.startPrank(holder);
        token.mint(holder, 5);
        token.burn(2);

        assertEq(token.totalSupply(), 3);
        assertEq(token.balanceOf(holder), 3);
    }

    function test_says_who_administers_it() public view {
        assertEq(token.owner(), address(this));
        assertEq(token.getCCIPAdmin(), address(this));
        assertEq(token.decimals(), 9);
    }

    /* WRAPPED NATIVE */

    function testFuzz_wraps_and_unwraps_one_to_one(uint256 amount) public {
        amount = bound(amount, 0, 10 ether);
        vm.startPrank(holder);

        weth.deposit{value: amount}();
        assertEq(weth.balanceOf(holder), amount);
        assertEq(address(weth).balance, amount);

        weth.withdraw(amount);
        assertEq(weth.totalSupply(), 0);
        assertEq(holder.balance, 10 ether);
    }

    function test_sending_native_wraps_it() public {
        vm.prank(holder);
        (bool success,) = address(weth).call{value: 1 ether}("");

        assertTrue(success);
        assertEq(weth.balanceOf(holder), 1 ether);
    }

    function test_reverts_when_unwrapping_more_than_one_has() public {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, holder, 0, 1));
        vm.prank(holder);
        weth.withdraw(1);
    }
}
