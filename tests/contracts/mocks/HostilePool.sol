// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IRouterClient} from "../../../contracts/interfaces/IRouterClient.sol";
import {Client} from "../../../contracts/types/Client.sol";
import {Pool} from "../../../contracts/types/Pool.sol";

/// @notice A pool that checks nothing and answers what it is told to.
contract HostilePool {
    bytes public destTokenAddress = abi.encode(address(0xDEAD));
    bytes public destPoolData;
    bool public refusesChains;
    IRouterClient public reentered;

    function answer(bytes calldata destTokenAddress_, bytes calldata destPoolData_) external {
        destTokenAddress = destTokenAddress_;
        destPoolData = destPoolData_;
    }

    function refuseChains() external {
        refusesChains = true;
    }

    function reenter(IRouterClient router) external {
        reentered = router;
    }

    function lockOrBurn(Pool.LockOrBurnInV1 calldata order) external returns (Pool.LockOrBurnOutV1 memory) {
        if (address(reentered) != address(0)) {
            Client.EVM2AnyMessage memory message;
            reentered.ccipSend(order.remoteChainSelector, message);
        }
        return Pool.LockOrBurnOutV1(destTokenAddress, destPoolData);
    }

    function isSupportedChain(uint64) external view returns (bool) {
        return !refusesChains;
    }

    function isSupportedToken(address) external pure returns (bool) {
        return true;
    }

    function supportsInterface(bytes4) external pure returns (bool) {
        return true;
    }
}
