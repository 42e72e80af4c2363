using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Storage.Sqlite;
using JobSystem.JobApi.Tests.Api;
using JobSystem.ServiceDefaults.Bus;
using JobSystem.Support;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.JobApi.Tests.Bus;

[Collection(ApiTests.Name)]
public sealed class MessageSizeTests(SharedHost shared) : MessageSizes(shared.Host);

[Collection(ServerApiTests.Name)]
public sealed class MessageSizeOnServersTests(SharedServers shared) : MessageSizes(shared.Host);

/// <summary>What goes over the bus in lists is cut at about 1 MiB, measured where it arrives.</summary>
public abstract class MessageSizes(JobApiHost api)
{
    /// <summary>The envelope, and what a list has beside its items.</summary>
    const int Most = MessageSize.Limit + 8 * 1024;

    readonly string worker = $"acted-{Guid.CreateVersion7():N}";
    readonly string queue = $"acted-{Guid.CreateVersion7():N}";
    readonly ConcurrentQueue<(object Message, int Bytes)> heard = new();

    [Theory]
    [InlineData('x')]
    [InlineData('ü')]
    public async Task Grants_OfLargeJobs_ComeInParts(char letter)
    {
        await using var inbox = await Listen();
        var text = new string(letter, letter < 128 ? 250_000 : 40_000);
        var ids = await Submit(90, $$"""{"task_name":"echo","queue_name":"{{queue}}","kwargs":{"v":"{{text}}"} }""");

        await Request(ids.Count);
        await Eventually.Holds(() => Granted().Count == ids.Count, TimeSpan.FromSeconds(60));

        Assert.Equal(ids.Order(), Granted().Order());
        Assert.All(heard, x => Assert.InRange(x.Bytes, 0, Most));
        Assert.True(heard.Count > 3);
    }

    [Fact]
    public async Task Events_WithLargeDetails_ComeInParts()
    {
        await using var inbox = await Listen();
        var ids = await Submit(120, $$"""{"task_name":"echo","queue_name":"{{queue}}","max_retries":0}""");
        await Request(ids.Count);
        await Eventually.Holds(() => Granted().Count == ids.Count, TimeSpan.FromSeconds(60));
        var error = new AttemptError { Type = "t", Message = new('ü', 8000), Stack = new('\n', 8000) };

        foreach (var part in ids.Chunk(30))
        {
            await Send(BusAddresses.Lifecycle, new ReportAttempts
            {
                WorkerId = worker,
                Items = [.. part.Select(x => new AttemptReport { JobId = Guid.Parse(x), Attempt = 1, Step = AttemptStep.Failed, Retryable = false, Error = error })],
            });
        }
        var wanted = ids.ToHashSet();
        await Eventually.Holds(() => Failed().Count(wanted.Contains) == ids.Count, TimeSpan.FromSeconds(60));

        Assert.All(heard, x => Assert.InRange(x.Bytes, 0, Most));
    }

    [Fact]
    public async Task Cancels_WithLongReasons_ComeInParts()
    {
        await using var inbox = await Listen();
        var ids = await Submit(500, $$"""{"task_name":"echo","queue_name":"{{queue}}"}""");
        await Request(ids.Count);
        await Eventually.Holds(() => Granted().Count == ids.Count, TimeSpan.FromSeconds(60));

        (await api.Post("jobs/bulk/cancel", $$"""{"ids":{{JsonSerializer.Serialize(ids)}},"reason":"{{new string('ü', 500)}}"}""")).Expect(HttpStatusCode.OK);
        await Eventually.Holds(() => Of<CancelAttempts>().Sum(x => x.Items.Count) >= ids.Count, TimeSpan.FromSeconds(60));

        Assert.All(heard, x => Assert.InRange(x.Bytes, 0, Most));
    }

    [Fact]
    public async Task Queues_Many_ComeInParts()
    {
        await using var own = await JobApiHost.Start();
        var names = Enumerable.Range(0, 20_000).Select(n => $"q{n:00000}{new string('q', 90)}").ToList();
        await using (var context = await own.Services.GetRequiredService<IDbContextFactory<SqliteJobsContext>>().CreateDbContextAsync())
        {
            context.Queues.AddRange(names.Select(x => new QueueRow { Name = x, CreatedAt = DateTimeOffset.UnixEpoch }));
            await context.SaveChangesAsync();
        }
        await using var inbox = await Listen(own);

        await Send(BusAddresses.Workers, new ListQueues { WorkerId = worker }, own);
        await Eventually.Holds(() => names.Except(Of<QueuesChanged>().SelectMany(x => x.Names)).Any() == false, TimeSpan.FromSeconds(60));

        var parts = Of<QueuesChanged>().ToList();
        Assert.True(parts.Count > 1);
        Assert.All(heard, x => Assert.InRange(x.Bytes, 0, Most));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 1)]
    [InlineData(40_000, 4)]
    public void Queues_HoweverMany_AreAllInTheParts(int count, int least)
    {
        var names = Enumerable.Range(0, count).Select(n => $"{new string('n', 90)}{n}").ToList();

        var parts = JobQueues.Cut(names);

        Assert.True(parts.Count >= least && (least > 1 || parts.Count == least), $"{parts.Count} parts");
        Assert.All(parts, x => Assert.InRange(MessageSize.Measure(x), 0, Most));
        Assert.Equal(names, parts.SelectMany(x => x.Names));
    }

    IEnumerable<T> Of<T>() => heard.Select(x => x.Message).OfType<T>();

    List<string> Granted() => [.. Of<AttemptsGranted>().SelectMany(x => x.Granted).Select(x => x.JobId.ToString())];

    List<string> Failed() => [.. Of<JobEvents>().SelectMany(x => x.Items).Where(x => x.Event == JobStatus.Failed).Select(x => x.JobId)];

    async Task<List<string>> Submit(int count, string json)
    {
        var ids = new List<string>();
        // A batch may have 16 MiB
        foreach (var part in Enumerable.Range(0, count).Chunk(50))
        {
            ids.AddRange(await api.Batch(part.Length, json));
        }
        return ids;
    }

    Task Request(int count) => Send(BusAddresses.Requests, new RequestAttempts
    {
        WorkerId = worker,
        RequestId = Guid.CreateVersion7(),
        Count = count,
        Queues = [queue],
        Tasks = [new() { Name = "echo", Version = "1" }],
    });

    async Task Send<T>(string exchange, T message, JobApiHost? to = null) where T : class =>
        await (await (to ?? api).Services.GetRequiredService<IBus>().GetSendEndpoint(new($"exchange:{exchange}"))).Send(message);

    async Task<Listener> Listen(JobApiHost? to = null)
    {
        var connector = (to ?? api).Services.GetRequiredService<IReceiveEndpointConnector>();
        var inbox = connector.ConnectReceiveEndpoint(BusAddresses.ExecutorInbox(worker), (_, endpoint) =>
        {
            endpoint.ConfigureConsumeTopology = false;
            if (endpoint is IRabbitMqReceiveEndpointConfigurator rabbit)
            {
                (rabbit.Durable, rabbit.AutoDelete) = (false, true);
            }
            endpoint.Handler<AttemptsGranted>(Keep);
            endpoint.Handler<CancelAttempts>(Keep);
            endpoint.Handler<QueuesChanged>(Keep);
        });
        var events = connector.ConnectReceiveEndpoint($"events-{worker}", (_, endpoint) => endpoint.Handler<JobEvents>(Keep));
        await inbox.Ready;
        await events.Ready;
        return new(inbox, events);
    }

    Task Keep<T>(ConsumeContext<T> context) where T : class
    {
        heard.Enqueue((context.Message, context.ReceiveContext.Body.GetBytes().Length));
        return Task.CompletedTask;
    }

    sealed class Listener(params HostReceiveEndpointHandle[] endpoints) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var endpoint in endpoints)
            {
                await endpoint.StopAsync();
            }
        }
    }
}
