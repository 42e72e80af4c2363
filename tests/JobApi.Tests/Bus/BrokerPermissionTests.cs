using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using JobSystem.JobApi.Tests.Api;
using JobSystem.Support;
using JobSystem.Worker;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace JobSystem.JobApi.Tests.Bus;

/// <summary>The table in deploy/rabbitmq: the broker refuses what a service has no business with.</summary>
public sealed class BrokerPermissionTests(BrokerUsers users) : IClassFixture<BrokerUsers>
{
    readonly JobApiHost api = users.Api;

    [Theory]
    [InlineData("executor", "submit-job")]
    [InlineData("executor", "cancel-job")]
    [InlineData("executor", "scheduled-jobs")]
    [InlineData("executor", "JobSystem.Contracts:SubmitJob")]
    [InlineData("scheduler", "submit-job")]
    [InlineData("scheduler", "job-lifecycle")]
    [InlineData("scheduler", "job-requests")]
    [InlineData("monitoring", "cancel-job")]
    [InlineData("monitoring", "job-workers")]
    public async Task Publish_ToWhereItHasNoBusiness_IsRefused(string user, string exchange)
    {
        await using var connection = await users.Connect(user);
        await using var channel = await connection.CreateChannelAsync(new(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => channel.BasicPublishAsync(exchange, "", mandatory: false, new BasicProperties(), "{}"u8.ToArray()).AsTask());
        Assert.Equal(403, (int?)(channel.CloseReason?.ReplyCode ?? (refused as OperationInterruptedException)?.ShutdownReason?.ReplyCode));
    }

    [Theory]
    [InlineData("executor", "submit-job")]
    [InlineData("executor", "api-keys")]
    [InlineData("executor", "job-requests")]
    [InlineData("scheduler", "job-requests")]
    [InlineData("scheduler", "submit-job")]
    [InlineData("monitoring", "job-lifecycle")]
    public async Task Consume_FromWhereItHasNoBusiness_IsRefused(string user, string queue)
    {
        await api.Submit("""{"task_name":"echo"}""");
        await using var connection = await users.Connect(user);
        await using var channel = await connection.CreateChannelAsync();
        var refused = await Assert.ThrowsAsync<OperationInterruptedException>(() => channel.BasicGetAsync(queue, autoAck: true));
        Assert.Equal(403, refused.ShutdownReason!.ReplyCode);
    }

    /// <summary>With the rights that it has for running jobs.</summary>
    [Fact]
    public async Task Task_OfAWorkerOnTheBroker_EnqueuesJobs()
    {
        await using var worker = FollowUpTests.Worker(users.UrlOf("executor").OriginalString, x =>
        {
            x.MapTask("permitted", async (TaskContext job, CancellationToken ct) => await job.Enqueue("permitted_next", null, y => y.Delay(TimeSpan.FromHours(1)), ct));
            x.MapTask("permitted_next", () => 1);
        });
        await worker.StartAsync();
        await Eventually.Holds(async () => (await api.Get("tasks/permitted_next")).Status == System.Net.HttpStatusCode.OK, TimeSpan.FromSeconds(30));
        var parent = (await api.Submit("""{"task_name":"permitted","max_retries":0}""")).Text("id");

        var ended = await api.End(parent);

        Assert.Equal("completed", ended.Text("status"));
        Assert.Equal(parent, (await api.Get($"jobs/{ended.Text("result")}")).Json.Text("parent_id"));
    }

    /// <summary>A message type without a name of the contracts would get an exchange of its own, which no service may declare.</summary>
    [Fact]
    public async Task Exchanges_AreThoseThatAServiceMayDeclare()
    {
        var exchanges = await users.Exchanges();
        Assert.Contains("JobSystem.Contracts:SubmitScheduledJobs", exchanges);
        Assert.All(exchanges, name => Assert.True(users.Configure.Any(pattern => Regex.IsMatch(name, pattern)), $"no service may declare the exchange {name}"));
    }

    /// <summary>Whoever may send commands still operates only jobs of its own, unless it is named as a manager.</summary>
    [Theory]
    [InlineData("jobapi", "pending")]
    [InlineData(null, "pending")]
    [InlineData("scheduler", "cancelled")]
    public async Task Cancel_JobOfSomebodyElse_NeedsAManager(string? user, string status)
    {
        var id = (await api.Submit("""{"task_name":"echo","queue_name":"idle"}""")).GetProperty("id").GetString()!;
        await using var connection = await users.Connect(user ?? "jobapi");
        await using var channel = await connection.CreateChannelAsync(new(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        var properties = new BasicProperties { ContentType = "application/json" };
        if (user is not null)
        {
            properties.UserId = users.Named(user);
        }
        await channel.BasicPublishAsync("cancel-job", "", mandatory: false, properties, Encoding.UTF8.GetBytes($$"""{"job_id":"{{id}}"}"""));
        // In order behind it on the same queue
        await channel.BasicPublishAsync("cancel-job", "", mandatory: false, properties, Encoding.UTF8.GetBytes($$"""{"job_id":"after-{{id}}"}"""));
        await Eventually.Holds(() => api.Log.Lines.Any(x => x.Contains($"after-{id}", StringComparison.Ordinal)), TimeSpan.FromSeconds(20));
        await Eventually.Holds(async () => (await api.Get($"jobs/{id}")).Json.GetProperty("status").GetString() == status, TimeSpan.FromSeconds(20));
    }
}

/// <summary>A broker with a user for each service, and JobApi.</summary>
public sealed class BrokerUsers : IAsyncLifetime
{
    const string Password = "not-a-secret";
    RabbitServer server = null!;
    TestVirtualHost vhost = null!;

    public JobApiHost Api { get; private set; } = null!;

    /// <summary>What the services may declare, as regular expressions.</summary>
    public List<string> Configure { get; } = [];

    public async Task InitializeAsync()
    {
        server = await RabbitServer.Shared();
        vhost = await server.CreateVirtualHost();
        foreach (var line in await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "deploy/rabbitmq/permissions")))
        {
            if (line.Split(' ') is [[>= 'a' and <= 'z', ..] user, var configure, var write, var read, .. var tags])
            {
                Configure.Add(configure);
                (await server.Management.PutAsJsonAsync($"api/users/{Named(user)}", new { password = Password, tags = string.Join(',', tags) })).EnsureSuccessStatusCode();
                (await server.Management.PutAsJsonAsync($"api/permissions/{vhost.Name}/{Named(user)}", new { configure, write, read })).EnsureSuccessStatusCode();
            }
        }
        // One process has more than one role here, so it works as the administrator; that the table is enough for each service, the journeys show
        Api = await JobApiHost.Start(("JOBSYSTEM_RABBITMQ", vhost.Url), ("JOBSYSTEM_BUS_MANAGERS", Named("scheduler")));
    }

    public async Task DisposeAsync()
    {
        await Api.DisposeAsync();
        await vhost.DisposeAsync();
        foreach (var user in (string[])["jobapi", "executor", "scheduler", "monitoring"])
        {
            (await server.Management.DeleteAsync($"api/users/{Named(user)}")).Dispose();
        }
    }

    /// <summary>All exchanges but those that the broker has by itself.</summary>
    public async Task<List<string>> Exchanges()
    {
        var all = await server.Management.GetFromJsonAsync<JsonElement>($"api/exchanges/{vhost.Name}");
        return [.. all.EnumerateArray().Select(x => x.GetProperty("name").GetString()!).Where(x => x.Length > 0 && !x.StartsWith("amq.", StringComparison.Ordinal))];
    }

    public string Named(string user) => $"{user}-{vhost.Name}";

    public Uri UrlOf(string user) => new UriBuilder(vhost.Url) { UserName = Named(user), Password = Password }.Uri;

    public Task<IConnection> Connect(string user) => new ConnectionFactory { Uri = UrlOf(user) }.CreateConnectionAsync();
}
