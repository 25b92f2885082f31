"""Templates of Go's text/template with functions of sprig: a text and values in, bytes out.

Pure. Knows no Kubernetes and no keys. Start reading at template.py; docs/howto/templates.md is what
users are told.
"""
