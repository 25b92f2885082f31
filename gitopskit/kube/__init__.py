"""The Kubernetes API as the rest of the package sees it; start reading at ``client``.

``credentials`` alone knows kubernetes_asyncio, ``transport`` alone knows aiohttp.
"""
