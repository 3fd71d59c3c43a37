"""Delivering a change to every screen: three designs, the same work, one machine, one run.

    python -m tests.benchmarks.viewers [--viewers 1000] [--seconds 60] [--designs ours,rerun,tutorial]
                                       [--json FILE]

    ours      one process of the student dashboard; each viewer has a Streamlit session and an event stream
    rerun     a plain Streamlit page with Streamlit's defaults, which st_autorefresh reruns for each viewer
              every 2 s; beneath it the dashboard's own feed and cache
    tutorial  no server in between: each viewer has separate subscriptions and fetches the whole list on
              each event
    proxied   only on request: ours behind the containers' proxy, Caddy with the shipped Caddyfile, over
              HTTPS

All use the embedded backend with real signatures and tokens. A teacher saves one result a second through
shared.api.calls; a time runs from the beginning of that call until the change has reached a viewer,
both by the machine's monotonic clock. Viewers run in one process, servers in others; that process's own lag
(which is printed) is part of the times. With ours a real Chromium is among the viewers; when the row
is in its DOM is reported separately. A change not received --patience seconds after the last one counts as
lost.

Afterwards a process that does nothing else writes the messages of our run again, as recorded, to as many
viewers.

First page loads (scripts, styles) are not included; the sessions and their first run are.
"""

import argparse
import json
import math
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType

from tests.benchmarks.viewers.changes import Rhythm
from tests.benchmarks.viewers.designs import DESIGNS, Plan, measured
from tests.benchmarks.viewers.figures import Figures, ratios
from tests.benchmarks.viewers.load import raise_file_limit

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    designs = given.designs.split(",")
    if unknown := set(designs) - set(DESIGNS):
        print(
            f"unknown design: {', '.join(sorted(unknown))}; choose from {','.join(DESIGNS)}", file=sys.stderr
        )
        return 2
    caps = dict(given.cap)
    raise_file_limit()
    signal.signal(signal.SIGALRM, _overran)
    signal.signal(signal.SIGTERM, _ended)  # an exception, so that every process is stopped
    signal.alarm(given.deadline)
    plan = Plan(
        viewers=given.viewers,
        rhythm=Rhythm(given.seconds, given.every, given.burst),
        results=given.results,
        exams=given.exams,
        idle_s=given.idle,
        admission_s=given.admission,
        patience_s=given.patience,
        has_sessions=not given.streams_only,
        has_chromium=not given.no_chromium and given.burst == 1,
    )
    figures: dict[str, Figures] = {}
    for design in designs:
        print(f"{design} ...", flush=True)
        viewers = min(given.viewers, caps.get(design, given.viewers))
        figures[design] = measured(design, replace(plan, viewers=viewers))
        print(_report(design, figures[design]), flush=True)
        if given.json:  # after each design, so that its figures are kept even if a later one fails
            _write(given.json, figures)
    signal.alarm(0)
    for design in designs:
        if design != "ours" and "ours" in figures:
            print(_comparison(design, ratios(figures[design], figures["ours"])))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="A change on every screen, in three designs.")
    parser.add_argument("--viewers", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long changes are made")
    parser.add_argument("--designs", default="ours,rerun,tutorial", help="which, in this order; proxied, too")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument(
        "--cap", type=_cap, action="append", default=[], metavar="DESIGN=N", help="fewer viewers of a design"
    )
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two changes or bursts")
    parser.add_argument("--burst", type=int, default=1, help="results saved at a time, by 8 callers")
    parser.add_argument("--results", type=int, default=300, help="results that the exam has at first")
    parser.add_argument("--exams", type=int, default=1, help="published exams in all")
    parser.add_argument("--idle", type=float, default=10.0, help="seconds of rest to measure at first")
    parser.add_argument("--admission", type=float, default=240.0, help="seconds in which viewers can come in")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds to wait for the last change")
    parser.add_argument("--streams-only", action="store_true", help="ours, proxied: no sessions beside")
    parser.add_argument("--no-chromium", action="store_true", help="ours: no browser among the viewers")
    parser.add_argument("--deadline", type=int, default=1800, help="seconds after which all is given up")
    return parser


def _cap(text: str) -> tuple[str, int]:
    design, _, viewers = text.partition("=")
    if design not in DESIGNS:
        raise ValueError(design)
    return design, int(viewers)


def _overran(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit("the benchmark's deadline is over: fewer viewers or seconds, or a longer --deadline")


def _ended(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit("ended by SIGTERM")


def _write(path: Path, figures: Mapping[str, Figures]) -> None:
    whole = {design: one.as_json() for design, one in figures.items()}
    path.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")


def _report(design: str, one: Figures) -> str:
    more = one.details
    lines = [
        f"  viewers            {one.viewers} of {more['viewers_asked']} ({more['viewers_are']}), in within "
        f"{more['admission_s']} s; {more['changes']} of {more['changes_planned']} changes, an exam of "
        f"{more['results_at_first']} results, {more['exams']} exams",
        f"  save to screen     p50 {one.p50_ms:.0f} ms, p95 {one.p95_ms:.0f} ms, p99 {one.p99_ms:.0f} ms, "
        f"longest {more['max_ms']:.0f} ms",
        f"  lost changes       {one.lost} of {one.lost + int(str(more['arrived']))}",
        f"  CPU                {one.cpu_percent:.0f} % of a core; at rest {more['idle_cpu_percent']:.1f} %; "
        f"the backend {more['backend_cpu_percent']:.0f} %",
        f"  memory             {one.rss_mb:.0f} MB; before the viewers "
        f"{more['rss_before_viewers_mb']:.0f} MB, with them at rest {more['rss_at_rest_mb']:.0f} MB; "
        f"the backend {more['backend_rss_mb']:.0f} MB",
        f"  API a change       {one.api_operations_per_change:.1f} operations "
        f"({more['api_queries_per_change']:.1f} queries, {more['api_events_per_change']:.1f} events), "
        f"{one.api_bytes_per_change:.0f} bytes",
    ]
    if "dom_p95_ms" in more:
        lines.append(
            f"  Chromium's DOM     p50 {more['dom_p50_ms']:.0f} ms, p95 {more['dom_p95_ms']:.0f} ms, longest "
            f"{more['dom_max_ms']:.0f} ms, lost {more['dom_lost']} "
            f"(clock known to {more['dom_clock_error_ms']:.1f} ms)"
        )
    if "us_per_delivery" in more:
        ours_us, bare_us = float(str(more["us_per_delivery"])), float(str(more["bare_us_per_delivery"]))
        lines.append(
            f"  a delivery         {ours_us:.1f} us of processor, all included; a loop that only writes "
            f"the same {more['messages']} messages {bare_us:.1f} us: {ours_us / bare_us:.2f} times as much"
        )
    if "proxy_cpu_percent" in more:
        lines.append(
            f"  the proxy          {more['proxy_cpu_percent']:.0f} % of a core, {more['proxy_rss_mb']:.0f} MB"
        )
    lines += [
        f"  the load's own lag p95 {more['load_process_lag_p95_ms']} ms; the save's answer p95 "
        f"{more['save_to_answer_p95_ms']:.0f} ms, none for {more['saves_without_answer']}; "
        f"{json.dumps(more['tallies'])}",
        f"  the machine        {more['machine_cores']} cores, load average "
        f"{more['machine_load_average']:.2f}, busy {more['machine_busy_percent']:.0f} % of a core, of which "
        f"other programs {more['other_programs_percent']:.0f} %",
    ]
    if more["refusals"]:
        lines.append(f"  turned away        {json.dumps(more['refusals'])}")
    return f"{design}\n" + "\n".join(lines)


def _comparison(design: str, times: Mapping[str, float]) -> str:
    words = ", ".join(
        f"{name.removesuffix('_ms').replace('_', ' ')} {value:.1f}×"
        for name, value in times.items()
        if not math.isnan(value)
    )
    return f"{design} against ours: {words}"


if __name__ == "__main__":
    sys.exit(main())
