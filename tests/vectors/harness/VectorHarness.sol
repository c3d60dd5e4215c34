// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {FeeQuoter} from "../../../contracts/FeeQuoter.sol";
import {IFeeQuoter} from "../../../contracts/interfaces/IFeeQuoter.sol";
import {ExtraArgs} from "../../../contracts/libraries/ExtraArgs.sol";
import {MerkleMultiProof} from "../../../contracts/libraries/MerkleMultiProof.sol";
import {MessageHasher} from "../../../contracts/libraries/MessageHasher.sol";
import {Client} from "../../../contracts/types/Client.sol";
import {EVM2EVMMessage} from "../../../contracts/types/Message.sol";
import {GasPriceUpdate, PriceUpdates, TokenPriceUpdate} from "../../../contracts/types/Report.sol";

/// @title VectorHarness
/// @notice What the contracts make of given values, to be asked from outside. Has no state and no owner.
contract VectorHarness {
    struct MultiProof {
        bytes32[] leaves;
        bytes32[] proofs;
        uint256 flagBits;
    }

    struct TokenCase {
        uint256 amount;
        uint224 usdPerToken;
        IFeeQuoter.TokenTransferFeeConfig fee; // not enabled: the destination's defaults
    }

    struct FeeCase {
        IFeeQuoter.DestChainConfig destination;
        IFeeQuoter.FeeTokenConfig feeToken;
        uint224 usdPerFeeToken;
        uint224 usdPerUnitGas;
        uint256 gasLimit;
        uint256 dataLength;
        TokenCase[] tokens;
    }

    uint64 private constant DESTINATION = 1;
    address private constant FEE_TOKEN = address(0xfee);

    function metadataHash(uint64 source, uint64 destination, address onRamp) external pure returns (bytes32) {
        return MessageHasher.metadataHash(source, destination, onRamp);
    }

    function leaf(EVM2EVMMessage calldata message, bytes32 metadata) external pure returns (bytes32) {
        return MessageHasher.leaf(message, metadata);
    }

    function merkleRoots(MultiProof[] calldata proofs) external pure returns (bytes32[] memory roots) {
        roots = new bytes32[](proofs.length);
        for (uint256 i = 0; i < proofs.length; ++i) {
            roots[i] = MerkleMultiProof.merkleRoot(proofs[i].leaves, proofs[i].proofs, proofs[i].flagBits);
        }
    }

    function decodeExtraArgs(bytes calldata extraArgs, uint256 defaultGasLimit)
        external
        pure
        returns (uint256 gasLimit, bool allowOutOfOrder)
    {
        return ExtraArgs.decode(extraArgs, defaultGasLimit);
    }

    /// @notice What a FeeQuoter that knows nothing but this case asks for its message.
    function fee(FeeCase calldata given) external returns (uint256) {
        FeeQuoter quoter = new FeeQuoter(
            IFeeQuoter.StaticConfig({
                maxFeeJuelsPerMsg: type(uint96).max, linkToken: FEE_TOKEN, tokenPriceStalenessThreshold: 1
            })
        );
        _configure(quoter, given);
        _price(quoter, given);
        return quoter.getValidatedFee(DESTINATION, _message(given));
    }

    function _configure(FeeQuoter quoter, FeeCase calldata given) private {
        IFeeQuoter.DestChainConfigArgs[] memory chains = new IFeeQuoter.DestChainConfigArgs[](1);
        chains[0] = IFeeQuoter.DestChainConfigArgs(DESTINATION, given.destination);
        quoter.applyDestChainConfigUpdates(chains);

        IFeeQuoter.FeeTokenConfigArgs[] memory feeTokens = new IFeeQuoter.FeeTokenConfigArgs[](1);
        feeTokens[0] = IFeeQuoter.FeeTokenConfigArgs(
            FEE_TOKEN,
            given.feeToken.networkFeeUSDCents,
            given.feeToken.gasMultiplierWeiPerEth,
            given.feeToken.premiumMultiplierWeiPerEth,
            true
        );
        quoter.applyFeeTokenConfigUpdates(DESTINATION, feeTokens);

        for (uint256 i = 0; i < given.tokens.length; ++i) {
            if (given.tokens[i].fee.isEnabled) _configureToken(quoter, _token(i), given.tokens[i].fee);
        }
    }

    function _configureToken(
        FeeQuoter quoter,
        address token,
        IFeeQuoter.TokenTransferFeeConfig calldata config
    ) private {
        IFeeQuoter.TokenTransferFeeConfigArgs[] memory args = new IFeeQuoter.TokenTransferFeeConfigArgs[](1);
        args[0].destChainSelector = DESTINATION;
        args[0].tokenTransferFeeConfigs = new IFeeQuoter.TokenTransferFeeConfigSingleTokenArgs[](1);
        args[0].tokenTransferFeeConfigs[0] = IFeeQuoter.TokenTransferFeeConfigSingleTokenArgs(token, config);
        quoter.applyTokenTransferFeeConfigUpdates(args, new IFeeQuoter.TokenTransferFeeConfigRemoveArgs[](0));
    }

    function _price(FeeQuoter quoter, FeeCase calldata given) private {
        TokenPriceUpdate[] memory tokens = new TokenPriceUpdate[](given.tokens.length + 1);
        for (uint256 i = 0; i < given.tokens.length; ++i) {
            tokens[i] = TokenPriceUpdate(_token(i), given.tokens[i].usdPerToken);
        }
        tokens[given.tokens.length] = TokenPriceUpdate(FEE_TOKEN, given.usdPerFeeToken);
        GasPriceUpdate[] memory gas = new GasPriceUpdate[](1);
        gas[0] = GasPriceUpdate(DESTINATION, given.usdPerUnitGas);
        quoter.updatePrices(PriceUpdates(tokens, gas));
    }

    function _message(FeeCase calldata given) private pure returns (Client.EVM2AnyMessage memory message) {
        message.receiver = abi.encode(address(0x0a11ce));
        message.data = new bytes(given.dataLength);
        message.tokenAmounts = new Client.EVMTokenAmount[](given.tokens.length);
        for (uint256 i = 0; i < given.tokens.length; ++i) {
            message.tokenAmounts[i] = Client.EVMTokenAmount(_token(i), given.tokens[i].amount);
        }
        message.feeToken = FEE_TOKEN;
        message.extraArgs = Client._argsToBytes(Client.EVMExtraArgsV2(given.gasLimit, true));
    }

    function _token(uint256 index) private pure returns (address) {
        return address(uint160(0x10000 + index));
    }
}
