// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IPoolV1} from "../interfaces/IPoolV1.sol";
import {IRouter} from "../interfaces/IRouter.sol";
import {ITokenPool} from "../interfaces/ITokenPool.sol";
import {AllowList} from "../libraries/AllowList.sol";
import {CurseCheck} from "../libraries/CurseCheck.sol";
import {EVMAddress} from "../libraries/EVMAddress.sol";
import {RateLimiter} from "../libraries/RateLimiter.sol";
import {TokenDecimals} from "../libraries/TokenDecimals.sol";
import {Pool} from "../types/Pool.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

/// @title TokenPool
/// @notice All that pools have in common: which chains, how much, and who may call. A pool adds how value
/// leaves (`_lockOrBurn`) and arrives (`_releaseOrMint`).
abstract contract TokenPool is ITokenPool, Ownable2Step {
    using AllowList for EnumerableSet.AddressSet;
    using EnumerableSet for EnumerableSet.AddressSet;
    using EnumerableSet for EnumerableSet.BytesSet;
    using EnumerableSet for EnumerableSet.UintSet;
    using RateLimiter for RateLimiter.TokenBucket;

    struct RemoteChain {
        RateLimiter.TokenBucket outbound;
        RateLimiter.TokenBucket inbound;
        bytes token;
        EnumerableSet.BytesSet pools;
    }

    address internal immutable _token;
    uint8 internal immutable _decimals;
    address private immutable _rmnProxy;
    bool private immutable _allowListEnabled;

    address private _router;
    address private _rateLimitAdmin;
    EnumerableSet.AddressSet private _allowList;
    EnumerableSet.UintSet private _chainSelectors;
    mapping(uint64 remoteChainSelector => RemoteChain) private _chains;

    modifier onlyExistingChain(uint64 remoteChainSelector) {
        require(isSupportedChain(remoteChainSelector), NonExistentChain(remoteChainSelector));
        _;
    }

    constructor(
        address token,
        uint8 localTokenDecimals,
        address[] memory allowlist,
        address rmnProxy,
        address router
    ) Ownable(msg.sender) {
        EVMAddress.requireNonZero(token);
        EVMAddress.requireNonZero(rmnProxy);
        EVMAddress.requireNonZero(router);
        TokenDecimals.requireMatch(token, localTokenDecimals);
        _token = token;
        _decimals = localTokenDecimals;
        _rmnProxy = rmnProxy;
        _router = router;
        _allowListEnabled = allowlist.length != 0;
        _allowList.update(new address[](0), allowlist);
    }

    /* MOVING VALUE */

    /// @inheritdoc IPoolV1
    function lockOrBurn(Pool.LockOrBurnInV1 calldata lockOrBurnIn)
        external
        returns (Pool.LockOrBurnOutV1 memory out)
    {
        uint64 selector = lockOrBurnIn.remoteChainSelector;
        // CHECK
        _requireOpen(lockOrBurnIn.localToken, selector);
        if (_allowListEnabled) _allowList.requireListed(lockOrBurnIn.originalSender);
        require(IRouter(_router).getOnRamp(selector) == msg.sender, CallerIsNotARampOnRouter(msg.sender));

        // EFFECT
        RemoteChain storage chain = _chains[selector];
        chain.outbound.consume(lockOrBurnIn.amount, _token);

        // INTERACT
        _lockOrBurn(lockOrBurnIn.amount);
        (out.destTokenAddress, out.destPoolData) = (chain.token, abi.encode(_decimals));
    }

    /// @inheritdoc IPoolV1
    function releaseOrMint(Pool.ReleaseOrMintInV1 calldata releaseOrMintIn)
        external
        returns (Pool.ReleaseOrMintOutV1 memory out)
    {
        uint64 selector = releaseOrMintIn.remoteChainSelector;
        bytes calldata sourcePool = releaseOrMintIn.sourcePoolAddress;
        // CHECK
        _requireOpen(releaseOrMintIn.localToken, selector);
        require(IRouter(_router).isOffRamp(selector, msg.sender), CallerIsNotARampOnRouter(msg.sender));
        RemoteChain storage chain = _chains[selector];
        require(chain.pools.contains(sourcePool), InvalidSourcePoolAddress(sourcePool));
        uint8 remoteDecimals = TokenDecimals.parse(releaseOrMintIn.sourcePoolData, _decimals);
        uint256 localAmount = TokenDecimals.convert(releaseOrMintIn.amount, remoteDecimals, _decimals);

        // EFFECT (the limit is in local units, so it comes after the conversion)
        chain.inbound.consume(localAmount, _token);

        // INTERACT
        _releaseOrMint(releaseOrMintIn.receiver, localAmount);
        out.destinationAmount = localAmount;
    }

    /// @dev `amount` is here already. Emits Locked or Burned.
    function _lockOrBurn(uint256 amount) internal virtual;

    /// @dev Everything was checked. Emits Released or Minted.
    function _releaseOrMint(address receiver, uint256 amount) internal virtual;

    function _requireOpen(address token, uint64 remoteChainSelector) private view {
        require(isSupportedToken(token), InvalidToken(token));
        CurseCheck.requireNotCursed(_rmnProxy, remoteChainSelector);
        require(isSupportedChain(remoteChainSelector), ChainNotAllowed(remoteChainSelector));
    }

    /* REMOTE CHAINS */

    /// @inheritdoc ITokenPool
    function applyChainUpdates(
        uint64[] calldata remoteChainSelectorsToRemove,
        ChainUpdate[] calldata chainsToAdd
    ) external onlyOwner {
        for (uint256 i = 0; i < remoteChainSelectorsToRemove.length; ++i) {
            _removeChain(remoteChainSelectorsToRemove[i]);
        }
        for (uint256 i = 0; i < chainsToAdd.length; ++i) {
            _addChain(chainsToAdd[i]);
        }
    }

    function _removeChain(uint64 remoteChainSelector) private onlyExistingChain(remoteChainSelector) {
        // EFFECT
        // it is there: checked above
        // slither-disable-next-line unused-return
        _chainSelectors.remove(remoteChainSelector);
        RemoteChain storage chain = _chains[remoteChainSelector];
        delete chain.outbound;
        delete chain.inbound;
        delete chain.token;
        chain.pools.clear();

        emit ChainRemoved(remoteChainSelector);
    }

    function _addChain(ChainUpdate calldata update) private {
        uint64 selector = update.remoteChainSelector;
        // CHECK
        require(update.remoteTokenAddress.length != 0, EVMAddress.ZeroAddressNotAllowed());
        require(!isSupportedChain(selector), ChainAlreadyExists(selector));

        // EFFECT
        // it is not there: checked above
        // slither-disable-next-line unused-return
        _chainSelectors.add(selector);
        RemoteChain storage chain = _chains[selector];
        chain.token = update.remoteTokenAddress;
        chain.outbound.configure(update.outboundRateLimiterConfig);
        chain.inbound.configure(update.inboundRateLimiterConfig);
        for (uint256 i = 0; i < update.remotePoolAddresses.length; ++i) {
            _addRemotePool(selector, update.remotePoolAddresses[i]);
        }

        emit ChainAdded(
            selector,
            update.remoteTokenAddress,
            update.outboundRateLimiterConfig,
            update.inboundRateLimiterConfig
        );
    }

    /// @inheritdoc ITokenPool
    function addRemotePool(uint64 remoteChainSelector, bytes calldata remotePoolAddress)
        external
        onlyOwner
        onlyExistingChain(remoteChainSelector)
    {
        _addRemotePool(remoteChainSelector, remotePoolAddress);
    }

    function _addRemotePool(uint64 remoteChainSelector, bytes calldata remotePoolAddress) private {
        // CHECK
        require(remotePoolAddress.length != 0, EVMAddress.ZeroAddressNotAllowed());

        // EFFECT
        bool isNew = _chains[remoteChainSelector].pools.add(remotePoolAddress);
        require(isNew, PoolAlreadyAdded(remoteChainSelector, remotePoolAddress));

        emit RemotePoolAdded(remoteChainSelector, remotePoolAddress);
    }

    /// @inheritdoc ITokenPool
    function removeRemotePool(uint64 remoteChainSelector, bytes calldata remotePoolAddress)
        external
        onlyOwner
        onlyExistingChain(remoteChainSelector)
    {
        // EFFECT
        bool wasThere = _chains[remoteChainSelector].pools.remove(remotePoolAddress);
        require(wasThere, InvalidRemotePoolForChain(remoteChainSelector, remotePoolAddress));

        emit RemotePoolRemoved(remoteChainSelector, remotePoolAddress);
    }

    /// @inheritdoc ITokenPool
    function getSupportedChains() external view returns (uint64[] memory selectors) {
        selectors = new uint64[](_chainSelectors.length());
        for (uint256 i = 0; i < selectors.length; ++i) {
            selectors[i] = uint64(_chainSelectors.at(i));
        }
    }

    /// @inheritdoc ITokenPool
    function getRemotePools(uint64 remoteChainSelector) external view returns (bytes[] memory) {
        return _chains[remoteChainSelector].pools.values();
    }

    /// @inheritdoc ITokenPool
    function getRemoteToken(uint64 remoteChainSelector) external view returns (bytes memory) {
        return _chains[remoteChainSelector].token;
    }

    /// @inheritdoc ITokenPool
    function isRemotePool(uint64 remoteChainSelector, bytes calldata remotePoolAddress)
        external
        view
        returns (bool)
    {
        return _chains[remoteChainSelector].pools.contains(remotePoolAddress);
    }

    /// @inheritdoc IPoolV1
    function isSupportedChain(uint64 remoteChainSelector) public view returns (bool) {
        return _chainSelectors.contains(remoteChainSelector);
    }

    /// @inheritdoc IPoolV1
    function isSupportedToken(address token) public view returns (bool) {
        return token == _token;
    }

    /* RATE LIMITS */

    /// @inheritdoc ITokenPool
    function setChainRateLimiterConfig(
        uint64 remoteChainSelector,
        RateLimiter.Config calldata outboundConfig,
        RateLimiter.Config calldata inboundConfig
    ) external {
        _requireMayLimit();
        _setChainRateLimiterConfig(remoteChainSelector, outboundConfig, inboundConfig);
    }

    /// @inheritdoc ITokenPool
    function setChainRateLimiterConfigs(
        uint64[] calldata remoteChainSelectors,
        RateLimiter.Config[] calldata outboundConfigs,
        RateLimiter.Config[] calldata inboundConfigs
    ) external {
        _requireMayLimit();
        uint256 count = remoteChainSelectors.length;
        require(outboundConfigs.length == count && inboundConfigs.length == count, MismatchedArrayLengths());
        for (uint256 i = 0; i < count; ++i) {
            _setChainRateLimiterConfig(remoteChainSelectors[i], outboundConfigs[i], inboundConfigs[i]);
        }
    }

    function _setChainRateLimiterConfig(
        uint64 remoteChainSelector,
        RateLimiter.Config calldata outboundConfig,
        RateLimiter.Config calldata inboundConfig
    ) private onlyExistingChain(remoteChainSelector) {
        // EFFECT
        _chains[remoteChainSelector].outbound.configure(outboundConfig);
        _chains[remoteChainSelector].inbound.configure(inboundConfig);

        emit ChainConfigured(remoteChainSelector, outboundConfig, inboundConfig);
    }

    function _requireMayLimit() private view {
        require(msg.sender == _rateLimitAdmin || msg.sender == owner(), Unauthorized(msg.sender));
    }

    /// @inheritdoc ITokenPool
    function setRateLimitAdmin(address rateLimitAdmin) external onlyOwner {
        // EFFECT
        // zero: nobody but the owner
        // slither-disable-next-line missing-zero-check
        _rateLimitAdmin = rateLimitAdmin;

        emit RateLimitAdminSet(rateLimitAdmin);
    }

    /// @inheritdoc ITokenPool
    function getRateLimitAdmin() external view returns (address) {
        return _rateLimitAdmin;
    }

    /// @inheritdoc ITokenPool
    function getCurrentOutboundRateLimiterState(uint64 remoteChainSelector)
        external
        view
        returns (RateLimiter.TokenBucket memory)
    {
        return _chains[remoteChainSelector].outbound.current();
    }

    /// @inheritdoc ITokenPool
    function getCurrentInboundRateLimiterState(uint64 remoteChainSelector)
        external
        view
        returns (RateLimiter.TokenBucket memory)
    {
        return _chains[remoteChainSelector].inbound.current();
    }

    /* CONFIGURATION */

    /// @inheritdoc ITokenPool
    function setRouter(address newRouter) external onlyOwner {
        // CHECK
        EVMAddress.requireNonZero(newRouter);

        // EFFECT
        address oldRouter = _router;
        // checked above
        // slither-disable-next-line missing-zero-check
        _router = newRouter;

        emit RouterUpdated(oldRouter, newRouter);
    }

    /// @inheritdoc ITokenPool
    function applyAllowListUpdates(address[] calldata removes, address[] calldata adds) external onlyOwner {
        // CHECK
        require(_allowListEnabled, AllowListNotEnabled());

        // EFFECT
        _allowList.update(removes, adds);
    }

    /// @inheritdoc ITokenPool
    function getAllowList() external view returns (address[] memory) {
        return _allowList.values();
    }

    /// @inheritdoc ITokenPool
    function getAllowListEnabled() external view returns (bool) {
        return _allowListEnabled;
    }

    /// @inheritdoc ITokenPool
    function getRouter() external view returns (address router) {
        return _router;
    }

    /// @inheritdoc ITokenPool
    function getRmnProxy() external view returns (address rmnProxy) {
        return _rmnProxy;
    }

    /// @inheritdoc ITokenPool
    function getToken() external view returns (address token) {
        return _token;
    }

    /// @inheritdoc ITokenPool
    function getTokenDecimals() external view returns (uint8 decimals) {
        return _decimals;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public pure virtual returns (bool) {
        return interfaceId == Pool.CCIP_POOL_V1 || interfaceId == type(IPoolV1).interfaceId
            || interfaceId == type(IERC165).interfaceId;
    }
}
