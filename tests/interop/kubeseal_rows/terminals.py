"""What differs in front of a person; the calls are in test_kubeseal_terminal.py."""

from __future__ import annotations

from typing import Final

DIFFERENCES: Final = ("questions", "yaml-on-terminal")
