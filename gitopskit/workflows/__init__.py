"""What spans several capabilities: bootstrap, demo, status, doctor. One file per workflow."""
