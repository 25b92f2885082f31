"""The functions that templates may use, and those of sprig that are refused, each with its reason.

docs/howto/templates.md lists both; a test compares them with this module and with sprig itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import TemplateFailed, TemplateRefused
from gitopskit.gotemplate.choosing import CHOOSING
from gitopskit.gotemplate.comparing import COMPARING
from gitopskit.gotemplate.dictionaries import DICTIONARIES
from gitopskit.gotemplate.encoding import ENCODING
from gitopskit.gotemplate.escaping import ESCAPING
from gitopskit.gotemplate.json_text import JSON
from gitopskit.gotemplate.lists import LISTS
from gitopskit.gotemplate.numbers import NUMBERS
from gitopskit.gotemplate.regular_expressions import REGULAR_EXPRESSIONS
from gitopskit.gotemplate.texts import TEXTS

if TYPE_CHECKING:
    from gitopskit.gotemplate.function import Function

FUNCTIONS: Final[dict[str, Function]] = {
    **COMPARING,
    **ESCAPING,
    **TEXTS,
    **NUMBERS,
    **LISTS,
    **DICTIONARIES,
    **CHOOSING,
    **ENCODING,
    **JSON,
    **REGULAR_EXPRESSIONS,
}

_CHANGES: Final = "its result is another one each time, and a Secret must stay the same"
_CLOCK: Final = "its result depends on the clock or the time zone"
_OUTSIDE: Final = "it looks outside of the SealedSecret"
_SECRETS: Final = "keys and passwords are made by `gitopskit seal`, once"
_MISSING: Final = "it is not supported"

REFUSED: Final[dict[str, str]] = {
    **dict.fromkeys(
        (
            "randAlphaNum",
            "randAlpha",
            "randAscii",
            "randNumeric",
            "randBytes",
            "randInt",
            "shuffle",
            "uuidv4",
        ),
        _CHANGES,
    ),
    **dict.fromkeys(
        (
            "now",
            "ago",
            "date",
            "date_in_zone",
            "date_modify",
            "dateInZone",
            "dateModify",
            "must_date_modify",
            "mustDateModify",
            "htmlDate",
            "htmlDateInZone",
            "toDate",
            "mustToDate",
            "unixEpoch",
        ),
        _CLOCK,
    ),
    **dict.fromkeys(
        (
            "env",
            "expandenv",
            "getHostByName",
        ),
        _OUTSIDE,
    ),
    **dict.fromkeys(
        (
            "bcrypt",
            "htpasswd",
            "derivePassword",
            "genPrivateKey",
            "genCA",
            "genCAWithKey",
            "genSelfSignedCert",
            "genSelfSignedCertWithKey",
            "genSignedCert",
            "genSignedCertWithKey",
            "buildCustomCert",
            "encryptAES",
            "decryptAES",
        ),
        _SECRETS,
    ),
    **dict.fromkeys(
        (
            "call",
            "camelcase",
            "duration",
            "durationRound",
            "kebabcase",
            "semver",
            "semverCompare",
            "snakecase",
            "urlJoin",
            "urlParse",
            "wrap",
            "wrapWith",
        ),
        _MISSING,
    ),
}


def require_function(name: str) -> None:
    """Check that templates may use a function.

    Raises:
        TemplateRefused: it is one of sprig's that is refused.
        TemplateFailed: there is none of that name.
    """
    if name in REFUSED:
        raise TemplateRefused(f"`{name}` is refused: {REFUSED[name]}", hint=_HINT)
    if name not in FUNCTIONS:
        raise TemplateFailed(f"there is no function `{name[:_LONGEST_SHOWN]}`", hint=_HINT)


_HINT: Final = "docs/howto/templates.md lists the functions that there are"
_LONGEST_SHOWN: Final = 40
