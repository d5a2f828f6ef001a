"""The `router` command."""


def main() -> None:
    """Run the command line; exit code 0 means yes, 1 no, 2 misuse."""
    # Not at the top: every child process of `router up` imports this package, and needs no command.
    from router.cli.commands import router
    from router.security.printing import guard_tracebacks

    guard_tracebacks()

    router(prog_name="router")
