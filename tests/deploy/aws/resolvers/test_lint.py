"""The resolvers stay within the APPSYNC_JS subset: AWS's lint rules find nothing but what is planted."""

import json
import shutil
import subprocess
from pathlib import Path

from tests.deploy.aws.tools import LINT_FOLDER, RESOLVERS, missing, node_tool

PLANTED = {
    "no-for": "for (let i = 0; i < 2; i += 1) {}",
    "no-disallowed-unary-operators": "let n = 0; n++;",
    "no-try": "try { util.time.nowISO8601(); } catch (error) {}",
    "no-regex": "const pattern = /x/;",
    "no-disallowed-methods": "'x'.padStart(3);",
}


def test_awss_lint_rules_find_what_is_planted_and_nothing_in_the_resolvers(tmp_path: Path) -> None:
    """In one run over copies, because starting takes longer than linting."""
    if not (LINT_FOLDER / "node_modules" / "installed").is_file():
        missing("AWS's lint rules for resolvers")
    config = tmp_path / "tests" / "deploy" / "aws" / "js"
    folder = tmp_path / "deploy" / "aws" / "resolvers"
    config.mkdir(parents=True)
    for name in ("eslint.config.js", "tsconfig.json", "package.json"):
        shutil.copy(LINT_FOLDER / name, config / name)
    (config / "node_modules").symlink_to(LINT_FOLDER / "node_modules")
    shutil.copytree(RESOLVERS, folder)
    for rule, line in PLANTED.items():
        source = f"import {{ util }} from '@aws-appsync/utils';\nexport function request(ctx) {{ {line} }}\n"
        (folder / f"{rule}.js").write_text(source, encoding="utf-8")
    eslint = LINT_FOLDER / "node_modules" / "eslint" / "bin" / "eslint.js"
    words = [*node_tool("node"), str(eslint), "--max-warnings=0", "--format", "json"]
    words += ["--config", str(config / "eslint.config.js"), str(folder)]

    found = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert found.returncode == 1, found.stderr
    reports = {Path(file["filePath"]).name: file["messages"] for file in json.loads(found.stdout)}
    assert reports.keys() == {path.name for path in folder.iterdir()}
    assert {name for name, messages in reports.items() if messages} == {f"{rule}.js" for rule in PLANTED}
    for rule in PLANTED:
        assert f"@aws-appsync/{rule}" in {message["ruleId"] for message in reports[f"{rule}.js"]}
