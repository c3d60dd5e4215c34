// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IRouterClient} from "../../../contracts/interfaces/IRouterClient.sol";
import {Client} from "../../../contracts/types/Client.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Keeps a hundredth of every transfer.
contract FeeOnTransferToken is ERC20("Fee on transfer", "FEE") {
    constructor(address holder) {
        _mint(holder, 1_000e18);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        _burn(to, amount / 100);
        return true;
    }
}

/// @notice Moves more than it was asked to.
contract GenerousToken is ERC20("Generous", "GEN") {
    constructor(address holder) {
        _mint(holder, 1_000e18);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        _mint(to, 1);
        return true;
    }
}

/// @notice Says that a transfer failed instead of reverting.
contract FalseReturningToken {
    function balanceOf(address) external pure returns (uint256) {
        return 0;
    }

    function transferFrom(address, address, uint256) external pure returns (bool) {
        return false;
    }
}

/// @notice Claims success and moves nothing.
contract LyingToken {
    function balanceOf(address) external pure returns (uint256) {
        return 0;
    }

    function transferFrom(address, address, uint256) external pure returns (bool) {
        return true;
    }
}

/// @notice Sends another message in the middle of its own transfer.
contract ReentrantToken is ERC20("Reentrant", "RE") {
    IRouterClient private immutable _router;
    uint64 private immutable _destChainSelector;

    constructor(address holder, IRouterClient router, uint64 destChainSelector) {
        _mint(holder, 1_000e18);
        _router = router;
        _destChainSelector = destChainSelector;
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        Client.EVM2AnyMessage memory message;
        _router.ccipSend(_destChainSelector, message);
        return super.transferFrom(from, to, amount);
    }
}
