"""The web servers that are compared, each with the limits that it has itself, at the values that we want."""

from __future__ import annotations

from importlib.util import find_spec

APPLICATION = "bench.servers.application:app"
ASGI_APPLICATION = "bench.servers.application:asgi_app"


def installed(port: int) -> dict[str, tuple[str, ...]]:
    """The command of each server that can be imported here, by name; it listens on 127.0.0.1."""
    address = f"127.0.0.1:{port}"
    gunicorn = f"-m gunicorn -w 1 -b {address} --graceful-timeout 10 --keep-alive 10 --worker-connections 500"
    commands = {
        "ours": ("router", "-m router.web"),
        "waitress": (
            "waitress",
            f"-m waitress --listen={address} --threads=16 --connection-limit=500 --channel-timeout=10 "
            f"--cleanup-interval=2 --asyncore-use-poll {APPLICATION}",
        ),
        "gunicorn gthread": ("gunicorn", f"{gunicorn} -k gthread --threads 16 {APPLICATION}"),
        "gunicorn gevent": ("gevent", f"{gunicorn} -k gevent {APPLICATION}"),
        "granian": (
            "granian",
            f"-m granian --interface wsgi --http 1 --workers 1 --host 127.0.0.1 --port {port} "
            "--blocking-threads 16 --backpressure 500 --http1-header-read-timeout 10000 "
            f"--workers-kill-timeout 10 {APPLICATION}",
        ),
        "hypercorn": (
            "hypercorn",
            f"-m hypercorn --bind {address} --keep-alive 10 --read-timeout 10 --graceful-timeout 10 "
            f"--backlog 500 wsgi:{APPLICATION}",
        ),
        "uvicorn": (
            "uvicorn",
            f"-m uvicorn --host 127.0.0.1 --port {port} --timeout-keep-alive 10 --limit-concurrency 500 "
            "--timeout-graceful-shutdown 10 --no-access-log --log-level warning --ws none --lifespan off "
            f"{ASGI_APPLICATION}",
        ),
        "cheroot": (
            "cheroot",
            f"-m cheroot --bind {address} --threads 16 --timeout 10 {APPLICATION}",
        ),
    }
    return {name: tuple(text.split()) for name, (package, text) in commands.items() if find_spec(package)}
