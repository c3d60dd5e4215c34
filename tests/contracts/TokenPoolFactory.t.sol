// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {RegistryModuleOwner} from "../../contracts/RegistryModuleOwner.sol";
import {TokenPoolFactory} from "../../contracts/TokenPoolFactory.sol";
import {ITokenPool} from "../../contracts/interfaces/ITokenPool.sol";
import {ITokenPoolFactory} from "../../contracts/interfaces/ITokenPoolFactory.sol";
import {EVMAddress} from "../../contracts/libraries/EVMAddress.sol";
import {BurnMintTokenPool} from "../../contracts/pools/BurnMintTokenPool.sol";
import {LockReleaseTokenPool} from "../../contracts/pools/LockReleaseTokenPool.sol";
import {BurnMintERC20} from "../../contracts/tokens/BurnMintERC20.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";
import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";

contract TokenPoolFactoryTest is SourceChain {
    bytes32 internal constant SALT = "salt";

    address internal issuer = makeAddr("issuer");
    RegistryModuleOwner internal module;
    TokenPoolFactory internal factory;

    function setUp() public {
        deploySourceChain();
        module = new RegistryModuleOwner(address(registry));
        registry.addRegistryModule(address(module));
        factory = new TokenPoolFactory(address(registry), address(module), address(rmnProxy), address(router));
    }

    function burnMint() internal view returns (ITokenPoolFactory.PoolPlan memory plan) {
        plan.poolType = ITokenPoolFactory.PoolType.BURN_MINT;
        plan.creationCode = type(BurnMintTokenPool).creationCode;
        plan.localTokenDecimals = 18;
        plan.remoteChains = new ITokenPool.ChainUpdate[](1);
        plan.remoteChains[0] = chainUpdate(DEST_CHAIN);
    }

    function tokenCode() internal view returns (bytes memory) {
        return bytes.concat(type(BurnMintERC20).creationCode, abi.encode("Issued", "ISS", uint8(18)));
    }

    function deployAll() internal returns (BurnMintERC20 token, BurnMintTokenPool pool) {
        vm.prank(issuer);
        (address token_, address pool_) = factory.deployTokenAndPool(tokenCode(), burnMint(), SALT);
        return (BurnMintERC20(token_), BurnMintTokenPool(pool_));
    }

    function acceptAll(BurnMintERC20 token, BurnMintTokenPool pool) internal {
        skip(1);
        vm.startPrank(issuer);
        token.acceptDefaultAdminTransfer();
        pool.acceptOwnership();
        registry.acceptAdminRole(address(token));
        vm.stopPrank();
    }

    /* FAILURES */

    function test_reverts_when_an_address_is_zero() public {
        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        new TokenPoolFactory(address(0), address(module), address(rmnProxy), address(router));
        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        new TokenPoolFactory(address(registry), address(0), address(rmnProxy), address(router));
        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        new TokenPoolFactory(address(registry), address(module), address(0), address(router));
        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        new TokenPoolFactory(address(registry), address(module), address(rmnProxy), address(0));
    }

    function test_reverts_when_the_same_is_asked_for_twice() public {
        deployAll();

        vm.expectRevert(Errors.FailedDeployment.selector);
        vm.prank(issuer);
        factory.deployTokenAndPool(tokenCode(), burnMint(), SALT);
    }

    function test_reverts_without_code() public {
        ITokenPoolFactory.PoolPlan memory plan = burnMint();

        vm.expectRevert(Create2.Create2EmptyBytecode.selector);
        factory.deployTokenAndPool("", plan, SALT);
    }

    function test_reverts_when_the_decimals_are_not_the_tokens() public {
        ITokenPoolFactory.PoolPlan memory plan = burnMint();
        plan.localTokenDecimals = 6;

        vm.expectRevert(abi.encodeWithSelector(ITokenPool.InvalidDecimalArgs.selector, 6, 18));
        factory.deployTokenAndPool(tokenCode(), plan, SALT);
    }

    function test_makes_nobody_administrator_of_a_token_that_is_there() public {
        vm.prank(stranger);
        factory.deployPool(address(link), burnMint(), SALT);

        assertEq(registry.getPool(address(link)), address(0));
        assertEq(registry.getTokenConfig(address(link)).pendingAdministrator, address(0));
    }

    /* EFFECTS */

    function test_a_fresh_token_travels_after_one_transaction() public {
        (BurnMintERC20 token, BurnMintTokenPool pool) = deployAll();

        assertEq(registry.getPool(address(token)), address(pool));
        assertTrue(pool.isSupportedChain(DEST_CHAIN));
        assertTrue(token.hasRole(token.MINTER_ROLE(), address(pool)));
        acceptAll(token, pool);
        vm.startPrank(issuer);
        token.grantMintAndBurnRoles(issuer);
        token.mint(sender, 5e18);
        vm.stopPrank();
        vm.prank(sender);
        token.approve(address(router), 5e18);
        send(aTransfer(address(token), 5e18));
        assertEq(token.totalSupply(), 0);
    }

    // INV-FACTORY-1
    function test_the_caller_owns_everything_and_the_factory_nothing() public {
        (BurnMintERC20 token, BurnMintTokenPool pool) = deployAll();

        acceptAll(token, pool);

        assertEq(token.owner(), issuer);
        assertEq(pool.owner(), issuer);
        assertTrue(registry.isAdministrator(address(token), issuer));
        assertFalse(token.hasRole(token.DEFAULT_ADMIN_ROLE(), address(factory)));
        assertFalse(token.hasRole(token.MINTER_ROLE(), address(factory)));
    }

    function test_addresses_are_known_before() public {
        bytes memory code = tokenCode();
        address expected = factory.predict(code, issuer, SALT);
        bytes memory poolCode = bytes.concat(
            type(BurnMintTokenPool).creationCode,
            abi.encode(expected, uint8(18), new address[](0), address(rmnProxy), address(router))
        );
        address expectedPool = factory.predict(poolCode, issuer, SALT);

        vm.expectEmit(address(factory));
        emit ITokenPoolFactory.TokenDeployed(expected, issuer);
        vm.expectEmit(address(factory));
        emit ITokenPoolFactory.PoolDeployed(expectedPool, expected, issuer);
        (BurnMintERC20 token, BurnMintTokenPool pool) = deployAll();

        assertEq(address(token), expected);
        assertEq(address(pool), expectedPool);
    }

    function test_two_callers_get_two_tokens_for_one_salt() public {
        (BurnMintERC20 token,) = deployAll();

        vm.prank(stranger);
        (address other,) = factory.deployTokenAndPool(tokenCode(), burnMint(), SALT);

        assertTrue(other != address(token));
    }

    function test_makes_a_lock_release_pool_for_a_token_that_is_there() public {
        ITokenPoolFactory.PoolPlan memory plan = burnMint();
        plan.poolType = ITokenPoolFactory.PoolType.LOCK_RELEASE;
        plan.creationCode = type(LockReleaseTokenPool).creationCode;

        vm.prank(issuer);
        LockReleaseTokenPool pool = LockReleaseTokenPool(factory.deployPool(address(link), plan, SALT));
        vm.prank(issuer);
        pool.acceptOwnership();

        assertEq(pool.getToken(), address(link));
        assertTrue(pool.canAcceptLiquidity());
        assertEq(pool.getRouter(), address(router));
        assertEq(pool.getRmnProxy(), address(rmnProxy));
        assertTrue(pool.isRemotePool(DEST_CHAIN, abi.encode(remotePool)));
        assertEq(factory.typeAndVersion(), "TokenPoolFactory 1.5.1");
    }
}
