"""Things made from entropy: key pairs for Git. Pure but for the entropy itself."""
