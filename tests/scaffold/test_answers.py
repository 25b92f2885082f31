"""What a new repository may be called and made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gitopskit.errors import InputError
from gitopskit.scaffold.answers import (
    DEFAULT_IMAGE,
    Answers,
    Image,
    RawAnswers,
    check_name,
    check_repo_url,
    make_answers,
    parse_image,
)

DIGEST = "sha256:" + "0" * 64


def test_what_is_not_answered_has_a_default() -> None:
    assert make_answers(RawAnswers(name="shop")) == Answers(
        name="shop",
        repo_url="https://git.example.com/shop.git",
        image=parse_image(DEFAULT_IMAGE),
        apps=("web",),
        environments=("staging", "prod"),
        target_revision="main",
    )


@pytest.mark.parametrize("what", ["repository", "app", "environment"])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "is empty"),
        ("We", "is not a DNS name"),
        ("../a", "is not a DNS name"),
        ("[= x =]", "is not a DNS name"),
        ("2nd", "does not begin with a letter"),
        ("on", "YAML does not read 'on' as a text"),
        ("null", "YAML does not read 'null' as a text"),
        ("a" * 64, "is longer than 63"),
    ],
    ids=["empty", "capitals", "path", "template", "digit", "on", "null", "long"],
)
def test_a_hostile_name_is_refused(what: str, name: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        check_name(name, what)

    assert caught.value.hint


@pytest.mark.parametrize(
    ("what", "name"),
    [("repository", "platform"), ("app", "root"), ("environment", "kube")],
    ids=["project", "application", "namespace"],
)
def test_a_name_that_the_platform_needs_is_refused(what: str, name: str) -> None:
    with pytest.raises(InputError, match="is taken by the platform"):
        check_name(name, what)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (RawAnswers(name="shop", apps=("web", "web")), "the app name 'web' is given twice"),
        (
            RawAnswers(name="shop", apps=("a" * 40,), environments=("e" * 30,)),
            "is longer than 63 characters",
        ),
        (
            RawAnswers(name="shop", apps=("b-c", "c"), environments=("a", "a-b")),
            "would share the namespace a-b-c",
        ),
        (
            RawAnswers(name="shop", apps=("a-b", "a"), environments=("c", "b-c")),
            "would share the Application a-b-c",
        ),
        (RawAnswers(name="shop", target_revision="-x"), "'-x' cannot be the name of a branch"),
        (RawAnswers(name="shop", target_revision="a..b"), "'a..b' cannot be the name of a branch"),
    ],
    ids=["twice", "long pair", "same namespace", "same Application", "option", "range"],
)
def test_answers_that_do_not_go_together_are_refused(raw: RawAnswers, message: str) -> None:
    with pytest.raises(InputError) as caught:
        make_answers(raw)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/shop.git",
        "ssh://git@git.example.com:22/shop.git",
        "git@git.example.com:shop.git",
        "/srv/git/shop.git",
    ],
    ids=["https", "ssh", "scp", "path"],
)
def test_the_address_of_a_repository_is_taken_as_it_is(url: str) -> None:
    assert check_repo_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://me:s3cret@git.example.com/a.git",
        "https://git.example.com/a b.git",
        "http://git.example.com/a.git",
        "ext::sh -c id",
    ],
    ids=["password", "space", "http", "program"],
)
def test_an_address_that_the_reconciler_refuses_is_refused_here(url: str) -> None:
    with pytest.raises(InputError) as caught:
        check_repo_url(url)

    assert caught.value.hint
    assert "s3cret" not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize(
    ("reference", "image"),
    [
        ("web:v1", Image(name="web", tag="v1")),
        ("host.example.com:5000/a/web:1.0", Image(name="host.example.com:5000/a/web", tag="1.0")),
        (f"a/web:v1@{DIGEST}", Image(name="a/web", digest=DIGEST)),
        (f"a/web:latest@{DIGEST}", Image(name="a/web", digest=DIGEST)),
    ],
    ids=["tag", "port", "both", "latest with digest"],
)
def test_an_image_is_taken_apart(reference: str, image: Image) -> None:
    assert parse_image(reference) == image


@pytest.mark.parametrize(
    ("image", "text"),
    [(Image(name="a", tag="1"), "a:1"), (Image(name="a", digest=DIGEST), f"a@{DIGEST}")],
    ids=["tag", "digest"],
)
def test_an_image_is_written_as_a_container_names_it(image: Image, text: str) -> None:
    assert str(image) == text


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("web", "does not say which build"),
        ("web:latest", "does not say which build"),
        ("host.example.com:5000/web", "does not say which build"),
        ("Web:1", "is not an image"),
        ("web:1@sha256:12", "is not an image"),
        ("we b:1", "is not an image"),
        ("web:1:2", "is not an image"),
        ("w" * 600 + ":1", "is not an image"),
    ],
    ids=["no tag", "latest", "port only", "capitals", "short digest", "space", "twice", "long"],
)
def test_an_image_of_no_known_build_is_refused(reference: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_image(reference)


@given(text=some.text(alphabet="aZ09.:/@-_ \n", max_size=20))
def test_any_text_is_an_image_or_refused(text: str) -> None:
    try:
        image = parse_image(text)
    except InputError:
        return
    assert str(image) == text
