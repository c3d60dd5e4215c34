"""What the gas benchmark makes of its figures: budgets, losses, the table and the answer for programs."""

import json

from scripts.benches.gas.figures import (
    BUDGETS,
    Measured,
    Operation,
    as_json,
    end_to_end,
    losses,
    missed,
    table,
    verdicts,
    with_end_to_end,
)

OURS = Measured(
    "ours",
    {Operation.SEND_LINK: 90_000, Operation.COMMIT: 95_001, Operation.BLESS: 55_000, Operation.TOKEN: 1},
)
THEIRS = Measured("theirs", {Operation.SEND_LINK: 89_999, Operation.BLESS: 60_000})


def standings() -> dict[Operation, str]:
    return {verdict.operation: verdict.standing for verdict in verdicts(OURS, [])}


def test_every_operation_with_a_budget_has_a_harder_stretch():
    assert all(limit.stretch < limit.budget for limit in BUDGETS.values())


def test_a_figure_at_its_limit_is_within_it():
    assert standings()[Operation.SEND_LINK] == "in budget"
    assert standings()[Operation.BLESS] == "stretch reached"


def test_a_figure_above_its_budget_says_by_how_much():
    assert standings()[Operation.COMMIT] == "missed by 1"
    assert [verdict.operation for verdict in missed(verdicts(OURS, []))] == [Operation.COMMIT]


def test_an_operation_without_a_budget_is_not_judged():
    assert standings()[Operation.TOKEN] == ""


def test_losses_name_who_is_cheaper_and_by_how_much():
    assert losses(verdicts(OURS, [THEIRS])) == ("send, fee in LINK: theirs costs 89,999, 1 less than ours",)


def test_end_to_end_shares_commit_and_blessing_among_the_batch():
    figures = {
        Operation.SEND_LINK: 100,
        Operation.COMMIT: 320,
        Operation.BLESS: 32,
        Operation.EXECUTE_BATCH: 5,
    }

    assert end_to_end(figures) == 100 + 11 + 5
    assert with_end_to_end(figures)[Operation.END_TO_END] == 116


def test_a_system_that_blesses_inside_its_commit_has_no_blessing_of_its_own():
    figures = {Operation.SEND_LINK: 100, Operation.COMMIT: 320, Operation.EXECUTE_BATCH: 5}

    assert end_to_end(figures) == 115


def test_the_table_has_a_row_per_figure_of_ours_and_a_column_per_system():
    head, *rows = table(OURS, [THEIRS]).splitlines()

    assert head.split() == ["operation", "ours", "budget", "stretch", "theirs"]
    assert len(rows) == len(OURS.figures)
    assert rows[0].split()[-3:] == ["in", "budget", "89,999"]
    assert rows[1].endswith("–")


def test_the_answer_for_programs_is_json_and_complete():
    answer = json.loads(json.dumps(as_json(OURS, [THEIRS])))

    assert answer["systems"][0]["gas"]["commit"] == 95_001
    assert answer["systems"][1]["name"] == "theirs"
    assert answer["budgets"]["commit"] == {"budget": 95_000, "stretch": 88_000}
    assert answer["missed"] == ["commit"]
    assert len(answer["losses"]) == 1
