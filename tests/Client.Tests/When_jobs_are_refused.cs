using System.Net;
using JobSystem.Support;

namespace JobSystem.Client.Tests;

/// <summary>What can go wrong says what to do.</summary>
[Collection(nameof(ClientHost))]
public sealed class When_jobs_are_refused(ClientHost host)
{
    [Fact]
    public async Task Should_say_that_no_worker_has_the_task()
    {
        var refused = await Assert.ThrowsAsync<JobRefusedException>(() => host.Client.Enqueue(new Unknown(1)));

        Assert.Equal(("task_not_found", 400), (refused.Code, refused.Status));
        Assert.Equal(
            "Failed to create jobs: task_name: Task not found: nobody_has_this. No worker has announced this task: start a worker that maps it, or correct the name in [Job].",
            refused.Message);
        Assert.Equal(["task_name"], refused.Errors.Keys);
    }

    [Fact]
    public async Task Should_say_that_the_attribute_is_missing()
    {
        var missing = await Assert.ThrowsAsync<InvalidOperationException>(() => host.Client.Enqueue(new WithoutName(1)));
        var wrong = await Assert.ThrowsAsync<InvalidOperationException>(() => host.Client.Enqueue(new BadName(1)));

        Assert.Equal("WithoutName has no [Job(\"name\")], which names the task that it runs: add it to the type.", missing.Message);
        Assert.StartsWith("BadName: [Job(\"has spaces\")]: expected the name of a task", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_validate_before_anything_is_sent()
    {
        var sent = 0;
        using var client = host.Through(new Tap((_, send) =>
        {
            sent++;
            return send();
        }));

        var refused = await Assert.ThrowsAsync<JobRefusedException>(() => client.Enqueue(new Order(0, "nobody", [new("x"), new("")])));
        var whole = await Assert.ThrowsAsync<JobRefusedException>(() => client.Enqueue(new Order(1, "a@b.c", [new("x"), new("y")])));
        await client.Enqueue(new Order(2, "a@b.c", [new("x"), new("y")]));

        Assert.Equal("validation_failed", refused.Code);
        Assert.Equal(["kwargs.count", "kwargs.email", "kwargs.lines[1].item"], refused.Errors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("Order is not valid: kwargs.lines: more lines than items", whole.Message);
        Assert.Equal(1, sent);
    }

    [Fact]
    public async Task Should_validate_again_before_a_job_runs()
    {
        var job = await host.Client.Jobs.Create(new()
        {
            TaskName = "order",
            Kwargs = new("""{"count":0,"email":"nobody","lines":[]}"""),
            MaxRetries = 0,
            QueueName = "default",
        });

        var failed = await Assert.ThrowsAsync<JobFailedException>(() => host.Client.WaitForCompletion(job.Id));

        Assert.Equal(("invalid_arguments", 1), (failed.ErrorType, failed.Attempt));
        Assert.Contains("argument 'count': The field Count must be between 1 and 100.", failed.Error, StringComparison.Ordinal);
        Assert.Contains("argument 'email': ", failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_announce_the_record_as_the_tasks_schema()
    {
        var task = await host.Client.Tasks.Get("make_full_invoice");

        Assert.Equal(("invoices", 5, 7, 90), (task.Queue, task.MaxRetries, task.RetryDelay, task.Timeout));
        var names = task.Parameters!.Value.Parse().GetProperty("properties").EnumerateObject().Select(x => x.Name);
        Assert.Equal(["order_id", "total", "ordered_at", "paid_by", "ship_to", "lines", "note", "discount", "serial", "grace"], names);
    }

    [Fact]
    public async Task Should_say_that_the_key_is_wrong()
    {
        using var client = new JobSystemClient(host.Url, "not-a-key");

        var refused = await Assert.ThrowsAsync<JobSystemException>(() => client.System.Me());

        Assert.Equal(("unauthorized", 401), (refused.Code, refused.Status));
        Assert.Contains("Check ApiKey (JOBSYSTEM_API_KEY)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_say_which_permission_is_missing()
    {
        var key = await host.Client.ApiKeys.Create(new() { Name = "weak" });
        using var client = new JobSystemClient(host.Url, key.Key);

        var refused = await Assert.ThrowsAsync<JobSystemException>(() => client.Queues.Pause("still"));

        Assert.Equal(("forbidden", 403), (refused.Code, refused.Status));
        Assert.Contains("manage_jobs", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("Use a key or token that has it.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_say_that_nothing_answers_at_the_address()
    {
        var url = $"http://127.0.0.1:{FreePort.Next()}";
        using var client = new JobSystemClient(new JobSystemClientOptions { Url = url, ApiKey = "a-key", Patience = TimeSpan.FromSeconds(1) });

        var away = await Assert.ThrowsAsync<JobSystemUnavailableException>(() => client.Enqueue(new RunNote("x")));

        Assert.Equal("unreachable", away.Code);
        Assert.StartsWith($"JobSystem cannot be reached: POST api/v1/jobs/batch at {url}/: ", away.Message, StringComparison.Ordinal);
        Assert.EndsWith(". Check that it runs there, and that Url (JOBSYSTEM_URL) is right.", away.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_say_that_the_path_base_is_wrong()
    {
        using var client = new JobSystemClient($"{host.Url}/jobs", host.AdminKey);

        var refused = await Assert.ThrowsAnyAsync<JobSystemException>(() => client.Enqueue(new RunNote("x")));

        Assert.Equal("not_found", refused.Code);
        Assert.EndsWith(
            "Check that Url (JOBSYSTEM_URL) is the address of JobSystem, with its path base if it has one.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_say_that_something_else_answers_at_the_address()
    {
        using var wrong = host.Through(new Tap((_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("<html>") })));
        using var moved = host.Through(new Tap((_, _) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.MovedPermanently) { Headers = { Location = new("https://elsewhere.example/") } })));
        using var missing = host.Through(new Tap((_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.NotFound) { Content = new StringContent("?") })));

        Assert.Equal("unexpected_answer", (await Assert.ThrowsAsync<JobSystemException>(() => wrong.System.Me())).Code);
        Assert.Equal("unexpected_answer", (await Assert.ThrowsAsync<JobSystemException>(() => missing.System.Me())).Code);
        var redirected = await Assert.ThrowsAsync<JobSystemException>(() => moved.System.Me());
        Assert.Contains("redirects GET api/v1/me to https://elsewhere.example/", redirected.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_name_the_fields_of_a_refused_request()
    {
        var refused = await Assert.ThrowsAsync<JobSystemException>(() =>
            host.Client.Jobs.Create(new() { TaskName = "make_note", Kwargs = new("""{"text":5}"""), Priority = "urgent" }));

        Assert.Equal(("validation_failed", 400), (refused.Code, refused.Status));
        Assert.Contains("priority", refused.Errors.Keys);
        Assert.NotNull(refused.TraceId);
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    public async Task Should_refuse_ids_that_lead_elsewhere(string id) =>
        await Assert.ThrowsAsync<ArgumentException>(() => host.Client.Jobs.Get(id));

    [Fact]
    public async Task Should_find_ids_with_any_characters()
    {
        var refused = await Assert.ThrowsAsync<JobSystemException>(() => host.Client.Jobs.Get("a/../b?c=d#e"));

        Assert.Equal("job_not_found", refused.Code);
    }

    [Fact]
    public async Task Should_say_that_the_job_has_ended()
    {
        var handle = await host.Client.Enqueue(new RunNote("x"));
        await handle.Result();

        Assert.Equal("job_final", (await Assert.ThrowsAsync<JobSystemException>(() => handle.Cancel())).Code);
    }
}
