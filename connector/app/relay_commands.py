"""Commands for operators: `webhook ...`, for the subscriptions of any account, and `retention run`.

Subscriptions, deliveries and replays are named by their ids; whose they are is looked up.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from connector.app.options import AccountArgument, AsJson, Moment, in_utc
from webhooks.choices import LONGEST_COALESCING, DeliveryStatus, EventType, Origin

webhooks = typer.Typer(
    help="Subscriptions, what is sent for them, and trying it out.", no_args_is_help=True
)
retention = typer.Typer(help="How long the past is kept.", no_args_is_help=True)

Webhook = Annotated[str, typer.Argument(help="The subscription's id, whk_...")]
DeliveryArgument = Annotated[str, typer.Argument(help="The delivery's id, dlv_...")]


@webhooks.command("list")
def webhook_list(account: AccountArgument, as_json: AsJson = False) -> None:
    """List an account's subscriptions.

    Example: qonto-connector webhook list acct_01K9...
    """
    from connector.app.actions import subscriptions

    subscriptions.show_all(account, as_json)


@webhooks.command("show")
def webhook_show(webhook: Webhook, as_json: AsJson = False) -> None:
    """Show how a subscription stands.

    Example: qonto-connector webhook show whk_01K9...
    """
    from connector.app.actions import subscriptions

    subscriptions.show(webhook, as_json)


@webhooks.command("pause")
def webhook_pause(webhook: Webhook, as_json: AsJson = False) -> None:
    """Keep what comes for a subscription instead of sending it.

    Example: qonto-connector webhook pause whk_01K9...
    """
    from connector.app.actions import subscriptions

    subscriptions.pause(webhook, as_json)


@webhooks.command("resume")
def webhook_resume(webhook: Webhook, as_json: AsJson = False) -> None:
    """Send again, beginning with what was kept.

    Example: qonto-connector webhook resume whk_01K9...
    """
    from connector.app.actions import subscriptions

    subscriptions.resume(webhook, as_json)


@webhooks.command("change")
def webhook_change(
    webhook: Webhook,
    ordered: Annotated[
        bool | None,
        typer.Option("--ordered/--unordered", help="The events of one record one by one, or not."),
    ] = None,
    coalesce_seconds: Annotated[
        int | None,
        typer.Option(
            "--coalesce",
            min=0,
            max=LONGEST_COALESCING,
            help="Seconds to wait for later events of a record, to send one for all.",
        ),
    ] = None,
    deletions: Annotated[
        bool | None,
        typer.Option("--deletions/--no-deletions", help="DELETED is sent as well, or not."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change a subscription's options; what isn't named stays as it is.

    Example: qonto-connector webhook change whk_01K9... --ordered --coalesce 5
    """
    from connector.app.actions import subscriptions

    subscriptions.change(
        webhook,
        ordered=ordered,
        coalesce_seconds=coalesce_seconds,
        deletions=deletions,
        as_json=as_json,
    )


@webhooks.command("delete")
def webhook_delete(webhook: Webhook, as_json: AsJson = False) -> None:
    """End a subscription: when this returns, no process starts an attempt for it any more.

    Example: qonto-connector webhook delete whk_01K9...
    """
    from connector.app.actions import subscriptions

    subscriptions.delete(webhook, as_json)


@webhooks.command("rotate")
def webhook_rotate(
    webhook: Webhook,
    expire_now: Annotated[
        bool, typer.Option("--expire-now", help="End the old secret at once.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a new secret for a subscription; it is shown this once.

    Example: qonto-connector webhook rotate whk_01K9...
    """
    from connector.app.actions import subscriptions

    subscriptions.rotate(webhook, expire_now=expire_now, as_json=as_json)


@webhooks.command("test")
def webhook_test(webhook: Webhook, as_json: AsJson = False) -> None:
    """Send a test event, on the way that all events take.

    Example: qonto-connector webhook test whk_01K9...
    """
    from connector.app.actions import deliveries

    deliveries.send_test(webhook, as_json)


@webhooks.command("deliveries")
def webhook_deliveries(
    webhook: Webhook,
    status: Annotated[
        DeliveryStatus | None, typer.Option(help="Only what stands like this.")
    ] = None,
    event_type: Annotated[EventType | None, typer.Option(help="Only these.")] = None,
    event_id: Annotated[
        str | None, typer.Option(help="Only of this event, the receiver's webhook-id.")
    ] = None,
    resource_id: Annotated[str | None, typer.Option(help="Only of this record.")] = None,
    origin: Annotated[Origin | None, typer.Option(help="Only what came so.")] = None,
    since: Moment = None,
    until: Moment = None,
    most: Annotated[int, typer.Option(min=1, help="How many, the newest ones.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what was sent for a subscription, newest first.

    Example: qonto-connector webhook deliveries whk_01K9... --status GIVEN_UP --since 2026-11-01
    """
    from connector.app.actions import deliveries

    since, until = _between(since, until)
    deliveries.show_all(
        webhook,
        status=status,
        event_type=event_type,
        event_id=event_id,
        resource_id=resource_id,
        origin=origin,
        since=since,
        until=until,
        most=most,
        as_json=as_json,
    )


@webhooks.command("delivery")
def webhook_delivery(delivery: DeliveryArgument, as_json: AsJson = False) -> None:
    """Show a delivery: what was sent, and every attempt.

    Example: qonto-connector webhook delivery dlv_01K9...
    """
    from connector.app.actions import deliveries

    deliveries.show(delivery, as_json)


@webhooks.command("replay")
def webhook_replay(
    target: Annotated[str, typer.Argument(help="A delivery, dlv_..., or a subscription, whk_...")],
    everything: Annotated[
        bool, typer.Option("--all", help="Also what arrived; without it, what was given up.")
    ] = False,
    resource_id: Annotated[str | None, typer.Option(help="Only of this record.")] = None,
    since: Moment = None,
    until: Moment = None,
    as_json: AsJson = False,
) -> None:
    """Send one delivery again, or what was given up for a subscription.

    Example: qonto-connector webhook replay whk_01K9... --since 2026-11-19
    """
    from connector.app.actions import replays

    since, until = _between(since, until)
    replays.begin(
        target,
        only_failed=not everything,
        resource_id=resource_id,
        since=since,
        until=until,
        as_json=as_json,
    )


@webhooks.command("replays")
def webhook_replays(
    webhook: Webhook,
    cancel: Annotated[
        str | None, typer.Option(help="Cancel this one, rpl_..., before they are listed.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="How many, the newest ones.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List a subscription's replays, and how far they are.

    Example: qonto-connector webhook replays whk_01K9... --cancel rpl_01K9...
    """
    from connector.app.actions import replays

    replays.show_all(webhook, cancel=cancel, most=most, as_json=as_json)


@webhooks.command("listen")
def webhook_listen(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 is any free one.")] = 9999,
    secret_file: Annotated[
        Path | None, typer.Option(help="A file with the subscription's secret (64 hex characters).")
    ] = None,
) -> None:
    """Receive events on this machine, verify their signatures and print them.

    The secret comes from a file or from WEBHOOK_SECRET, never from the command line, where other
    users of the machine could read it.

    Example: WEBHOOK_SECRET=2f1f... qonto-connector webhook listen --port 9999
    """
    from connector.app.actions import listening

    listening.listen(port, secret_file)


@retention.command("run")
def retention_run(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count what would be deleted.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Delete what has been kept for CONNECTOR_RETENTION__EVENT_DAYS; workers do it every hour.

    Example: qonto-connector retention run --dry-run
    """
    from connector.app.actions import retention

    retention.run(dry_run=dry_run, as_json=as_json)


def _between(
    since: datetime | None, until: datetime | None
) -> tuple[datetime | None, datetime | None]:
    if since is not None and until is not None and since >= until:
        raise typer.BadParameter("it must be after --since", param_hint="--until")
    return in_utc(since), in_utc(until)
