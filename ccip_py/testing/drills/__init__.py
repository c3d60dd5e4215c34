"""Drills: the risk network against staged fraud, with times; and against an ordinary hour, with none.

scripts/drill                       all drills, a table of what happened and how long it took
scripts/drill bad-root deep-reorg   some of them
scripts/drill soak --minutes 60     ordinary trouble for an hour, in which nothing may be cursed
"""
