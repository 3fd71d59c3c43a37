"""A short run, as `python -m tests.robustness` makes a long one."""

from pathlib import Path

from tests.robustness.pair import running_pair
from tests.robustness.report.figures import Figures
from tests.robustness.rounds import Load, Run
from tests.wire.gate_dashboard import wire_browser

FAULTS_S = 12.0
LITTLE = Load(teachers=2, writers_each=2, viewers=12, readers=1, listeners=1)


def test_the_promises_hold_while_the_pair_is_killed_paused_and_cut_off(tmp_path: Path) -> None:
    figures = Figures(seed=4, commit="this one")
    with running_pair(tmp_path) as pair, wire_browser(pair.teacher_url) as browser:
        run = Run(pair, browser, figures, LITTLE)
        for _ in range(2):
            assert run.round(FAULTS_S / 2) == [], figures.text()
    assert figures.kills() > 0
    assert figures.checks["writes"] > 0
    assert figures.checks["results seen by viewers"] > 0
    assert figures.checks["results read from the API"] > 0
    assert figures.text().startswith("seed 4, commit this one: 2 rounds")
