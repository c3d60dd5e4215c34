"""Pure tests of the executor's judgement."""
