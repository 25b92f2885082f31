"""Secret values made from entropy: passwords, tokens, keys. Pure but for the entropy itself."""
