"""Every way into the engine from outside Python: the command line and the HTTP service."""
