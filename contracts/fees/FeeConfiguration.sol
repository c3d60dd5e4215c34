// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IFeeQuoter} from "../interfaces/IFeeQuoter.sol";
import {EVMAddress} from "../libraries/EVMAddress.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

/// @title FeeConfiguration
/// @notice Every parameter of the fees, and nothing that moves by itself: prices are the FeeQuoter's.
abstract contract FeeConfiguration is IFeeQuoter, Ownable2Step {
    using EnumerableSet for EnumerableSet.AddressSet;

    uint32 internal constant DEFAULT_POOL_BYTES = 32;

    mapping(uint64 destChainSelector => DestChainConfig) internal _chains;
    mapping(uint64 destChainSelector => mapping(address token => FeeTokenConfig)) internal _feeTokenConfigs;
    mapping(uint64 destChainSelector => mapping(address token => TokenTransferFeeConfig)) internal
        _transferFees;
    mapping(address token => uint256) private _lanesPaidIn;
    EnumerableSet.AddressSet private _feeTokens;

    constructor() Ownable(msg.sender) {}

    /* CHAINS */

    /// @inheritdoc IFeeQuoter
    function applyDestChainConfigUpdates(DestChainConfigArgs[] calldata destChainConfigArgs)
        external
        onlyOwner
    {
        for (uint256 i = 0; i < destChainConfigArgs.length; ++i) {
            uint64 selector = destChainConfigArgs[i].destChainSelector;
            DestChainConfig calldata config = destChainConfigArgs[i].config;
            // CHECK
            bool isValid = selector != 0 && config.gasPriceStalenessThreshold != 0
                && config.defaultTxGasLimit != 0 && config.defaultTxGasLimit <= config.maxPerMsgGasLimit;
            require(isValid, InvalidDestChainConfig(selector));

            // EFFECT
            _chains[selector] = config;
            emit DestChainConfigUpdated(selector, config);
        }
    }

    /* FEE TOKENS */

    /// @inheritdoc IFeeQuoter
    function applyFeeTokenConfigUpdates(
        uint64 destChainSelector,
        FeeTokenConfigArgs[] calldata feeTokenConfigArgs
    ) external onlyOwner {
        for (uint256 i = 0; i < feeTokenConfigArgs.length; ++i) {
            FeeTokenConfigArgs calldata args = feeTokenConfigArgs[i];
            // CHECK
            EVMAddress.requireNonZero(args.token);

            // EFFECT
            FeeTokenConfig storage config = _feeTokenConfigs[destChainSelector][args.token];
            _countFeeToken(args.token, config.enabled, args.enabled);
            config.networkFeeUSDCents = args.networkFeeUSDCents;
            config.gasMultiplierWeiPerEth = args.gasMultiplierWeiPerEth;
            config.premiumMultiplierWeiPerEth = args.premiumMultiplierWeiPerEth;
            config.enabled = args.enabled;
            emit FeeTokenConfigUpdated(destChainSelector, args.token, config);
        }
    }

    /// @dev Keeps the list of fee tokens equal to the tokens that are enabled on some lane.
    function _countFeeToken(address token, bool before, bool afterwards) private {
        if (afterwards && !before) {
            ++_lanesPaidIn[token];
            if (_feeTokens.add(token)) emit FeeTokenAdded(token);
        } else if (before && !afterwards) {
            --_lanesPaidIn[token];
            if (_lanesPaidIn[token] == 0 && _feeTokens.remove(token)) emit FeeTokenRemoved(token);
        }
    }

    /* TOKENS THAT ARE CARRIED */

    /// @inheritdoc IFeeQuoter
    function getTokenDestOverheads(uint64 destChainSelector, address token)
        external
        view
        returns (uint32 destGasAmount, uint32 destBytesOverhead)
    {
        TokenTransferFeeConfig storage config = _transferFees[destChainSelector][token];
        if (config.isEnabled) return (config.destGasOverhead, config.destBytesOverhead);
        return (_chains[destChainSelector].defaultTokenDestGasOverhead, DEFAULT_POOL_BYTES);
    }

    /// @inheritdoc IFeeQuoter
    function applyTokenTransferFeeConfigUpdates(
        TokenTransferFeeConfigArgs[] calldata tokenTransferFeeConfigArgs,
        TokenTransferFeeConfigRemoveArgs[] calldata tokensToUseDefaultFeeConfigs
    ) external onlyOwner {
        for (uint256 i = 0; i < tokenTransferFeeConfigArgs.length; ++i) {
            uint64 selector = tokenTransferFeeConfigArgs[i].destChainSelector;
            for (uint256 j = 0; j < tokenTransferFeeConfigArgs[i].tokenTransferFeeConfigs.length; ++j) {
                _setTransferFee(selector, tokenTransferFeeConfigArgs[i].tokenTransferFeeConfigs[j]);
            }
        }
        for (uint256 i = 0; i < tokensToUseDefaultFeeConfigs.length; ++i) {
            TokenTransferFeeConfigRemoveArgs calldata removal = tokensToUseDefaultFeeConfigs[i];
            delete _transferFees[removal.destChainSelector][removal.token];
            emit TokenTransferFeeConfigDeleted(removal.destChainSelector, removal.token);
        }
    }

    function _setTransferFee(uint64 destChainSelector, TokenTransferFeeConfigSingleTokenArgs calldata args)
        private
    {
        // CHECK
        TokenTransferFeeConfig calldata config = args.tokenTransferFeeConfig;
        require(
            config.minFeeUSDCents <= config.maxFeeUSDCents,
            InvalidFeeRange(config.minFeeUSDCents, config.maxFeeUSDCents)
        );
        require(
            config.destBytesOverhead >= DEFAULT_POOL_BYTES,
            InvalidDestBytesOverhead(args.token, config.destBytesOverhead)
        );

        // EFFECT
        _transferFees[destChainSelector][args.token] = config;

        emit TokenTransferFeeConfigUpdated(destChainSelector, args.token, config);
    }

    /// @inheritdoc IFeeQuoter
    function getDestChainConfig(uint64 destChainSelector) external view returns (DestChainConfig memory) {
        return _chains[destChainSelector];
    }

    /// @inheritdoc IFeeQuoter
    function getFeeTokenConfig(uint64 destChainSelector, address token)
        external
        view
        returns (FeeTokenConfig memory)
    {
        return _feeTokenConfigs[destChainSelector][token];
    }

    /// @inheritdoc IFeeQuoter
    function getTokenTransferFeeConfig(uint64 destChainSelector, address token)
        external
        view
        returns (TokenTransferFeeConfig memory)
    {
        return _transferFees[destChainSelector][token];
    }

    /// @inheritdoc IFeeQuoter
    function getFeeTokens() external view returns (address[] memory) {
        return _feeTokens.values();
    }
}
