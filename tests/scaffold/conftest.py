"""A new repository with two apps, rendered once per module."""

import pytest

from gitopskit.scaffold.answers import RawAnswers, make_answers
from gitopskit.scaffold.create import create_repository
from tests.support.generated_repository import GeneratedRepository


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> GeneratedRepository:
    """A repository called shop with the apps web and api in staging and prod."""
    root = tmp_path_factory.mktemp("repositories") / "shop"
    answers = make_answers(RawAnswers(name="shop", apps=("web", "api")))
    create_repository(answers, root)
    return GeneratedRepository(root, answers)
