// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ICommitStore} from "../../../contracts/interfaces/ICommitStore.sol";
import {IFeeQuoter} from "../../../contracts/interfaces/IFeeQuoter.sol";
import {ILockReleaseTokenPool} from "../../../contracts/interfaces/ILockReleaseTokenPool.sol";
import {IOCRVerifier} from "../../../contracts/interfaces/IOCRVerifier.sol";
import {IOffRamp} from "../../../contracts/interfaces/IOffRamp.sol";
import {IOnRamp} from "../../../contracts/interfaces/IOnRamp.sol";
import {IPoolV1} from "../../../contracts/interfaces/IPoolV1.sol";
import {IRMN} from "../../../contracts/interfaces/IRMN.sol";
import {IRMNProxy} from "../../../contracts/interfaces/IRMNProxy.sol";
import {IRouter} from "../../../contracts/interfaces/IRouter.sol";
import {ITokenAdminRegistry} from "../../../contracts/interfaces/ITokenAdminRegistry.sol";
import {ITokenPool} from "../../../contracts/interfaces/ITokenPool.sol";
import {BurnMintERC20} from "../../../contracts/tokens/BurnMintERC20.sol";
import {Operations} from "./Operations.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

/// @notice S18: every function that is somebody's, and everybody whose it is not. `test_privileges.py` compares the
/// functions with the contracts' ABIs, so that none is forgotten.
abstract contract Privileges is Operations {
    /// @dev `holder` may call it, and so may the owner of most. `start` comes before the zeros of the arguments.
    struct Function {
        address target;
        bytes4 selector;
        address holder;
        bytes start;
    }

    mapping(uint64 chain => Function[]) private _functions;
    uint64 private _chain; // whose functions are being listed

    function setUp() public virtual override {
        super.setUp();
        _list(HERE);
        _list(THERE);
    }

    function functionsOf(uint64 chain) public view returns (Function[] memory) {
        return _functions[chain];
    }

    /// @dev The functions of one chain, and of the ends of the lanes that are there.
    function _list(uint64 chain) private {
        _chain = chain;
        Side storage side = chains[chain];
        (Lane storage leaving, Lane storage arriving) =
            chain == HERE ? (lanes[0], lanes[1]) : (lanes[1], lanes[0]);
        _ofRouterAndOnRamp(address(side.router), address(leaving.onRamp), address(arriving.offRamp));
        _ofFeeQuoter(address(side.feeQuoter), address(arriving.commitStore));
        _ofCommitStore(address(arriving.commitStore));
        _ofOffRamp(address(arriving.offRamp));
        _ofRisk(address(side.rmn), address(side.proxy));
        _ofRegistry(address(side.registry), address(side.minted));
        _ofPool(address(side.mintPool), address(leaving.onRamp), address(arriving.offRamp));
        _ofPool(address(side.lockPool), address(leaving.onRamp), address(arriving.offRamp));
        _ofLockPool(address(side.lockPool));
        _ofToken(address(side.minted), address(side.mintPool));
    }

    function _ofRouterAndOnRamp(address router, address onRamp, address offRamp) private {
        _owned(router);
        _add(router, IRouter.applyRampUpdates.selector);
        _add(router, IRouter.recoverTokens.selector);
        _add(router, IRouter.setWrappedNative.selector);
        _add(router, IRouter.routeMessage.selector, offRamp, _messageFrom(_remote()));
        _owned(onRamp);
        _add(onRamp, IOnRamp.applyAllowListUpdates.selector);
        _add(onRamp, IOnRamp.setDynamicConfig.selector);
        _add(onRamp, IOnRamp.forwardFromRouter.selector, router, "");
    }

    function _ofFeeQuoter(address quoter, address store) private {
        _owned(quoter);
        _add(quoter, IFeeQuoter.applyAuthorizedCallerUpdates.selector);
        _add(quoter, IFeeQuoter.applyDestChainConfigUpdates.selector);
        _add(quoter, IFeeQuoter.applyFeeTokenConfigUpdates.selector);
        _add(quoter, IFeeQuoter.applyTokenTransferFeeConfigUpdates.selector);
        _add(quoter, IFeeQuoter.updateTokenPriceFeeds.selector);
        _add(quoter, IFeeQuoter.updatePrices.selector, store, "");
    }

    function _ofCommitStore(address store) private {
        _owned(store);
        _add(store, IOCRVerifier.setOCR2Config.selector);
        _add(store, IOCRVerifier.setCandidateConfig.selector);
        _add(store, IOCRVerifier.activateCandidate.selector);
        _add(store, IOCRVerifier.withdrawCandidate.selector);
        _add(store, IOCRVerifier.transmit.selector, vm.addr(committerKeys[0]), "");
        _add(store, ICommitStore.pause.selector);
        _add(store, ICommitStore.unpause.selector);
        _add(store, ICommitStore.resetUnblessedRoots.selector);
    }

    function _ofOffRamp(address offRamp) private {
        _owned(offRamp);
        _add(offRamp, IOffRamp.setDynamicConfig.selector);
        _add(offRamp, IOffRamp.setExecutors.selector);
        _add(offRamp, IOffRamp.execute.selector, executor, "");
        _add(offRamp, IOffRamp.executeSingleMessage.selector, offRamp, "");
    }

    function _ofRisk(address rmn, address proxy) private {
        _owned(rmn);
        _add(rmn, IRMN.setMonitors.selector);
        _add(rmn, IRMN.setGuardian.selector);
        _add(rmn, IRMN.uncurse.selector);
        _add(rmn, IRMN.curse.selector, guardian, "");
        _owned(proxy);
        _add(proxy, IRMNProxy.setARM.selector);
    }

    function _ofRegistry(address registry, address token) private {
        _owned(registry);
        _add(registry, ITokenAdminRegistry.addRegistryModule.selector);
        _add(registry, ITokenAdminRegistry.removeRegistryModule.selector);
        _add(registry, ITokenAdminRegistry.proposeAdministrator.selector);
        _add(registry, ITokenAdminRegistry.acceptAdminRole.selector);
        _add(registry, ITokenAdminRegistry.setPool.selector, address(this), abi.encode(token));
        _add(registry, ITokenAdminRegistry.transferAdminRole.selector, address(this), abi.encode(token));
    }

    function _ofPool(address pool, address onRamp, address offRamp) private {
        _owned(pool);
        _add(pool, ITokenPool.addRemotePool.selector);
        _add(pool, ITokenPool.removeRemotePool.selector);
        _add(pool, ITokenPool.applyAllowListUpdates.selector);
        _add(pool, ITokenPool.applyChainUpdates.selector);
        _add(pool, ITokenPool.setChainRateLimiterConfig.selector);
        _add(pool, ITokenPool.setChainRateLimiterConfigs.selector);
        _add(pool, ITokenPool.setRateLimitAdmin.selector);
        _add(pool, ITokenPool.setRouter.selector);
        bytes memory order = abi.encode(0, _remote(), 0, 0, ITokenPool(pool).getToken());
        _add(pool, IPoolV1.lockOrBurn.selector, onRamp, order);
        _add(pool, IPoolV1.releaseOrMint.selector, offRamp, order);
    }

    function _ofLockPool(address pool) private {
        _add(pool, ILockReleaseTokenPool.provideLiquidity.selector);
        _add(pool, ILockReleaseTokenPool.withdrawLiquidity.selector);
        _add(pool, ILockReleaseTokenPool.transferLiquidity.selector);
        _add(pool, ILockReleaseTokenPool.setRebalancer.selector);
    }

    function _ofToken(address token, address pool) private {
        _add(token, BurnMintERC20.grantMintAndBurnRoles.selector);
        _add(token, BurnMintERC20.mint.selector, pool, "");
        _add(token, BurnMintERC20.burn.selector, pool, "");
        bytes memory role = abi.encode(keccak256("MINTER_ROLE"));
        _add(token, IAccessControl.grantRole.selector, address(this), role);
        _add(token, IAccessControl.revokeRole.selector, address(this), role);
    }

    function _owned(address target) private {
        _add(target, Ownable.transferOwnership.selector);
        _add(target, Ownable.renounceOwnership.selector);
        _add(target, Ownable2Step.acceptOwnership.selector);
    }

    function _add(address target, bytes4 selector) private {
        _add(target, selector, address(this), "");
    }

    function _add(address target, bytes4 selector, address holder, bytes memory start) private {
        _functions[_chain].push(Function(target, selector, holder, start));
    }

    /// @dev The arguments of `routeMessage`: where the message is, three zeros, its id, where it comes from.
    function _messageFrom(uint64 chain) private pure returns (bytes memory) {
        return abi.encode(0x80, 0, 0, 0, 0, chain);
    }

    function _remote() private view returns (uint64) {
        return _chain == HERE ? THERE : HERE;
    }

    /// @notice Those who have some role, and a stranger, who has none.
    function callersOn(uint64 chain) public view returns (address[] memory all) {
        Side storage side = chains[chain];
        Lane storage leaving = chain == HERE ? lanes[0] : lanes[1];
        Lane storage arriving = chain == HERE ? lanes[1] : lanes[0];
        all = new address[](15);
        (all[0], all[1], all[2]) = (stranger, executor, guardian);
        (all[3], all[4], all[5]) = (aggregator, senders[0], vm.addr(committerKeys[0]));
        (all[6], all[7], all[8]) = (vm.addr(blessKeys[0]), vm.addr(curseKeys[0]), address(side.router));
        (all[9], all[10]) = (address(leaving.onRamp), address(arriving.offRamp));
        (all[11], all[12]) = (address(arriving.commitStore), address(side.rmn));
        (all[13], all[14]) = (address(side.mintPool), address(side.lockPool));
    }

    /// @notice Calls it with zeros, which are a valid encoding of nearly anything.
    /// @return success Whether it went through.
    /// @return refused Whether the answer was that it is not the caller's.
    function attempt(uint64 chain, Function memory one, address caller)
        public
        returns (bool success, bool refused)
    {
        enter(chain);
        bytes memory err;
        vm.prank(caller);
        (success, err) = one.target.call(abi.encodePacked(one.selector, one.start, new bytes(640)));
        refused = !success && err.length >= 4 && _isRefusal(bytes4(err));
    }

    function _isRefusal(bytes4 err) private pure returns (bool) {
        return err == Ownable.OwnableUnauthorizedAccount.selector
            || err == IAccessControl.AccessControlUnauthorizedAccount.selector
            || err == IOCRVerifier.UnauthorizedTransmitter.selector
            || err == IOffRamp.CanOnlySelfCall.selector || err == IOnRamp.MustBeCalledByRouter.selector
            || err == IFeeQuoter.UnauthorizedCaller.selector || err == IRMN.OnlyGuardianOrOwner.selector
            || err == IRouter.OnlyOffRamp.selector || err == ITokenAdminRegistry.OnlyAdministrator.selector
            || err == ITokenAdminRegistry.OnlyPendingAdministrator.selector
            || err == ITokenAdminRegistry.OnlyRegistryModuleOrOwner.selector
            || err == ITokenPool.Unauthorized.selector || err == ITokenPool.CallerIsNotARampOnRouter.selector;
    }

    /* THE HANDLER */

    /// @dev Somebody calls what is another's.
    function usurp(uint256 seed) public {
        uint64 chain = pick(seed, 0, 2) == 0 ? THERE : HERE;
        Function memory one = _functions[chain][pick(seed, 1, _functions[chain].length)];
        address[] memory callers = callersOn(chain);
        address caller = callers[pick(seed, 2, callers.length)];
        if (caller == one.holder) return;
        (bool success,) = attempt(chain, one, caller);
        _must(!success, "S18", "somebody called what is another's");
        _did("usurped nothing");
    }
}
