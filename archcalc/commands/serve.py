"""`archcalc serve`: the page of a report, kept up to date while a spec is edited."""

from __future__ import annotations

import threading

import click

from archcalc.commands._options import SPEC_HELP, batch_option, dtype_option, network_options, opened
from archcalc.errors import ArchcalcError, UsageError


@click.command(epilog=SPEC_HELP)
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@network_options
@batch_option
@dtype_option
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
              help="Where to listen, on this machine only; 0 for any port that is free.")
@click.option("--open", "show", is_flag=True, help="Open the page in a browser.")
def command(specs: tuple[str, ...], mode: str, input_size: str | None, settings: tuple[str, ...], batch: int,
            dtype: str, port: int, show: bool) -> None:
    """Serve the page of `report --format html`, and update it when a spec is saved.

    What a spec extends and includes is watched too. A mistake is shown with its place over the last good page. Only
    this machine can reach the page. Ctrl-C ends it.
    """
    from archcalc.html import page
    from archcalc.reports.report import Report
    from archcalc.serving.live import Live
    from archcalc.serving.server import Server
    from archcalc.serving.watch import follow, watched

    if "-" in specs:
        raise UsageError("serve watches files; `-` can be read only once")

    def build(version: str) -> str:
        return page([Report(opened(spec, mode, input_size, settings), batch, dtype) for spec in specs], live=version)

    live = Live(build, lambda version: page([], live=version))
    with Server(live, port) as server:
        before = watched(specs)
        error = live.refresh()
        if isinstance(error, UsageError):
            raise error
        _tell(error)
        click.echo(f"{', '.join(specs)}: {server.address} (Ctrl-C ends)", err=True)
        if show:
            click.launch(server.address)
        stop = threading.Event()
        follower = (before, specs, lambda: _tell(live.refresh()), stop)
        watcher = threading.Thread(target=follow, args=follower, daemon=True)
        watcher.start()
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            stop.set()
            watcher.join(2)


def _tell(error: ArchcalcError | None) -> None:
    if error is not None:
        click.echo(f"Error: {error}", err=True)
