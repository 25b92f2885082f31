"""Sealing and unsealing of whole texts, and the files and objects that hold sealing keys.

Owns formats and documents; the cryptography of one Secret is known to sealing. Start at texts.py.
"""
