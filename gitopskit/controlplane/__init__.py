"""A throw-away Kubernetes control plane on this machine, for tests and the demo.

Owns building it from published Go modules, starting it on loopback with simulated nodes, and
leaving nothing behind. Must not know what the cluster is used for. Start reading at server.py.
"""
