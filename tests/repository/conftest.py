"""A repository with two environments, written by hand."""

from pathlib import Path

import pytest

from gitopskit.repository.layout import Repository

CONFIG = """\
apiVersion: gitopskit.io/v1
kind: Repository
spec:
  name: shop
  repoURL: https://git.example.com/shop.git
  environments:
    - name: staging
    - name: prod
      namespaceFormat: "{app}-in-{env}"
  apps:
    - name: web
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository with a configuration and nothing else."""
    folder = tmp_path / ".gitopskit"
    folder.mkdir()
    (folder / "config.yaml").write_text(CONFIG)
    return Repository(tmp_path)
