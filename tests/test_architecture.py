"""What separates the packages and what every file respects: imports, docstrings, settings, requirements; no
trace of one machine."""

import ast
import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from shared.settings import PREFIX, SETTINGS, Setting

ROOT = Path(__file__).parents[1]
ROOMS = ("shared", "teacher_app", "student_app", "deploy")
CONTRACTS = ROOT / "tests" / "importlinter.ini"

# Written so that they do not match themselves.
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:work|root|home/\w+|Users/\w+)/")
REGISTRY_HOST = re.compile(
    r"\b(?:pypi[.]org|pythonhosted[.]org|npmjs[.]\w+|docker[.]io|ghcr[.]io|quay[.]io)\b"
)
OWN_INDEX = re.compile(r"--(?:extra-)?index-url|--registry\b|\"resolved\":|^registry\s*=", re.MULTILINE)


# Imports


def test_packages_import_only_what_they_may() -> None:
    linted = lint(ROOT)
    assert linted.returncode == 0, linted.stdout
    assert re.search(r"Contracts: \d+ kept, 0 broken", linted.stdout)


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages' modules, all empty: whatever breaks a contract here was planted."""
    folder = tmp_path_factory.mktemp("skeleton")
    for path in modules_of(*ROOMS):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    linted = lint(folder)
    assert linted.returncode == 0, linted.stdout
    return folder


PLANTED = [
    ("shared", "teacher_app", "shared imports no dashboard and no deployment"),
    ("shared", "student_app", "shared imports no dashboard and no deployment"),
    ("shared.model", "deploy.local", "shared imports no dashboard and no deployment"),
    ("teacher_app.gate", "student_app", "the two dashboards never import each other"),
    ("student_app", "teacher_app", "the two dashboards never import each other"),
    ("teacher_app", "deploy.local", "the dashboards import nothing of deploy"),
    ("student_app.stream", "deploy", "the dashboards import nothing of deploy"),
    ("deploy", "teacher_app", "deploy never imports the dashboards"),
    ("deploy.local.launcher", "student_app", "deploy never imports the dashboards"),
    ("deploy.local.backend", "shared.model", "the embedded backend imports nothing of shared"),
    ("deploy.local.backend", "shared.web.log_format", "the embedded backend imports nothing of shared"),
    ("deploy.local.data_folder", "shared.settings", "the embedded backend imports nothing of shared"),
    ("deploy.local.maintenance", "deploy.aws.cloudformation.stack", "layers of deploy"),
    ("deploy.local.data_folder", "deploy.local.backend.tokens", "layers of deploy.local"),
    ("deploy.local.backend.storage", "deploy.local.launcher.pair", "layers of deploy.local"),
    (
        "deploy.local.backend.storage",
        "deploy.local.backend.cognito.srp",
        "layers of deploy.local.backend",
    ),
    (
        "deploy.local.backend.cognito",
        "deploy.local.backend.appsync.errors",
        "layers of deploy.local.backend",
    ),
    ("deploy.local.backend.appsync", "deploy.local.backend.http_app", "layers of deploy.local.backend"),
    ("deploy.aws.cloudformation", "deploy.aws.smoke.api", "layers of deploy.aws"),
    (
        "deploy.local.backend.appsync.rules",
        "deploy.local.backend.appsync.realtime.subscriptions",
        "layers of deploy.local.backend.appsync",
    ),
    (
        "deploy.local.backend.cognito.user_pool",
        "deploy.local.backend.cognito.identity_pool",
        "layers of deploy.local.backend.cognito",
    ),
    ("shared.model", "shared.settings", "layers of shared"),
    ("shared.api", "shared.live.feed", "layers of shared"),
    ("teacher_app.rows", "teacher_app.gate.paths", "layers of teacher_app"),
    ("teacher_app.importing", "teacher_app.gate.paths", "layers of teacher_app"),
    ("teacher_app.reading", "teacher_app.importing.headed", "layers of teacher_app"),
    ("teacher_app.reading.tables", "teacher_app.reading.files", "layers of teacher_app.reading"),
    ("teacher_app.importing.rows", "teacher_app.importing.draft", "layers of teacher_app.importing"),
    ("teacher_app.exam", "teacher_app.views.clock", "layers of teacher_app"),
    (
        "teacher_app.exam",
        "streamlit",
        "Streamlit is imported only by views, components and entry modules",
    ),
    (
        "teacher_app.gate",
        "streamlit.file_util",
        "Streamlit is imported only by views, components and entry modules",
    ),
    (
        "student_app.stream",
        "streamlit_autorefresh",
        "Streamlit is imported only by views, components and entry modules",
    ),
    ("shared.model", "pandas", "the students' process never imports pandas"),
    ("student_app.views", "numpy", "the students' process never imports pandas"),
    ("student_app.stream", "student_app.board.pages", "layers of student_app"),
    ("student_app.exam", "student_app.stream.hub", "layers of student_app"),
]  # importer, imported, the contract that this breaks


def test_every_planted_wrong_import_breaks_its_contract(skeleton: Path) -> None:
    """All at once, because starting the linter takes longer than linting; its report names each import."""
    places = {importer: skeleton / importer.replace(".", "/") for importer, _, _ in PLANTED}
    files = {
        importer: place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        for importer, place in places.items()
    }
    for importer, imported, _ in PLANTED:
        with files[importer].open("a") as file:
            file.write(f"import {imported}\n")
    try:
        linted = lint(skeleton)
    finally:
        for path in files.values():
            path.write_text("")
    assert linted.returncode == 1
    # A heading and a line below it, then the imports that are not allowed.
    _, *sections = re.split(r"^(.+)\n-+\n", linted.stdout, flags=re.MULTILINE)
    reports = {name: " ".join(text.split()) for name, text in zip(sections[::2], sections[1::2], strict=True)}
    unseen = [
        (importer, imported, contract)
        for importer, imported, contract in PLANTED
        if f"- {importer} -> {as_reported(imported)} (l." not in reports.get(contract, "")
    ]
    assert unseen == []


def as_reported(module: str) -> str:
    """A foreign package is one module to the linter."""
    top = module.partition(".")[0]
    return module if top in ROOMS else top


def test_a_planted_import_cycle_breaks_its_contract(skeleton: Path) -> None:
    one, other = (skeleton / "shared" / "model" / f"{name}.py" for name in ("codes", "grades"))
    one.write_text("import shared.model.grades\n")
    other.write_text("import shared.model.codes\n")
    try:
        linted = lint(skeleton)
    finally:
        one.write_text("")
        other.write_text("")
    assert "\nno two modules or folders import each other in a circle BROKEN\n" in linted.stdout


def test_a_new_folder_must_be_assigned_a_layer(skeleton: Path) -> None:
    stray = skeleton / "shared" / "stray.py"
    stray.touch()
    try:
        linted = lint(skeleton)
    finally:
        stray.unlink()
    assert "\nlayers of shared BROKEN\n" in linted.stdout


# Modules


def test_every_module_states_its_duty_and_public_names() -> None:
    """A docstring everywhere; `__all__` in whatever another module of ours imports."""
    imported = {name for path in modules_of(*ROOMS) for name in imported_modules(path)}
    silent, open_ones = [], []
    for path in modules_of(*ROOMS):
        tree = parsed(path)
        if not tree.body:
            continue
        if not ast.get_docstring(tree):
            silent.append(str(path))
        if dotted(path) in imported and not has_all(tree):
            open_ones.append(str(path))
    assert silent == []
    assert open_ones == []


def test_no_module_of_an_app_is_named_like_a_package_that_it_needs() -> None:
    """Streamlit puts the script's folder first on sys.path, so such a file would be imported instead."""
    needed = {name for path in modules_of(*ROOMS) for name in third_party_imports(path)}
    assert needed >= {"streamlit", "gql", "pandas"}
    taken = {path.stem for app in ("teacher_app", "student_app") for path in Path(ROOT, app).iterdir()}
    assert taken & (needed | sys.stdlib_module_names) == set()


# Guides


def test_every_function_named_in_the_way_of_a_grade_exists() -> None:
    guide = (ROOT / "docs" / "the-way-of-a-grade.md").read_text("utf-8")
    named = re.findall(r"`([\w/-]+\.(?:py|js)): ([\w.]+)`", guide)
    assert len(named) > 30
    missing = [f"{file}: {name}" for file, name in named if name not in functions_in(Path(file))]
    assert missing == []


# Settings


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_in_the_readme(setting: Setting) -> None:
    default = {None: "needed", "": "empty"}.get(setting.default, f"`{setting.default}`")
    row = f"| `{setting.name}` | {setting.purpose} | {setting.readers} | {default} |"
    assert row in (ROOT / "README.md").read_text("utf-8").splitlines()


def test_no_file_names_an_unknown_setting() -> None:
    known = {setting.name for setting in SETTINGS}
    unknown = [
        f"{path}: {name}"
        for path in tracked_texts()
        if path.parts[0] != "tests"  # where mistyped ones are tried
        for name in re.findall(rf"{PREFIX}[A-Z_]*[A-Z]", text_of(path))
        if name not in known
    ]
    assert unknown == []


def test_only_one_module_reads_the_environment() -> None:
    """In the apps and what they share; the deployment commands have options, and AWS's own variables."""
    readers = [
        str(path)
        for path in modules_of("shared", "teacher_app", "student_app")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]
    assert set(readers) == {"shared/settings.py"}


# Requirements


def test_every_requirement_is_pinned_and_imported_or_has_a_reason() -> None:
    for file, folders in (("requirements.txt", ROOMS), ("tests/requirements.txt", ("tests",))):
        imported = {
            distribution
            for path in modules_of(*folders)
            for name in third_party_imports(path)
            for distribution in distributions_of(name)
        }
        for line in requirement_lines(file):
            name, reason = requirement_name(line), line.partition("#")[2].strip()
            assert re.match(r"[\w.-]+(\[[\w,-]+\])?==[\w.]+(\s|$)", line), f"{file}: {line} is not pinned"
            assert name in imported or reason, f"{file}: nobody imports {name}, and no reason is given"


def test_whatever_is_imported_is_required() -> None:
    """By name, or as part of something that is."""
    required = {requirement_name(line) for line in requirement_lines("requirements.txt")}
    brought = required | {
        canonical(re.split(r"[^\w.-]", text, maxsplit=1)[0])
        for name in required
        for text in importlib.metadata.requires(name) or ()
    }
    strange = {
        f"{path}: {name}"
        for path in modules_of(*ROOMS)
        for name in third_party_imports(path)
        if not distributions_of(name) & brought and not is_for_types_only(path, name)
    }
    assert strange == set()


# Traces


def test_no_file_mentions_the_machine_it_was_written_on_or_a_registry() -> None:
    traces = [
        f"{path}: {found[0]}"
        for path in tracked_texts()
        for pattern in (MACHINE_PATH, REGISTRY_HOST, OWN_INDEX)
        if path != Path("tests/test_architecture.py")
        for found in pattern.finditer(text_of(path))
    ]
    assert traces == []


def test_the_trace_patterns_match() -> None:
    host = "docker" + ".io"
    for text in ("/" + "work/main/x", " /" + "home/ada/x"):
        assert MACHINE_PATH.search(text)
    assert REGISTRY_HOST.search(f"FROM {host}/library/python")
    for text in ("pip install --index-url x", '"resolved": "x"', "registry=x"):
        assert OWN_INDEX.search(text)
    for text in ("shared/work/x", "${HOME}/work/x", "./root/x"):
        assert not MACHINE_PATH.search(text)


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """The import contracts over the packages in `folder`."""
    program = (
        "import sys; sys.path.insert(0, '.');"
        "from importlinter.cli import lint_imports;"
        f"sys.exit(lint_imports(config_filename={str(CONTRACTS)!r}, no_cache=True))"
    )
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


@cache
def tracked_texts() -> tuple[Path, ...]:
    """Every file under version control that is text, from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    files = [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]
    return tuple(path for path in files if b"\0" not in (ROOT / path).read_bytes()[:8000])


@cache
def text_of(path: Path) -> str:
    return (ROOT / path).read_text("utf-8", errors="replace")


def modules_of(*folders: str) -> Iterator[Path]:
    return (path for path in tracked_texts() if path.suffix == ".py" and path.parts[0] in folders)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(text_of(path))


def functions_in(path: Path) -> set[str]:
    """Of a Python module, methods as Class.method; of a script, the bare names of both."""
    if path.suffix == ".js":
        return set(
            re.findall(r"^(?:  |function |export default function )(\w+)\(.*\{$", text_of(path), re.MULTILINE)
        )
    found: set[str] = set()
    for node in parsed(path).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            inner = (ast.FunctionDef, ast.AsyncFunctionDef)
            found.update(f"{node.name}.{method.name}" for method in node.body if isinstance(method, inner))
    return found


def dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imported_modules(path: Path) -> Iterator[str]:
    """Names that `path` imports, and for `from a import b` also `a.b`, which may be a module."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def third_party_imports(path: Path) -> set[str]:
    tops = {name.partition(".")[0] for name in imported_modules(path)}
    return tops - sys.stdlib_module_names - {*ROOMS, "tests"}


def is_for_types_only(path: Path, name: str) -> bool:
    return all(
        isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for node in parsed(path).body
        if name in {found.partition(".")[0] for found in imports_below(node)}
    )


def imports_below(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            yield from (alias.name for alias in inner.names)
        elif isinstance(inner, ast.ImportFrom) and inner.module is not None:
            yield inner.module


@cache
def packages() -> dict[str, set[str]]:
    """The distributions that brought each name at the top of the environment, by the lists of their files.

    importlib.metadata.packages_distributions() makes a path object of each of them, which takes seconds.
    """
    found: dict[str, set[str]] = {}
    for distribution in importlib.metadata.distributions():
        name = canonical(distribution.name)  # reads the metadata each time
        for line in (distribution.read_text("RECORD") or "").splitlines():
            top = re.split("[/.,]", line, maxsplit=1)[0]
            found.setdefault(top, set()).add(name)
    return found


def distributions_of(import_name: str) -> set[str]:
    return packages().get(import_name, set())


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement_lines(file: str) -> list[str]:
    lines = (ROOT / file).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def requirement_name(line: str) -> str:
    return canonical(re.split(r"[^\w.-]", line, maxsplit=1)[0])


def has_all(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.Assign) and is_all(node.targets[0]) for node in tree.body)


def is_all(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id == "__all__"
