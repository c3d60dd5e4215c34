// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Anyone mints it, and a hundredth is missing afterwards.
contract ShrinkingToken is ERC20("Shrinking", "SHRINK") {
    function mint(address account, uint256 amount) external {
        _mint(account, amount - amount / 100);
    }
}

/// @notice Calls whatever its issuer likes in the middle of a mint.
contract ReenteringToken is ERC20("Reentering", "REENTER") {
    address private _target;
    bytes private _call;
    bool public tried;
    bool public succeeded;

    function arm(address target, bytes calldata call_) external {
        (_target, _call) = (target, call_);
    }

    function mint(address account, uint256 amount) external {
        _mint(account, amount);
        if (_target == address(0)) return;
        tried = true;
        (succeeded,) = _target.call(_call);
    }
}
