"""Breaks a generated system on purpose, again and again, and checks over all its databases that nothing was lost or done twice."""
