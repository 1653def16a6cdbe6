"""The apps and configurations of the peers."""
