"""Programs that feed readers of foreign text with bytes; start at __main__.py."""
