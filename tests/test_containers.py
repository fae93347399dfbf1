"""The image and its composition name what is there. Whether they build is tried where there is a Docker."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from assistant.settings import Settings

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
CHAT = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["chat"]


def test_what_the_image_copies_exists_and_is_sent_to_the_builder() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert ignored[0] == "*"
    copied = {name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.M) for name in line.split()}
    assert copied == {line[1:] for line in ignored if line.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_holds_each_package_and_does_not_run_as_root() -> None:
    build = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    packages = re.findall(r'"(\w+)"', re.findall(r"^packages = \[(.+)\]", build, re.M)[0])
    assert all(f"COPY {name} {name}" in DOCKERFILE for name in packages)
    user = DOCKERFILE.rindex("\nUSER articles")
    assert DOCKERFILE.rindex("\nFROM") < user < DOCKERFILE.rindex("\nENTRYPOINT")


def test_every_setting_reaches_the_container() -> None:
    settings = {str(field.validation_alias) for field in Settings.model_fields.values()}
    assert settings - set(CHAT["environment"]) == {"ASSISTANT_LIBRARY"}  # a folder of the image


def test_the_page_is_published_to_this_machine_alone_and_its_port_is_the_one_that_is_asked_for_health() -> None:
    from ui.app import PORT

    assert CHAT["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    assert f"http://127.0.0.1:{PORT}/healthz" in DOCKERFILE
    assert f"EXPOSE {PORT}" in DOCKERFILE
