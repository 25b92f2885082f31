"""A repository that means harm gets a clear condition, writes nothing, and hurts no neighbour."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.reconciler.loop import Controller
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, text

Run = Callable[[], AbstractAsyncContextManager[Controller]]

Files = dict[str, str | bytes]


def kustomization(**content: object) -> str:
    return text(dict(content))


def _laughs() -> str:
    """Return a few lines that stand for a billion of values."""
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    for level in range(1, 10):
        again = ", ".join([f"*a{level - 1}"] * 10)
        lines.append(f"a{level}: &a{level} [{again}]")
    return "\n".join(["apiVersion: v1", "kind: ConfigMap", "metadata: {name: x}", *lines])


HOSTILE: dict[str, tuple[Files, str]] = {
    "a-file-that-is-a-link-out": (
        {"evil/all.yaml": "-> /etc/passwd"},
        "leads out of the repository",
    ),
    "a-resource-that-is-a-link-out": (
        {
            "evil/kustomization.yaml": kustomization(resources=["a.yaml"]),
            "evil/a.yaml": "-> ../../../../../../../etc/passwd",
        },
        "leads out of the repository",
    ),
    "a-resource-outside-of-the-tree": (
        {"evil/kustomization.yaml": kustomization(resources=["../../../../etc"])},
        "is outside of the repository",
    ),
    "a-file-of-this-machine-in-a-config-map": (
        {
            "evil/kustomization.yaml": kustomization(
                configMapGenerator=[{"name": "x", "files": ["/etc/passwd"]}]
            )
        },
        "is outside of the repository",
    ),
    "a-remote-base": (
        {"evil/kustomization.yaml": kustomization(resources=["https://127.0.0.1:1/base?ref=main"])},
        "on a server",
    ),
    "a-remote-file": (
        {"evil/kustomization.yaml": kustomization(resources=["https://127.0.0.1:1/all.yaml"])},
        "on a server",
    ),
    "a-plugin": (
        {
            "evil/kustomization.yaml": kustomization(generators=["plugin.yaml"]),
            "evil/plugin.yaml": text(
                {
                    "apiVersion": "someteam.example/v1",
                    "kind": "Generator",
                    "metadata": {
                        "name": "x",
                        "annotations": {"config.kubernetes.io/function": "exec: {path: /bin/true}"},
                    },
                }
            ),
        },
        "the plugin Generator is not supported",
    ),
    "a-chart": (
        {
            "evil/kustomization.yaml": kustomization(
                helmCharts=[{"name": "x", "repo": "https://127.0.0.1:1", "version": "1.0.0"}]
            )
        },
        "charts are not rendered",
    ),
    "a-billion-laughs": ({"evil/all.yaml": _laughs()}, "aliases stand for more than"),
    "a-file-that-nests-deeply": ({"evil/all.yaml": "a: " + "[" * 100_000}, "levels of nesting"),
    "a-file-that-is-huge": ({"evil/all.yaml": "# much\n" * 5_000_000}, "larger than 32 MiB"),
    "a-folder-that-is-a-link-out": ({"evil": "-> ../../../../../../etc"}, "leads out of"),
    "a-patch-that-is-a-link-out": (
        {
            "evil/kustomization.yaml": kustomization(
                configMapGenerator=[{"name": "x", "literals": ["a=b"]}],
                patches=[{"path": "patch.yaml", "target": {"kind": "ConfigMap"}}],
            ),
            "evil/patch.yaml": "-> ../../../../../../../etc/passwd",
        },
        "leads out of the repository",
    ),
    "a-file-that-is-no-text": ({"evil/all.yaml": bytes(range(256))}, "not UTF-8"),
    "a-folder-that-is-not-there": ({"other/all.yaml": ""}, "evil"),
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_a_hostile_folder_is_told_and_its_neighbour_goes_on(
    world: World, reconciler: Run, unique: str, what: str
) -> None:
    files, told = HOSTILE[what]
    world.repository.commit({**files, "app/all.yaml": text(config_map(unique, color="red"))})
    await world.project(unique)
    await world.application(f"{unique}-evil", project=unique, path="evil")
    await world.application(unique, project=unique)

    async with reconciler():
        message = await world.until_condition(f"{unique}-evil", "ComparisonError", told)
        neighbour = {"app/all.yaml": text(config_map(unique, color="blue"))}
        commit = world.repository.commit({**files, **neighbour})
        await world.until_synced(unique, revision=commit)

    assert "root:" not in message
    assert str(world.cache_dir) not in message
    assert await world.data("x") is None
    assert await world.data(unique) == {"color": "blue"}


@pytest.mark.parametrize(
    "revision",
    [
        "--upload-pack=touch pwned",
        "-c",
        "main:app",
        "main..other",
        "refs/heads/main~1",
        "a b",
        "@{u}",
    ],
)
async def test_a_revision_that_is_an_option_or_an_expression_is_refused(
    world: World, reconciler: Run, unique: str, revision: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    source = {"repoURL": world.url, "targetRevision": revision, "path": "app"}
    await world.application(unique, project=unique, source=source)

    async with reconciler():
        message = await world.until_condition(unique, "ComparisonError")

    assert "cannot be the name of a branch, a tag or a commit" in message
    assert await world.data(unique) is None
    assert not list(world.cache_dir.rglob("pwned"))


@pytest.mark.parametrize("path", ["../..", "/etc", "app/../../..", "app\x00", "-rf"])
async def test_a_path_out_of_the_repository_is_refused(
    world: World, reconciler: Run, unique: str, path: str
) -> None:
    world.repository.commit({"app/all.yaml": text(config_map(unique))})
    await world.project(unique)
    await world.application(unique, project=unique, path=path)

    async with reconciler():
        await eventually(lambda: _is_refused(world, unique))

    selector = f"gitopskit.io/application={unique}"
    listed = await world.admin.list(CONFIG_MAPS, world.namespace, label_selector=selector)
    assert listed.items == ()


async def _is_refused(world: World, name: str) -> bool:
    return bool({"ComparisonError", "InvalidSpecError"} & (await world.conditions(name)).keys())


async def test_a_submodule_is_not_fetched(world: World, reconciler: Run, unique: str) -> None:
    commit = world.repository.commit({"app/all.yaml": text(config_map(unique, color="red"))})
    modules = '[submodule "x"]\n\tpath = app/x\n\turl = ext::sh -c "touch pwned"\n'
    blob = world.repository.git("hash-object", "-w", "--stdin", stdin=modules.encode())
    index = ("update-index", "--add", "--cacheinfo")
    world.repository.git(*index, f"100644,{blob},.gitmodules")
    world.repository.git(*index, f"160000,{commit},app/x")
    second = world.repository.commit_index()
    await world.project(unique)
    await world.application(unique, project=unique)

    async with reconciler():
        await world.until_synced(unique, revision=second)

    assert await world.data(unique) == {"color": "red"}
    assert not list(world.cache_dir.rglob("pwned"))
