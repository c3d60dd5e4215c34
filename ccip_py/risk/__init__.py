"""The independent risk monitor: it blesses what it rebuilt itself, and stops what is proven wrong.

Nothing in this folder imports any other module of the package, and nothing else imports it except
to start it. README.md beside this file says what is shared with the watched, and why.
"""
