"""The resolvers stay within the APPSYNC_JS subset: AWS's lint rules find nothing, and would find faults."""

import shutil
import subprocess
from pathlib import Path

from tests.deploy.aws.tools import LINT_FOLDER, RESOLVERS, missing, node_tool


def lint(folder: Path, config_folder: Path) -> subprocess.CompletedProcess[str]:
    eslint = LINT_FOLDER / "node_modules" / "eslint" / "bin" / "eslint.js"
    if not (LINT_FOLDER / "node_modules" / "installed").is_file():
        missing("AWS's lint rules for resolvers")
    config = str(config_folder / "eslint.config.js")
    words = [*node_tool("node"), str(eslint), "--max-warnings=0", "--config", config, str(folder)]
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd=config_folder.parents[3])


def test_awss_lint_rules_find_nothing_in_the_resolvers() -> None:
    found = lint(RESOLVERS, LINT_FOLDER)
    assert found.stdout == ""
    assert found.returncode == 0, found.stderr


PLANTED = {
    "no-for": "for (let i = 0; i < 2; i += 1) {}",
    "no-disallowed-unary-operators": "let n = 0; n++;",
    "no-try": "try { util.time.nowISO8601(); } catch (error) {}",
    "no-regex": "const pattern = /x/;",
    "no-disallowed-methods": "'x'.padStart(3);",
}


def test_the_rules_would_find_what_appsync_refuses(tmp_path: Path) -> None:
    folder = tmp_path / "deploy" / "aws" / "resolvers"
    config = tmp_path / "tests" / "deploy" / "aws" / "js"
    folder.mkdir(parents=True)
    config.mkdir(parents=True)
    for name in ("eslint.config.js", "tsconfig.json", "package.json"):
        shutil.copy(LINT_FOLDER / name, config / name)
    (config / "node_modules").symlink_to(LINT_FOLDER / "node_modules")
    for rule, line in PLANTED.items():
        source = f"import {{ util }} from '@aws-appsync/utils';\nexport function request(ctx) {{ {line} }}\n"
        (folder / f"{rule}.js").write_text(source, encoding="utf-8")

    found = lint(folder, config)

    assert found.returncode == 1, found.stderr
    # One paragraph per file: its path, then the findings.
    faults = {
        Path(lines[0]).stem: "\n".join(lines[1:])
        for lines in map(str.splitlines, found.stdout.strip().split("\n\n"))
        if lines
    }
    for rule in PLANTED:
        assert f"@aws-appsync/{rule}" in faults[rule]
