using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;
using JobSystem.Support;

namespace JobSystem.Journeys.Bus;

/// <summary>Requests for attempts as no executor sends them: they are granted nothing that is not theirs, and hold nobody up, however often they come.</summary>
[Collection(Stack.Name)]
public sealed class When_a_worker_asks_wrongly(SharedStack stack) : Journey(stack)
{
    /// <summary>In seconds: sooner than wrong requests are forgotten, and those under way come in turn.</summary>
    const int Soon = 5;
    const string RequestId = "0195d3a5-7e43-7b57-8d3a-0123456789ab";

    readonly string _task = $"acted_{Guid.CreateVersion7():N}";

    /// <summary>What is granted nothing. TASK and WORKER stand for those of the worker that sends it.</summary>
    public static TheoryData<string, string> Wrong => new()
    {
        { "nothing", "null" },
        { "a list", "[]" },
        { "an empty object", "{}" },
        { "none wanted", With("count", "0") },
        { "less than none", With("count", "-1") },
        { "the least number", With("count", "-2147483648") },
        { "more than a number holds", With("count", "1e99") },
        { "a count that is text", With("count", "\"many\"") },
        { "no id", With("request_id", "null") },
        { "an id that is none", With("request_id", "\"seven\"") },
        { "a replaced request that is none", With("replaces", "7") },
        { "no worker", With("worker_id", "null") },
        { "a worker that is a number", With("worker_id", "7") },
        { "tasks missing", With("tasks", "null") },
        { "no tasks", With("tasks", "[]") },
        { "tasks that are null", With("tasks", "[null]") },
        { "tasks that are text", With("tasks", "[\"TASK\"]") },
        { "a task without a name", With("tasks", """[{"name":null,"version":"1.0"}]""") },
        { "a task that nobody has", With("tasks", """[{"name":"nobody's","version":"1.0"}]""") },
        { "no queues", With("queues", "[]") },
        { "queues that are null", With("queues", "[null]") },
        { "queues that are text", With("queues", "\"default\"") },
        { "an unknown queue", With("queues", """["nobody's"]""") },
        { "a pattern for queues", With("queues", """["*"]""") },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Should_grant_it_nothing_and_go_on(string what, string request)
    {
        await using var wrong = await ActedWorker.Enter(stack, _task);
        await using (Repeat(wrong, request))
        {
            await GoesOn(what);
        }
        Assert.Null(await wrong.TryHear("AttemptsGranted", TimeSpan.FromMilliseconds(100)));
        await EmptyErrors();
    }

    /// <summary>What is reserved for a worker that is not there runs elsewhere after the lease.</summary>
    [Theory]
    [InlineData("null")]
    [InlineData("\"nobody\"")]
    [InlineData("\"\"")]
    [InlineData("\"with \\u0000\"")]
    [InlineData("\"with \\ud800\"")]
    [InlineData("\"with \\n and 1000000007 and 1000000009\"")]
    public async Task Should_go_on_when_it_has_the_name_of_no_worker(string name)
    {
        await using var wrong = await ActedWorker.Enter(stack, _task);
        var job = await Submit();
        await using (Repeat(wrong, With("worker_id", name)))
        {
            Assert.Equal("completed", (await stack.Client.Run(JobRequest.Echo(name), Soon)).Status);
        }

        await using var right = await ActedWorker.Enter(stack, _task);
        var granted = await Eventually.Gets(right.Ask, TimeSpan.FromSeconds(20));
        Assert.StartsWith($"{job} ", granted, StringComparison.Ordinal);
        await right.Report(job, int.Parse(granted.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), "completed");
        Assert.Equal("completed", (await stack.Client.WaitFor(job)).Status);
        await EmptyErrors();
    }

    [Theory]
    [InlineData("2147483647")]
    [InlineData("10000000")]
    public async Task Should_grant_what_there_is_when_too_much_is_wanted(string count)
    {
        await using var greedy = await ActedWorker.Enter(stack, _task);
        var jobs = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Submit()));

        await greedy.SendRequest(Fill(With("count", count), greedy));
        var heard = new List<string>();
        while (heard.Count < jobs.Length)
        {
            heard.AddRange((await greedy.Hear("AttemptsGranted")).GetProperty("granted").EnumerateArray().Select(x => x.GetProperty("job_id").GetString()!));
        }

        Assert.Equal(jobs.Order(), heard.Order());
        await Task.WhenAll(jobs.Select(job => greedy.Report(job, 1, "completed")));
        await Task.WhenAll(jobs.Select(job => stack.Client.WaitFor(job)));
    }

    [Fact]
    public async Task Should_go_on_after_what_is_no_message()
    {
        await using var wrong = await ActedWorker.Enter(stack, _task);
        foreach (var body in (string[])["", "garbage", "[]", "{}", """{"messageType":["urn:message:Some:Other"],"message":{}}""", new('[', 100_000)])
        {
            await wrong.SendRaw(Broker.Requests, body);
        }
        await GoesOn("garbage");
        await EmptyErrors();
    }

    /// <summary>A request that is right but for one member.</summary>
    static string With(string member, string json)
    {
        var request = new Dictionary<string, string>
        {
            ["worker_id"] = "\"WORKER\"",
            ["request_id"] = $"\"{RequestId}\"",
            ["count"] = "1",
            ["tasks"] = """[{"name":"TASK","version":"1.0"}]""",
            [member] = json,
        };
        return $"{{{string.Join(',', request.Select(x => $"\"{x.Key}\":{x.Value}"))}}}";
    }

    /// <summary>Each with an id of its own.</summary>
    string Fill(string request, ActedWorker worker) => request
        .Replace("TASK", _task, StringComparison.Ordinal)
        .Replace("WORKER", worker.Id, StringComparison.Ordinal)
        .Replace(RequestId, $"{Guid.CreateVersion7()}", StringComparison.Ordinal);

    /// <summary>The executors run their jobs, and a right request for the same task is granted its job.</summary>
    async Task GoesOn(string what)
    {
        await using var right = await ActedWorker.Enter(stack, _task);
        Assert.Equal("completed", (await stack.Client.Run(JobRequest.Echo(what), Soon)).Status);
        var job = await Submit();
        Assert.Equal($"{job} 1", await right.Ask());
        await right.Report(job, 1, "completed");
        Assert.Equal("completed", (await stack.Client.WaitFor(job)).Status);
    }

    Repetition Repeat(ActedWorker worker, string request) => new(() => worker.SendRequest(Fill(request, worker)));

    /// <summary>What could not be read was put aside, which would be a fault in any other journey.</summary>
    async Task EmptyErrors()
    {
        foreach (var queue in (await Broker.QueueNames(stack)).Where(name => name is $"{Broker.Requests}_error" or $"{Broker.Requests}_skipped"))
        {
            await Broker.Purge(stack, queue);
        }
    }

    async Task<string> Submit() => (await stack.Client.Submit(new JobRequest { TaskName = _task, MaxRetries = 0 })).Id;

    /// <summary>Does something five times a second until it is disposed of: a worker that is wrong does not stop being so.</summary>
    sealed class Repetition : IAsyncDisposable
    {
        readonly CancellationTokenSource _stop = new();
        readonly Task _running;

        public Repetition(Func<Task> act) => _running = Run(act);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            _stop.Dispose();
        }

        async Task Run(Func<Task> act)
        {
            while (!_stop.IsCancellationRequested)
            {
                await act();
                await Task.Delay(200);
            }
        }
    }
}
