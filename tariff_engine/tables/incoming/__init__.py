"""Workbooks that somebody else made: looked through from outside, then read by a process with limits."""
