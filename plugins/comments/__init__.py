"""Comments: the seam with the comment service, as seen by the build."""
