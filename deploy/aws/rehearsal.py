"""`rehearse`: what a school does with its stacks in a year is done once, on stacks of their own.

These are removed at the end, also after a failure.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from deploy.aws.commands import BackendCommands
from deploy.aws.connection import aws_errors
from deploy.aws.costs.estimates import ResultsDay, hosting_month, our_results_day
from deploy.aws.costs.prices import HOURS_PER_MONTH
from deploy.aws.errors import RehearsalFailed, StackFailed
from deploy.aws.hosting import HostingCommands, hosting_stacks
from deploy.aws.image_engine import ImageEngine
from deploy.aws.smoke.api import CheckFailed, expect
from deploy.aws.smoke.command import SmokeCommand
from deploy.aws.smoke.pages import Pages
from deploy.aws.visitors import visits, watch
from deploy.console import Console
from shared.model.exam import NewExam, NewResult
from shared.model.scales import OUT_OF_20

__all__ = ["NAME_SUFFIX", "Rehearsal"]

NAME_SUFFIX = "-rehearsal"
VIEWERS = 100
CHANGES = 20
CHANGE_INTERVAL_S = 4.0  # so that viewers stay for longer than a minute: each is counted once a minute
SLOWEST_S = 5.0  # from saving a result to the last viewer; usually a fraction of a second
METRIC_MINUTES = 5
DONE, FAILED = "done", "FAILED"


@dataclass(frozen=True, slots=True)
class Step:
    """`needs` names an earlier step without which this one is left out. `is_for_emulators`: whether one can
    show it; none runs containers or CloudFront."""

    name: str
    minutes: int
    run: Callable[[], None]
    needs: str = "up"
    is_for_emulators: bool = True


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """`commands`, `hosting` and `smoke` are of one stack, whose name ends in NAME_SUFFIX, and ask nothing.
    `find_engine` finds the program that builds images. `console` asks whether to begin."""

    commands: BackendCommands
    hosting: HostingCommands
    smoke: SmokeCommand
    find_engine: Callable[[], ImageEngine]
    architecture: str
    console: Console
    now_s: Callable[[], float]
    sleep: Callable[[float], None]

    def run(self) -> None:
        """Says cost and duration, asks, runs every step and removes everything.

        Raises RehearsalFailed after that, naming the steps that failed; Declined.
        """
        say, steps = self.console.say, self._steps()
        for line in self._plan(steps):
            say(line)
        self.console.confirm("Begin?")
        self._remove()  # what an interrupted rehearsal left
        outcomes: dict[str, str] = {}
        try:
            for step in steps:
                outcomes[step.name] = self._outcome(step, outcomes)
        finally:
            say(f"Removing {self._name}.")
            self._remove()
        for name, outcome in outcomes.items():
            say(f"{name:<20} {outcome}")
        say(f"Nothing of {self._name} is left.")
        failed = tuple(name for name, outcome in outcomes.items() if outcome.startswith(FAILED))
        if failed:
            raise RehearsalFailed(failed)

    def _plan(self, steps: Sequence[Step]) -> list[str]:
        hours = sum(step.minutes for step in steps) / 60
        day = ResultsDay(students=VIEWERS, exams=1, hours=hours)
        # Twice the containers run while a version is replaced.
        usd = 2 * hosting_month(day).usd / HOURS_PER_MONTH * hours + our_results_day(day).usd
        return [
            f"A rehearsal on stacks of its own, {self._name}: about {hours:.1f} hours and ${usd:.2f}, not "
            "counting what is sent to your machine. Estimated, in minutes:",
            *(f"  {step.minutes:>3}  {step.name}" for step in steps),
            "At the end, also after a failure, everything is removed but ECS's role of the account, which is "
            "free. If your machine fails meanwhile, run `rehearse` again: it begins by removing the rest.",
        ]

    def _steps(self) -> tuple[Step, ...]:
        return (
            Step("up", 5, lambda: self.commands.up({}), needs=""),
            Step("smoke", 3, self.smoke.run),
            Step("host", 25, self._host),
            Step("smoke of the pages", 5, self.smoke.run, needs="host", is_for_emulators=False),
            Step(f"{VIEWERS} viewers", 7, self._viewers, needs="host", is_for_emulators=False),
            Step("key change", 15, self._key_change, needs="host"),
            Step("bad image", 25, self._bad_image, needs="host", is_for_emulators=False),
            Step("down and adopt", 25, self._down_and_adopt),
            Step("down --delete-data", 5, self._remove, needs="down and adopt"),
        )

    def _outcome(self, step: Step, outcomes: Mapping[str, str]) -> str:
        if step.needs and not outcomes[step.needs].startswith(DONE):
            return f"left out: it needs {step.needs}"
        if self._is_emulator and not step.is_for_emulators:
            return "left out: an emulator cannot show it"
        self.console.say(f"== {step.name}")
        begun_s = self.now_s()
        try:
            step.run()
        except Exception as error:  # noqa: BLE001  # any failure is an outcome
            self.console.say(str(error))
            return f"{FAILED}: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        return f"{DONE} in {(self.now_s() - begun_s) / 60:.1f} minutes"

    @property
    def _name(self) -> str:
        return self.commands.stack.name

    @property
    def _is_emulator(self) -> bool:
        return self.commands.connection.endpoint_url is not None

    # ------------------------------------------------------------------ the steps

    def _host(self) -> None:
        self.hosting.publish_images(self.find_engine(), self.architecture)
        self.hosting.host({}, None, is_key_new=False)

    def _viewers(self) -> None:
        with self.smoke.opened() as (smoke, _teacher), smoke.exam() as exam:
            smoke.teacher.publish_exam(exam.id, exam.version)

            def save(name: str) -> None:
                smoke.teacher.create_result(exam.id, NewResult(student=name, grade="12"))
                self.sleep(CHANGE_INTERVAL_S)

            names = [f"Student {number:02}" for number in range(CHANGES)]
            audience = watch(self._pages(), exam.id, VIEWERS, names, save)
        self.console.say(
            f"{audience.complete} of {audience.viewers} viewers received all {CHANGES} changes, the last one "
            f"{audience.slowest_s:.1f} s after it was saved."
        )
        expect(audience.complete == VIEWERS, audience)
        expect(audience.slowest_s < SLOWEST_S, audience)
        self._viewers_are_counted()

    def _viewers_are_counted(self) -> None:
        """The metric by which the service grows shows them, some minutes later."""
        for _ in range(METRIC_MINUTES):
            now = dt.datetime.fromtimestamp(self.now_s(), dt.UTC)
            with aws_errors():
                answer = self.commands.connection.client("cloudwatch").get_metric_statistics(
                    Namespace=f"ExamResults/{self._name}-hosting",
                    MetricName="Viewers",
                    StartTime=now - dt.timedelta(minutes=15),
                    EndTime=now,
                    Period=60,
                    Statistics=["Maximum"],
                )
            most = max((point["Maximum"] for point in answer["Datapoints"]), default=0.0)
            if most >= VIEWERS / 2:  # of two containers at most
                self.console.say(f"The metric Viewers has shown {most:.0f}.")
                return
            self.sleep(60.0)
        raise CheckFailed(f"the metric Viewers has shown {most:.0f} at most")

    def _key_change(self) -> None:
        with self._visited():
            self.hosting.host({}, None, is_key_new=True)

    def _bad_image(self) -> None:
        good = self.hosting.newest_tag()
        bad = self.hosting.publish_images(self.find_engine(), self.architecture, is_swapped=True)
        with self._visited():
            try:
                self.hosting.host({}, bad, is_key_new=False)
            except StackFailed as failure:
                expect(failure.status == "UPDATE_ROLLBACK_COMPLETE", failure.status)
            else:
                raise CheckFailed("a version that cannot start was deployed")
            self.hosting.host({}, good, is_key_new=False)

    def _down_and_adopt(self) -> None:
        with self.smoke.opened() as (smoke, _teacher):
            exam = smoke.teacher.create_exam(
                NewExam(subject="Rehearsal", date=dt.date(2026, 1, 1), teacher="Nobody", scale=OUT_OF_20)
            )
            smoke.teacher.publish_exam(exam.id, exam.version)
        self.commands.down(is_data_deleted=False)
        self.commands.adopt({}, [])
        with self.smoke.opened() as (smoke, _teacher):
            expect(smoke.guest.get_exam(exam.id) is not None, "the exam of before is not there")

    def _remove(self) -> None:
        """Every stack of the rehearsal in whatever state, and what was kept of it."""
        if self.commands.stack.describe() is not None:
            self.commands.down(is_data_deleted=True)
        for stack in hosting_stacks(self.commands.stack):
            stack.delete()
        self.commands.delete_kept()

    def _pages(self) -> Pages:
        pages = self.smoke.pages()
        if pages is None:
            raise CheckFailed("the dashboards are not hosted")
        return pages

    @contextmanager
    def _visited(self) -> Iterator[None]:
        """Nobody may notice what is done within the block."""
        if self._is_emulator:
            yield
            return
        with visits(self._pages()) as visited:
            yield
        self.console.say(f"Meanwhile visitors were answered: {dict(visited.answers)}")
        expect(not visited.refused, visited.refused)
