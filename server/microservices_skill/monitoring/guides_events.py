"""Runbooks of events: of the outbox, of dead letters and of the broker that carries them."""

from __future__ import annotations

from collections.abc import Sequence

from microservices_skill.model.system import Language
from microservices_skill.monitoring.guide import Guide
from microservices_skill.monitoring.watched import Watched

_QUEUES = "`docker compose exec rabbitmq rabbitmqctl list_queues name messages consumers`"
_BROKER = f"Is the broker well? `curl ADDRESS/health/ready` says `broker`; {_QUEUES} answers at once where it is."
_SURE_OUTBOX = '`max by (service) (outbox_lag_seconds{service="SERVICE"})` falls to 0; the inboxes of those who hear drop what comes twice.'


def _told(each: Watched) -> Sequence[str]:
    return tuple(f"{each.name} tells `{each.type_of(event)}`." for event in each.published)


def _heard(each: Watched) -> Sequence[str]:
    queue = f"{each.system}.{each.name}"
    lines = [f"{each.name} hears `{each.type_of(event)}` from {event.publisher}, in `{queue}`." for event in each.heard]
    return (*lines, *_moving(queue), *_rebuilding(each))


def _moving(queue: str) -> Sequence[str]:
    shovel = (
        f'{{"src-protocol":"amqp091","src-uri":"amqp://","src-queue":"{queue}.dead-letters","src-delete-after":"queue-length",'
        f'"dest-protocol":"amqp091","dest-uri":"amqp://","dest-queue":"{queue}","ack-mode":"on-confirm"}}'
    )
    return (f"Back to `{queue}`: `rabbitmqctl set_parameter shovel {queue}.again '{shovel}'`.",)


def _rebuilding(each: Watched) -> Sequence[str]:
    is_node = each.service.language is Language.TYPESCRIPT
    command = "npm run rebuild" if is_node else f"python -m {each.service.package}.rebuild"
    return tuple(f"If its letters are lost, build the view anew in {each.name}: `{command} {view.name}`." for view in each.service.views)


EVENT_GUIDES = {
    "OutboxLags": Guide(
        means="The oldest event that the service has to tell waits for more than a minute. The change behind it is done and kept; "
        "those who hear of it do not know yet. Nothing is lost, and order is kept.",
        look=(
            _BROKER,
            'Does it fail, or is it slow? `sum by (outcome) (rate(events_published_total{service="SERVICE"}[5m]))`.',
            "What does it say? `docker compose logs CONTAINER | grep -e outbox -e broker` (`outbox.publish_failed`, `broker.unavailable`).",
            "Is a queue full? The broker refuses what no queue has room for: see the messages of each queue above.",
        ),
        mend=(
            "If the broker is down, bring it back; services connect by themselves and publish what waits, oldest first.",
            "If it refuses, free what it lacks: memory, disk, or a queue that nobody drains.",
            "If the broker is well and the service says nothing, restart one of its processes: another takes over its leases.",
        ),
        sure=_SURE_OUTBOX,
        about=_told,
    ),
    "OutboxFills": Guide(
        means="More events are made than are published, or publishing has stopped.",
        look=('Made and published: `deriv(outbox_pending{service="SERVICE"}[15m])` above 0 is more than it can publish.', _BROKER),
        mend=("If it has stopped, see [OutboxLags](outbox-lags.md).", "If it is a peak, wait: it catches up. If not, add processes of it."),
        sure='`max by (service) (outbox_pending{service="SERVICE"})` falls.',
        about=_told,
    ),
    "EventsNotPublished": Guide(
        means="Tries to publish fail, for ten minutes. Each event stays in the outbox and is tried again with growing pauses.",
        look=(
            'Which events: `sum by (event) (increase(events_published_total{service="SERVICE",outcome="failed"}[15m]))`.',
            "Why: `docker compose logs CONTAINER | grep outbox.publish_failed` has the broker's own words in `error`.",
            _BROKER,
        ),
        mend=(
            "If all fail, it is the broker: see [BrokerDown](broker-down.md) and its alarms.",
            "If only one event fails, the queue of one who hears it refuses: it is full. See [QueueUnheard](queue-unheard.md).",
        ),
        sure='`sum by (service) (increase(events_published_total{service="SERVICE",outcome="failed"}[5m]))` is 0.',
        about=_told,
    ),
    "EventsDeadLettered": Guide(
        means="The service tried an event several times, could not handle it and put it aside, so that others go on. What it tells of "
        "has not happened here. A dead letter is a bug report: of the publisher, of the service, or of the data.",
        look=(
            "Which and why: `docker compose logs CONTAINER | grep event.dead_lettered` has `event_id`, `event_type` and `error`.",
            "Its story: `microservices-skill trace EVENT_ID` on a machine where `up` runs, else the trace that the record names.",
            f"How many wait: {_QUEUES}.",
            (
                "`data does not fit` is a publisher that breaks its contract: compare with `contracts/events/`. "
                "Anything else is a fault of the service or of a rule that somebody wrote."
            ),
        ),
        mend=(
            "Mend the cause and release it. Before that, moving letters back only brings them back here.",
            (
                "Move the letters back to their queue; the inbox drops what was done already. The broker does it with "
                "`rabbitmq-plugins enable rabbitmq_shovel`, once, and the command of its queue above; it ends by itself."
            ),
        ),
        sure='`increase(events_dead_lettered_total{service="SERVICE"}[1h])` is 0, and the queue of dead letters is empty.',
        about=_heard,
    ),
}

BROKER_GUIDES = {
    "BrokerDown": Guide(
        means="RabbitMQ does not answer. Requests are served as before; events wait in outboxes, and sagas stand still.",
        look=("`docker compose ps rabbitmq`, then `docker compose logs --tail=50 rabbitmq`.", "`rabbitmq-diagnostics check_running`."),
        mend=("Start it: `docker compose up -d rabbitmq`. Its queues and their messages are on disk.", "Restart no service."),
        sure='`up{job="rabbitmq"}` is 1, and `max by (service) (outbox_lag_seconds)` falls to 0 everywhere.',
    ),
    "BrokerMemoryAlarm": Guide(
        means="RabbitMQ uses more memory than it may, and blocks everybody who publishes.",
        look=(f"Which queue is long, and who does not drain it? {_QUEUES}.", "`rabbitmq-diagnostics memory_breakdown`."),
        mend=("Bring back the service whose queue is long.", "Give the broker more memory."),
        sure="`rabbitmq_alarms_memory_used_watermark` is 0, and outboxes empty.",
    ),
    "BrokerDiskAlarm": Guide(
        means="RabbitMQ has less room on disk than it wants to keep free, and blocks everybody who publishes.",
        look=(f"Which queue is long? {_QUEUES}.", "`df -h /var/lib/rabbitmq` in its container."),
        mend=("Make room, or give the volume more.", "Bring back the service whose queue is long."),
        sure="`rabbitmq_alarms_free_disk_space_watermark` is 0, and outboxes empty.",
    ),
    "DeadLettersWait": Guide(
        means="Messages that a service gave up are still there. The alert stays until somebody has dealt with them.",
        look=(f"Whose? The queue is named after the service: {_QUEUES}.", "Why: see [EventsDeadLettered](events-dead-lettered.md)."),
        mend=("Mend the cause, then move them back, as that page says.", "Purge only what is known to be worthless: it cannot be undone."),
        sure="Every queue that ends with `.dead-letters` is empty.",
    ),
    "QueueGrows": Guide(
        means="Messages come faster than a service handles them, or it tries one again and again and the others wait behind it.",
        look=(
            f"Which service? {_QUEUES}.",
            "Does it retry? `docker compose logs CONTAINER | grep event.retry` names the message and the reason.",
            "Is it slow? `sum by (service, event) (rate(events_consumed_total[5m]))`.",
        ),
        mend=(
            "If its database or a neighbour is away, bring that back: an outage does not count as a try.",
            "One process at a time drains a queue, so that order is kept: more processes do not help. Make handling cheaper.",
        ),
        sure="The queue gets shorter.",
    ),
    "QueueUnheard": Guide(
        means="No process of the service is connected to its queue.",
        look=("Does the service run? See [ServiceDown](service-down.md).", "If it does, `curl ADDRESS/health/ready` says `broker`."),
        mend=(
            "Start it. If it runs and is not connected, its log says why (`broker.unavailable`): a password, an address, a network policy.",
            "If the service is no more, delete its queue: else it fills until publishers are refused.",
        ),
        sure="`rabbitmq_detailed_queue_consumers` of the queue is 1.",
    ),
}
