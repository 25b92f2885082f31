"""Manifests that tell the External Secrets Operator what to fetch from where. Start at emit.py."""
