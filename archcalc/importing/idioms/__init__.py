"""What code writes out in many calls, recognised while it is read."""
