// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Test} from "forge-std/Test.sol";

import {Vault} from "../../contracts/demo/Vault.sol";
import {VaultDepositor} from "../../contracts/demo/VaultDepositor.sol";
import {BurnMintERC20} from "../../contracts/tokens/BurnMintERC20.sol";
import {Client} from "../../contracts/types/Client.sol";

/// @dev This contract is the router.
contract VaultDepositorCcipReceiveTest is Test {
    BurnMintERC20 internal token = new BurnMintERC20("Token", "TKN", 18);
    Vault internal vault = new Vault(token);
    VaultDepositor internal depositor = new VaultDepositor(address(this), vault);
    address internal beneficiary = makeAddr("beneficiary");

    function setUp() public {
        token.grantMintAndBurnRoles(address(this));
    }

    /// @dev Brings `amount` to the depositor, as the protocol does before it calls.
    function arrival(uint256 amount, uint256 minShares)
        internal
        returns (Client.Any2EVMMessage memory message)
    {
        token.mint(address(depositor), amount);
        message.messageId = keccak256("message");
        message.data = abi.encode(beneficiary, minShares);
        message.destTokenAmounts = new Client.EVMTokenAmount[](1);
        message.destTokenAmounts[0] = Client.EVMTokenAmount({token: address(token), amount: amount});
    }

    /* FAILURES */

    function test_reverts_without_exactly_one_token() public {
        Client.Any2EVMMessage memory message = arrival(1 ether, 0);
        message.destTokenAmounts = new Client.EVMTokenAmount[](2);

        vm.expectRevert(VaultDepositor.WrongTokens.selector);
        depositor.ccipReceive(message);
    }

    function test_reverts_on_another_token() public {
        Client.Any2EVMMessage memory message = arrival(1 ether, 0);
        message.destTokenAmounts[0].token = address(vault);

        vm.expectRevert(VaultDepositor.WrongTokens.selector);
        depositor.ccipReceive(message);
    }

    function test_reverts_on_slippage() public {
        Client.Any2EVMMessage memory message = arrival(1 ether, 1 ether + 1);

        vm.expectRevert(abi.encodeWithSelector(VaultDepositor.TooFewShares.selector, 1 ether + 1, 1 ether));
        depositor.ccipReceive(message);
    }

    /* EFFECTS */

    function testFuzz_the_beneficiary_gets_the_shares_and_nothing_stays(uint128 amount) public {
        Client.Any2EVMMessage memory message = arrival(amount, amount);

        vm.expectEmit(address(depositor));
        emit VaultDepositor.Deposited(message.messageId, beneficiary, amount, amount);
        depositor.ccipReceive(message);

        assertEq(vault.balanceOf(beneficiary), amount);
        assertEq(token.balanceOf(address(vault)), amount);
        assertEq(token.balanceOf(address(depositor)), 0);
        assertEq(token.allowance(address(depositor), address(vault)), 0);
    }
}
