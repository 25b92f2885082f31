"""One resolver of a repository that every command uses: configuration, layout, certificates, templates."""
