"""What doctor says of programs that are there and programs that are not."""

import os
from pathlib import Path

from gitopskit.kube.client import KubeClient
from gitopskit.workflows.doctor import Check, check_programs, check_sealing, has_failed
from tests.support.clock import FakeClock
from tests.support.fake_controller import FakeController
from tests.support.sealing import private_key_of, sealing_pair


def test_git_is_found_with_its_version() -> None:
    checks = check_programs(os.environ["PATH"])

    git = next(check for check in checks if check.name == "git")
    assert git.is_there
    assert git.seen.startswith("git version")


def test_a_missing_program_names_its_cure(tmp_path: Path) -> None:
    checks = check_programs(str(tmp_path))

    git = next(check for check in checks if check.name == "git")
    assert git.mark == "missing"
    assert git.hint == "install git with your system's package manager"
    assert has_failed(checks)


def test_an_absent_optional_program_is_no_failure() -> None:
    check = Check(name="ssh", is_there=False, seen="not found", is_optional=True)

    assert check.mark == "absent"
    assert not has_failed([check])


def test_a_program_that_does_not_tell_its_version_is_still_found(tmp_path: Path) -> None:
    silent = tmp_path / "git"
    silent.write_text("#!/bin/sh\n")
    silent.chmod(0o755)

    checks = check_programs(f"{tmp_path}:{os.defpath}")

    assert next(check for check in checks if check.name == "git").seen == "found"


async def test_the_clusters_certificate_is_looked_for() -> None:
    clock = FakeClock()
    with FakeController([sealing_pair()]) as fake:
        async with KubeClient(fake.connection(clock), clock=clock) as api:
            served = await check_sealing(api)
            fake.behaviour.is_missing = True
            missing = await check_sealing(api)

    assert served.mark == "ok"
    assert served.seen.startswith(private_key_of(sealing_pair()).fingerprint)
    assert missing.mark == "absent"
    assert "gitopskit bootstrap" in missing.hint
    assert not has_failed([missing])
