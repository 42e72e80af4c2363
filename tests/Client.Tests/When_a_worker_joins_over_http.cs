using System.Collections.Concurrent;
using System.Diagnostics;
using JobSystem.Api;
using JobSystem.Support;
using JobSystem.Worker;
using Microsoft.Extensions.Configuration;

namespace JobSystem.Client.Tests;

/// <summary>A worker with an URL and an API key, beside the one of the system.</summary>
[Collection(nameof(ClientHost))]
public sealed class When_a_worker_joins_over_http(ClientHost host)
{
    [Fact]
    public async Task Should_run_its_tasks()
    {
        await using var worker = await Start("running", x =>
        {
            x.MapTask("http_greet", async (string name, TaskContext job, CancellationToken ct) =>
            {
                await job.ReportProgress(50, "half", ct);
                return new { Text = $"Hello, {name}", job.Attempt };
            });
            x.MapTask("http_fail", int () => throw new InvalidOperationException("on purpose"));
            x.MapTask("http_again", (TaskContext job) => job.Attempt == 1 ? throw new InvalidOperationException("first") : job.Attempt);
        });

        var greeted = await Run("http_greet", """{"name":"Ada"}""");
        var failed = await Run("http_fail", "{}", maxRetries: 0);
        var again = await Run("http_again", "{}", maxRetries: 1);

        Assert.Equal(("completed", """{"text":"Hello, Ada","attempt":1}"""), (greeted.Status, $"{greeted.Result}"));
        Assert.StartsWith("running~", greeted.WorkerId, StringComparison.Ordinal);
        Assert.Equal(("failed", "on purpose"), (failed.Status, failed.Error!.Message));
        Assert.Equal(("completed", "2"), (again.Status, $"{again.Result}"));
        var refused = await Assert.ThrowsAsync<JobSystemException>(() => host.Client.Jobs.Create(new() { TaskName = "http_greet" }));
        Assert.Equal("kwargs.name", Assert.Single(refused.Errors).Key);
    }

    [Fact]
    public async Task Should_enqueue_follow_up_jobs_with_the_end()
    {
        var ids = new ConcurrentQueue<string>();
        await using var worker = await Start("following", x =>
        {
            x.MapTask("http_first", (int orders, TaskContext job) =>
            {
                for (var n = 0; n < orders; n++)
                {
                    ids.Enqueue(job.Then(new ClientPage.MakeInvoice(Guid.CreateVersion7(), n), y => y.Tag("followed")));
                }
                // Dropped with this attempt
                return job.Attempt == 1 ? throw new InvalidOperationException("first") : job.Attempt;
            });
            x.MapTask("http_wrong", (TaskContext job) => job.Then("make_note", new { txt = "hello" }));
        });

        var done = await Run("http_first", """{"orders":300}""");
        var refused = await Run("http_wrong", "{}", maxRetries: 0);

        Assert.Equal(("completed", 2), (done.Status, done.Attempt));
        var followed = await host.Client.Jobs.List(new JobSelection { ParentId = done.Id }, new() { Limit = 1000 });
        Assert.Equal(ids.Skip(300).Order(), followed.Items.Select(x => x.Id).Order());
        Assert.All(followed.Items, x => Assert.Equal((done.Id, done.Owner), (x.ParentId, x.Owner)));
        await Eventually.Holds(async () => (await host.Client.Jobs.List(new JobSelection { ParentId = done.Id, Status = [JobStatuses.Completed] })).Total == 300);
        Assert.Equal(("failed", "follow_up_refused"), (refused.Status, refused.Error!.Type));
        Assert.StartsWith("follow_ups[0].kwargs.txt: ", refused.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_enqueue_jobs_at_once()
    {
        var refusals = new ConcurrentQueue<JobRefusedException>();
        var attempts = new ConcurrentQueue<string>();
        await using var worker = await Start("enqueueing", x =>
        {
            x.Use(async (job, next, _) =>
            {
                attempts.Enqueue($"{job.TaskName} {job.Attempt}");
                return await next();
            });
            x.MapTask("http_now", async (int orders, TaskContext job, CancellationToken ct) =>
            {
                var ids = await Task.WhenAll(Enumerable.Range(0, orders).Select(n => job.Enqueue(
                    new ClientPage.MakeInvoice(Guid.Empty, n), y => y.IdempotencyKey($"{job.JobId}/{n}"), ct)));
                return job.Attempt == 1 ? throw new InvalidOperationException("first") : ids;
            });
            x.MapTask("http_now_wrong", async (TaskContext job, CancellationToken ct) =>
            {
                foreach (var enqueue in (Func<Task>[])
                [
                    () => job.Enqueue("make_note", new { txt = "hello" }, cancellationToken: ct),
                    () => job.Enqueue("nowhere", cancellationToken: ct),
                ])
                {
                    refusals.Enqueue(await Assert.ThrowsAsync<JobRefusedException>(enqueue));
                }
            });
        });

        var done = await Run("http_now", """{"orders":50}""");
        var wrong = await Run("http_now_wrong", "{}", maxRetries: 0);

        Assert.Equal(("completed", 2), (done.Status, done.Attempt));
        Assert.Equal(["http_now 1", "http_now 2", "http_now_wrong 1"], attempts.Order());
        var children = await host.Client.Jobs.List(new JobSelection { ParentId = done.Id }, new() { Limit = 1000 });
        Assert.Equal(System.Text.Json.JsonSerializer.Deserialize<string[]>($"{done.Result}")!.Order(), children.Items.Select(x => x.Id).Order());
        Assert.All(children.Items, x => Assert.Equal(done.Owner, x.Owner));
        Assert.Equal("completed", wrong.Status);
        Assert.Equal(["validation_failed", "task_not_found"], refusals.Select(x => x.Code));
        Assert.Contains("kwargs.txt", refusals.First().Errors.Keys);
        Assert.Contains("start a worker that maps it", refusals.Last().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_stop_a_task_soon_after_its_job_was_cancelled()
    {
        var stopped = new ConcurrentQueue<TimeSpan>();
        await using var worker = await Start("waiting", x => x.MapTask("http_wait", async (CancellationToken ct) =>
        {
            var clock = Stopwatch.StartNew();
            try
            {
                await Task.Delay(TimeSpan.FromMinutes(1), ct);
            }
            finally
            {
                stopped.Enqueue(clock.Elapsed);
            }
        }));
        var job = await host.Client.Jobs.Create(new() { TaskName = "http_wait" });
        await Eventually.Holds(async () => (await host.Client.Jobs.Get(job.Id)).Status == JobStatuses.Running);
        var asked = Stopwatch.StartNew();

        await host.Client.Jobs.Cancel(job.Id);

        await Eventually.Holds(() => !stopped.IsEmpty);
        Assert.InRange(asked.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Equal(JobStatuses.Cancelled, (await host.Client.Jobs.Wait(job.Id, TimeSpan.FromSeconds(20))).Status);
    }

    [Fact]
    public async Task Should_obey_commands_and_leave_when_it_stops()
    {
        var worker = await Start("obeying", x =>
        {
            x.Configuration["JOBSYSTEM_DRAIN_SECONDS"] = "0";
            x.MapTask("http_held", async (CancellationToken ct) => await Task.Delay(TimeSpan.FromMinutes(1), ct));
        });
        var id = (await host.Client.Workers.List()).Items.Single(x => x.Name.StartsWith("obeying", StringComparison.Ordinal)).Id;

        Assert.True((await host.Client.Workers.Ping(id)).Success);
        Assert.Equal("paused", (await host.Client.Workers.Pause(id)).Status);
        var job = await host.Client.Jobs.Create(new() { TaskName = "http_held" });
        await Task.Delay(3000);
        Assert.Equal(JobStatuses.Pending, (await host.Client.Jobs.Get(job.Id)).Status);
        await host.Client.Workers.Resume(id);
        await Eventually.Holds(async () => (await host.Client.Jobs.Get(job.Id)).Status == JobStatuses.Running);
        await worker.StopAsync();
        await worker.DisposeAsync();

        // Given back, and not lost
        var given = await host.Client.Jobs.Get(job.Id);
        Assert.Equal((JobStatuses.Pending, 0), (given.Status, given.RetryCount));
        await Eventually.Holds(async () => (await host.Client.Workers.List()).Items.All(x => x.Id != id));
        await host.Client.Jobs.Cancel(job.Id);
    }

    [Fact]
    public async Task Should_keep_up_with_short_jobs()
    {
        await using var worker = await Start("short", x => x.MapTask("http_short", (int n) => n));
        var tag = ClientHost.NewTag();
        var clock = Stopwatch.StartNew();

        for (var batch = 0; batch < 2; batch++)
        {
            await host.Client.Jobs.CreateMany(Enumerable.Range(0, 1000).Select(n => new CreateJobRequest
            {
                TaskName = "http_short",
                Kwargs = RawJson.FromText($$"""{"n":{{n}}}"""),
                Tags = [tag],
            }));
        }

        await Eventually.Holds(async () => (await host.Client.Jobs.List(new JobSelection { Tags = [tag], Status = [JobStatuses.Completed] })).Total == 2000);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData("JOBSYSTEM_URL", "", "JOBSYSTEM_URL is not set. It is the address of JobSystem: https://jobs.example.com")]
    [InlineData("JOBSYSTEM_API_KEY", "", "JOBSYSTEM_API_KEY is not set. It is an API key with the permission run_jobs")]
    [InlineData("JOBSYSTEM_URL", "localhost:8080", "JobSystem client: Url (JOBSYSTEM_URL): expected the address of JobSystem, such as https://jobs.example.com; got \"localhost:8080\"")]
    public async Task Should_say_what_is_missing(string setting, string value, string message)
    {
        var builder = JobWorker.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["JOBSYSTEM_URL"] = host.Url, ["JOBSYSTEM_API_KEY"] = host.AdminKey, [setting] = value });

        var worker = builder.Build();
        var error = await Record.ExceptionAsync(() => worker.StartAsync());

        Assert.Equal(message, Assert.IsType<WorkerSettingException>(error).Message);
        // A host that fails to start logs the exception with its stack
        Assert.DoesNotContain("Microsoft.Extensions.Hosting", error.StackTrace, StringComparison.Ordinal);
    }

    async Task<Job> Run(string task, string kwargs, int maxRetries = 3)
    {
        var job = await host.Client.Jobs.Create(new() { TaskName = task, Kwargs = RawJson.FromText(kwargs), MaxRetries = maxRetries, RetryDelay = 0.1 });
        return await host.Client.Jobs.Wait(job.Id, TimeSpan.FromSeconds(30));
    }

    /// <summary>Started, and its tasks are known.</summary>
    async Task<JobWorker> Start(string name, Action<JobWorkerBuilder> map)
    {
        var key = await host.Client.ApiKeys.Create(new() { Name = name, Permissions = ["run_jobs"] });
        var builder = JobWorker.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["JOBSYSTEM_URL"] = host.Url,
            ["JOBSYSTEM_API_KEY"] = key.Key,
            ["JOBSYSTEM_WORKER_NAME"] = name,
        });
        map(builder);
        var worker = builder.Build();
        await worker.StartAsync();
        await Eventually.Holds(async () => (await host.Client.Workers.List()).Items.Any(x => x.Name == name && x.Status == "running"));
        return worker;
    }
}
