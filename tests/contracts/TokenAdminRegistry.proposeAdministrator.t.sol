// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {RegistryModuleOwner} from "../../contracts/RegistryModuleOwner.sol";
import {IRegistryModuleOwner} from "../../contracts/interfaces/IRegistryModuleOwner.sol";
import {ITokenAdminRegistry} from "../../contracts/interfaces/ITokenAdminRegistry.sol";
import {EVMAddress} from "../../contracts/libraries/EVMAddress.sol";
import {BurnMintERC20} from "../../contracts/tokens/BurnMintERC20.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @notice How a token gets its administrator: proposed by a module or the owner, then accepted.
contract TokenAdminRegistryProposeAdministratorTest is SourceChain {
    address internal issuer = makeAddr("issuer");
    BurnMintERC20 internal token;
    RegistryModuleOwner internal module;

    function setUp() public {
        deploySourceChain();
        token = new BurnMintERC20("Issued", "ISS", 18);
        token.beginDefaultAdminTransfer(issuer);
        skip(1);
        vm.prank(issuer);
        token.acceptDefaultAdminTransfer();
        module = new RegistryModuleOwner(address(registry));
        registry.addRegistryModule(address(module));
    }

    /* FAILURES */

    function testFuzz_reverts_for_anybody_but_modules_and_the_owner(address caller) public {
        vm.assume(caller != address(this) && caller != address(module));

        vm.expectRevert(
            abi.encodeWithSelector(ITokenAdminRegistry.OnlyRegistryModuleOrOwner.selector, caller)
        );
        vm.prank(caller);
        registry.proposeAdministrator(address(token), caller);
    }

    function test_reverts_for_a_removed_module() public {
        vm.expectEmit(address(registry));
        emit ITokenAdminRegistry.RegistryModuleRemoved(address(module));
        registry.removeRegistryModule(address(module));
        assertFalse(registry.isRegistryModule(address(module)));

        vm.expectRevert(
            abi.encodeWithSelector(ITokenAdminRegistry.OnlyRegistryModuleOrOwner.selector, address(module))
        );
        vm.prank(issuer);
        module.registerAdminViaOwner(address(token));
    }

    function testFuzz_reverts_for_anybody_but_a_default_admin_of_the_token(address caller) public {
        vm.assume(caller != issuer);

        vm.expectRevert(
            abi.encodeWithSelector(
                IRegistryModuleOwner.RequiredRoleNotFound.selector, caller, bytes32(0), address(token)
            )
        );
        vm.prank(caller);
        module.registerAccessControlDefaultAdmin(address(token));
    }

    function test_a_default_admin_registers_itself() public {
        vm.startPrank(issuer);
        vm.expectEmit(address(module));
        emit IRegistryModuleOwner.AdministratorRegistered(address(token), issuer);
        module.registerAccessControlDefaultAdmin(address(token));
        registry.acceptAdminRole(address(token));

        assertTrue(registry.isAdministrator(address(token), issuer));
    }

    function test_reverts_when_anything_is_zero() public {
        vm.expectRevert(ITokenAdminRegistry.ZeroAddress.selector);
        registry.proposeAdministrator(address(0), issuer);
        vm.expectRevert(ITokenAdminRegistry.ZeroAddress.selector);
        registry.proposeAdministrator(address(token), address(0));
        vm.expectRevert(ITokenAdminRegistry.ZeroAddress.selector);
        registry.addRegistryModule(address(0));
        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        new RegistryModuleOwner(address(0));
    }

    function test_reverts_when_the_token_has_an_administrator() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenAdminRegistry.AlreadyRegistered.selector, address(usdc)));
        registry.proposeAdministrator(address(usdc), issuer);
    }

    function test_only_the_pending_administrator_accepts() public {
        registry.proposeAdministrator(address(token), issuer);

        vm.expectRevert(
            abi.encodeWithSelector(
                ITokenAdminRegistry.OnlyPendingAdministrator.selector, stranger, address(token)
            )
        );
        vm.prank(stranger);
        registry.acceptAdminRole(address(token));
    }

    function test_a_module_registers_nobody_but_the_tokens_admin() public {
        vm.startPrank(stranger);
        bytes memory refusal =
            abi.encodeWithSelector(IRegistryModuleOwner.CanOnlySelfRegister.selector, issuer, address(token));
        vm.expectRevert(refusal);
        module.registerAdminViaOwner(address(token));
        vm.expectRevert(refusal);
        module.registerAdminViaGetCCIPAdmin(address(token));
    }

    function test_only_the_owner_names_modules() public {
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        registry.addRegistryModule(stranger);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        registry.removeRegistryModule(address(module));
    }

    /* EFFECTS */

    function test_an_issuer_registers_without_asking_anybody() public {
        vm.startPrank(issuer);
        vm.expectEmit(address(module));
        emit IRegistryModuleOwner.AdministratorRegistered(address(token), issuer);
        vm.expectEmit(address(registry));
        emit ITokenAdminRegistry.AdministratorTransferRequested(address(token), address(0), issuer);
        module.registerAdminViaOwner(address(token));

        vm.expectEmit(address(registry));
        emit ITokenAdminRegistry.AdministratorTransferred(address(token), issuer);
        registry.acceptAdminRole(address(token));
        assertTrue(registry.isAdministrator(address(token), issuer));
    }

    function test_an_issuer_registers_by_the_ccip_admin() public {
        vm.startPrank(issuer);
        module.registerAdminViaGetCCIPAdmin(address(token));
        registry.acceptAdminRole(address(token));

        assertTrue(registry.isAdministrator(address(token), issuer));
    }

    function test_a_wrong_proposal_can_be_replaced_until_it_is_accepted() public {
        registry.proposeAdministrator(address(token), stranger);
        registry.proposeAdministrator(address(token), issuer);

        assertEq(registry.getTokenConfig(address(token)).pendingAdministrator, issuer);
    }

    function test_the_role_moves_in_two_steps() public {
        vm.expectRevert(
            abi.encodeWithSelector(ITokenAdminRegistry.OnlyAdministrator.selector, stranger, address(usdc))
        );
        vm.prank(stranger);
        registry.transferAdminRole(address(usdc), stranger);

        vm.expectEmit(address(registry));
        emit ITokenAdminRegistry.AdministratorTransferRequested(address(usdc), address(this), issuer);
        registry.transferAdminRole(address(usdc), issuer);
        assertTrue(registry.isAdministrator(address(usdc), address(this)));

        vm.prank(issuer);
        registry.acceptAdminRole(address(usdc));
        assertTrue(registry.isAdministrator(address(usdc), issuer));
        assertFalse(registry.isAdministrator(address(usdc), address(this)));
        assertEq(registry.getPool(address(usdc)), address(lockReleasePool));
    }

    function test_an_offer_can_be_taken_back() public {
        registry.transferAdminRole(address(usdc), issuer);
        registry.transferAdminRole(address(usdc), address(0));

        vm.expectRevert(
            abi.encodeWithSelector(
                ITokenAdminRegistry.OnlyPendingAdministrator.selector, issuer, address(usdc)
            )
        );
        vm.prank(issuer);
        registry.acceptAdminRole(address(usdc));
    }
}
