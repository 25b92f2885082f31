"""What is accepted as a name, and what is said where it is not."""

from collections.abc import Callable

import pytest

from gitopskit.errors import InputError
from gitopskit.manifests.names import require_dns_label, require_dns_subdomain


@pytest.mark.parametrize("name", ["a", "web", "web-2", "2web", "a" * 63])
def test_a_dns_label_is_accepted(name: str) -> None:
    assert require_dns_label(name, what="name") == name


@pytest.mark.parametrize("name", ["a", "web.shop", "a" * 63 + "." + "b" * 63])
def test_a_dns_subdomain_is_accepted(name: str) -> None:
    assert require_dns_subdomain(name, what="name") == name


@pytest.mark.parametrize(
    ("require", "name", "message"),
    [
        (require_dns_label, "", "the app name is empty - a.yaml:1"),
        (require_dns_label, "Web", "the app name 'Web' is not a DNS name - a.yaml:1"),
        (require_dns_label, "web.a", "the app name 'web.a' is not a DNS name - a.yaml:1"),
        (require_dns_label, "-web", "the app name '-web' is not a DNS name - a.yaml:1"),
        (require_dns_label, "web\n", r"the app name 'web\n' is not a DNS name - a.yaml:1"),
        (
            require_dns_label,
            "a" * 64,
            f"the app name '{'a' * 64}' is longer than 63 characters - a.yaml:1",
        ),
        (require_dns_subdomain, "a..b", "the app name 'a..b' is not a DNS name - a.yaml:1"),
        (
            require_dns_subdomain,
            "a" * 254,
            f"the app name '{'a' * 80}' is longer than 253 characters - a.yaml:1",
        ),
    ],
    ids=["empty", "upper", "dot", "dash first", "newline", "long", "two dots", "long subdomain"],
)
def test_another_name_is_refused_with_its_place(
    require: Callable[..., str], name: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        require(name, what="app name", where="a.yaml:1")

    assert str(caught.value) == message
    assert caught.value.hint
