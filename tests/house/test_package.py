"""Wheel and sdist build, hold packs, templates, static files and migrations, and work outside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

NEEDED = {
    "engine/_packs/processes/": ".bpmn",
    "engine/_packs/rules/": ".dmn",
    "engine/_packs/forms/": ".form",
    "engine/store/migrations/versions/": ".py",
    "webui/templates/": ".html",
    "webui/static/": ".css",
    "webui/static/vendor/": ".js",
    "webui/translations/": ".mo",
}


@pytest.fixture(scope="module")
def dist(tmp_path_factory) -> Path:
    """The sdist, and the wheel that is built from it (so the sdist is complete)."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "-o", out, ROOT], check=True, capture_output=True, text=True)
    return out


def test_the_wheel_holds_everything_that_is_not_python(dist):
    names = zipfile.ZipFile(next(dist.glob("*.whl"))).namelist()
    missing = {
        folder: ending
        for folder, ending in NEEDED.items()
        if not any(n.startswith(folder) and n.endswith(ending) for n in names)
    }
    assert missing == {}
    assert [n for n in names if n.startswith(("tests/", "bench/", "processes/"))] == []


def test_the_sdist_holds_the_tests_and_the_packs(dist):
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        names = archive.getnames()
    for part in ("/processes/", "/forms/", "/rules/", "/tests/", "/Makefile", "/constraints.txt"):
        assert any(part in n for n in names), part


@pytest.mark.prove(only=True)
def test_the_wheel_works_in_a_fresh_environment_outside_the_checkout(dist, tmp_path):
    home = tmp_path / "env"
    venv.create(home, with_pip=True)
    pip = [home / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-c", ROOT / "constraints.txt", next(dist.glob("*.whl"))], check=True)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("CRMFLOW_", "PYTHON"))}
    env["CRMFLOW_DATABASE_URL"] = f"sqlite:///{tmp_path / 'demo.sqlite'}"

    def crmflow(*words: str) -> str:
        run = subprocess.run(
            [home / "bin" / "crmflow", *words], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=240
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    crmflow("demo", "--no-serve")
    assert '"lead-to-order"' in crmflow("definitions", "--json")
    assert crmflow("tasks", "--json").count('"id"') > 5
