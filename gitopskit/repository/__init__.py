"""One resolver of a repository for every command: config, layout, certificates, templates."""
