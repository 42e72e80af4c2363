using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using JobSystem.Contracts;
using JobSystem.JobApi.Tests.Access;
using JobSystem.JobApi.Tests.Api;
using JobSystem.Support;
using MassTransit;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace JobSystem.JobApi.Tests.Bus;

/// <summary>docs/bus.md: its code, with a user of the broker that has the permissions which it names and no others.</summary>
public sealed class BusDocumentTests(BusDocumentTests.Application app) : IClassFixture<BusDocumentTests.Application>
{
    const string User = "shop";
    static readonly string document = File.ReadAllText(Path.Combine(Repository.Root, "docs", "bus.md"));

    [Theory]
    [InlineData("RawAmqp.cs")]
    [InlineData("MassTransitApplication.cs")]
    [InlineData("RawAmqpEvents.cs")]
    public void Code_OfTheDocument_IsThatOfTheTests(string file)
    {
        var source = Unindented(File.ReadAllText(Path.Combine(Repository.Root, "tests", "JobApi.Tests", "Bus", file)));
        var shown = Regex.Match(document, $@"{Regex.Escape(file)} -->\s+```csharp\n(.*?)```", RegexOptions.Singleline);

        Assert.True(shown.Success, $"docs/bus.md shows no code of {file}");
        Assert.Contains(Unindented(shown.Groups[1].Value), source, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Job_OfRabbitMqsClient_IsCarriedOut()
    {
        var answer = JsonElement.Parse(await RawAmqp.Submit(app.Broker, """{"task_name":"echo","args":[1],"idempotency_key":"order-42"}"""));
        var again = JsonElement.Parse(await RawAmqp.Submit(app.Broker, """{"task_name":"echo","args":[1],"idempotency_key":"order-42"}"""));

        Assert.Equal("pending", answer.GetProperty("status").GetString());
        Assert.True(again.GetProperty("duplicate").GetBoolean());
        var job = await app.Api.End(answer.GetProperty("job_id").GetString()!);
        Assert.Equal(("completed", User), (job.GetProperty("status").GetString(), job.GetProperty("owner").GetString()));
    }

    [Fact]
    public async Task Job_NotValid_IsAnsweredAsShown()
    {
        var answer = await RawAmqp.Submit(app.Broker, """{"task_name":"echo","max_retries":-1}""");

        var shown = JsonElement.Parse(Regex.Match(document, "```json\n({\\s+\"code\".*?)```", RegexOptions.Singleline).Groups[1].Value);
        Assert.Equal(Members(shown), Members(JsonElement.Parse(answer)));
    }

    [Fact]
    public async Task Job_OfMassTransit_IsAccepted()
    {
        var accepted = await MassTransitApplication.Submit(app.Broker, new SubmitJob { TaskName = "echo" });
        var rejected = await MassTransitApplication.Submit(app.Broker, new SubmitJob { TaskName = "echo", MaxRetries = -1 });

        Assert.True(accepted.Is(out Response<JobAccepted>? job));
        Assert.Equal(User, (await app.Api.End(job.Message.JobId)).GetProperty("owner").GetString());
        Assert.True(rejected.Is(out Response<JobRejected>? refusal));
        Assert.Equal("validation_failed", refusal.Message.Code);
    }

    [Theory]
    [InlineData("job-lifecycle", User, 403)]
    [InlineData("job-requests", User, 403)]
    [InlineData("submit-job", "jobapi", 406)]
    public async Task Message_ThatTheUserMayNotSend_IsRefusedByTheBroker(string exchange, string userId, int code)
    {
        await using var connection = await new ConnectionFactory { Uri = new(app.Broker) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        var closed = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.ChannelShutdownAsync += (_, reason) =>
        {
            closed.TrySetResult(reason.ReplyCode);
            return Task.CompletedTask;
        };

        await channel.BasicPublishAsync(exchange, "", false, new BasicProperties { ContentType = "application/json", UserId = userId }, "{}"u8.ToArray());

        Assert.Equal(code, await closed.Task.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task Events_OfOwnJobs_AreHeardAndNoOthers()
    {
        using var stop = new CancellationTokenSource();
        var heard = new ConcurrentQueue<JsonElement>();
        var hearing = RawAmqpEvents.Hear(app.Broker, User, heard.Enqueue, stop.Token);
        await app.Api.End((await app.Api.Submit("""{"task_name":"echo","args":["of somebody else"]}""")).GetProperty("id").GetString()!);
        var own = "";
        // What is published before the queue is bound does not come
        await Eventually.Holds(async () =>
        {
            own = JsonElement.Parse(await RawAmqp.Submit(app.Broker, """{"task_name":"echo"}""")).GetProperty("job_id").GetString()!;
            await app.Api.End(own);
            await Task.WhenAny(hearing, Eventually.Holds(() => heard.Any(x => Of(x) == own), TimeSpan.FromSeconds(2)));
            return heard.Any(x => Of(x) == own);
        }, TimeSpan.FromSeconds(30));
        await Eventually.Holds(() => heard.Any(x => Of(x) == own && x.GetProperty("event").GetString() == "completed"), TimeSpan.FromSeconds(20));

        Assert.All(heard, x => Assert.Equal(User, x.GetProperty("owner").GetString()));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hearing);

        static string? Of(JsonElement step) => step.GetProperty("job_id").GetString();
    }

    [Theory]
    [InlineData("admin")]
    [InlineData("#")]
    [InlineData("*")]
    public async Task Events_OfOthers_AreRefusedByTheBroker(string owner)
    {
        await app.Api.Submit("""{"task_name":"echo"}""");
        var refused = await Assert.ThrowsAsync<OperationInterruptedException>(
            () => RawAmqpEvents.Hear(app.Broker, owner, _ => { }, CancellationToken.None));

        Assert.Equal(403, refused.ShutdownReason!.ReplyCode);
    }

    /// <summary>The expression of a row of the table of permissions, for our user.</summary>
    static string Permission(string row)
    {
        var found = Regex.Match(document, $@"^\| {row} \| `(.+)` \|$", RegexOptions.Multiline);
        Assert.True(found.Success, $"docs/bus.md has no permission to {row}");
        return found.Groups[1].Value.Replace(@"\|", "|", StringComparison.Ordinal).Replace("NAME", User, StringComparison.Ordinal);
    }

    static string Unindented(string code) => string.Join('\n', code.Split('\n').Select(x => x.Trim())).Trim();

    static IEnumerable<(string, string)> Members(JsonElement json) => json.EnumerateObject().Select(x => (x.Name, $"{JsonNode.Parse(x.Value.GetRawText())?.ToJsonString()}")).Order();

    /// <summary>JobApi, and a user of its broker.</summary>
    public sealed class Application : IAsyncLifetime
    {
        const string Password = "shop-password";
        RabbitServer server = null!;
        TestVirtualHost vhost = null!;

        internal JobApiHost Api { get; private set; } = null!;

        public string Broker { get; private set; } = "";

        public async Task InitializeAsync()
        {
            server = await RabbitServer.Shared();
            vhost = await server.CreateVirtualHost();
            Api = await JobApiHost.Start([.. Callers.Settings, ("JOBSYSTEM_RABBITMQ", vhost.Url), ("JOBSYSTEM_EVENTS", "owners")]);
            await Put($"api/users/{User}", new { password = Password, tags = "" });
            var write = Permission("configure and write");
            await Put($"api/permissions/{vhost.Name}/{User}", new { configure = write, write, read = Permission("read, instead of the above") });
            await Put($"api/topic-permissions/{vhost.Name}/{User}", new { exchange = "job-events", write = "^$", read = Permission("topic permission") });
            Broker = new UriBuilder(vhost.Url) { UserName = User, Password = Password }.Uri.ToString();
        }

        async Task Put(string path, object body)
        {
            using var answer = await server.Management.PutAsJsonAsync(path, body);
            answer.EnsureSuccessStatusCode();
        }

        public async Task DisposeAsync()
        {
            (await server.Management.DeleteAsync($"api/users/{User}")).Dispose();
            await Api.DisposeAsync();
            await vhost.DisposeAsync();
        }
    }
}
