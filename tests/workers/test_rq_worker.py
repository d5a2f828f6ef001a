"""Somebody who can write to Redis cannot name a function of their own, in whatever part of a job."""

from __future__ import annotations

import pytest
import redis
from rq.serializers import JSONSerializer

from router.wakeups import Job
from workers.rq_worker import AllowedJob, ForbiddenJob


def a_job(client: redis.Redis, function: str, **more: object) -> AllowedJob:
    """The job as a worker reads it."""
    job = AllowedJob.create(function, connection=client, serializer=JSONSerializer, **more)  # type: ignore[arg-type]
    job.save()
    return AllowedJob.fetch(job.id, connection=client, serializer=JSONSerializer)


@pytest.fixture
def client(redis_url: str, redis_client: redis.Redis) -> redis.Redis:
    return redis.Redis.from_url(redis_url)


@pytest.mark.parametrize(
    "function", ["os.system", "workers.jobs.__builtins__.eval", "workers.jobs.os.system", f"{Job.DRAIN} "]
)
def test_a_function_that_is_not_ours_is_never_imported(client: redis.Redis, function: str) -> None:
    job = a_job(client, function)

    with pytest.raises(ForbiddenJob, match="is not a job of Lead Router"):
        job.func  # noqa: B018 - reading it imports it


def test_a_method_of_an_object_is_refused(client: redis.Redis) -> None:
    job = a_job(client, str(Job.DRAIN))
    name, _, arguments, keywords = JSONSerializer.loads(job.data)
    job.data = JSONSerializer.dumps((name, "anything", arguments, keywords))

    with pytest.raises(ForbiddenJob):
        job.func  # noqa: B018


def test_callbacks_that_a_job_names_are_not_called(client: redis.Redis) -> None:
    job = a_job(client, str(Job.DRAIN))
    for name in ("success", "failure", "stopped"):
        client.hset(job.key, f"{name}_callback_name", "os.system")
    job = AllowedJob.fetch(job.id, connection=client, serializer=JSONSerializer)

    assert job._success_callback_name == "os.system"
    assert (job.success_callback, job.failure_callback, job.stopped_callback) == (None, None, None)


def test_our_own_jobs_are_found(client: redis.Redis) -> None:
    assert all(callable(a_job(client, str(job)).func) for job in Job)
