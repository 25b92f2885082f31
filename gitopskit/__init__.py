"""gitopskit: scaffold a GitOps repository, seal its secrets, keep a cluster equal to it.

The public API is what ``__all__`` names; every other module may change in any release.
Start reading at docs/architecture.md, then at the command you care about in gitopskit/cli.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
