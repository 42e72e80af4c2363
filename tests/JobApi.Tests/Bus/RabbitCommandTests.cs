using System.Net;
using System.Text;
using System.Text.Json;
using JobSystem.JobApi.Tests.Access;
using JobSystem.JobApi.Tests.Api;
using JobSystem.Support;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace JobSystem.JobApi.Tests.Bus;

/// <summary>Commands from applications that know AMQP and JSON, and nothing of our bus library.</summary>
public sealed class RabbitCommandTests : IAsyncLifetime
{
    const int Quota = 600;
    TestVirtualHost vhost = null!;
    JobApiHost api = null!;
    IConnection connection = null!;
    IChannel channel = null!;

    public async Task InitializeAsync()
    {
        vhost = await (await RabbitServer.Shared()).CreateVirtualHost();
        api = await JobApiHost.Start([.. Callers.Settings, ("JOBSYSTEM_RABBITMQ", vhost.Url), ("JOBSYSTEM_QUOTA_QUEUED_JOBS", $"{Quota}")]);
        connection = await new ConnectionFactory { Uri = new(vhost.Url) }.CreateConnectionAsync();
        channel = await connection.CreateChannelAsync();
    }

    public async Task DisposeAsync()
    {
        await connection.DisposeAsync();
        await api.DisposeAsync();
        await vhost.DisposeAsync();
    }

    [Fact]
    public async Task Submit_RawJsonWithReplyTo_IsAnsweredInRawJson()
    {
        var (properties, answer) = await Ask("submit-job", """{"task_name":"echo","args":[1]}""");
        Assert.Equal("application/json", properties.ContentType);
        Assert.Equal("pending", answer.GetProperty("status").GetString());
        var job = await api.End(answer.GetProperty("job_id").GetString()!);
        Assert.Equal("completed", job.GetProperty("status").GetString());
        Assert.Equal("bus", job.GetProperty("owner").GetString());
    }

    [Fact]
    public async Task Submit_UserId_IsTheOwner()
    {
        var (_, answer) = await Ask("submit-job", """{"task_name":"echo","queue_name":"idle"}""", x => x.UserId = "guest");
        Assert.Equal("guest", (await api.Get($"jobs/{answer.GetProperty("job_id")}")).Expect(HttpStatusCode.OK).GetProperty("owner").GetString());
    }

    [Theory]
    [InlineData("""{"task_name":"echo","max_retries":-1}""", "validation_failed", "max_retries")]
    [InlineData("""{"task_name":"echo","colour":"red"}""", "validation_failed", "colour")]
    [InlineData("""{"task_name":""", "malformed_json", "body")]
    [InlineData("", "validation_failed", "body")]
    [InlineData("[1]", "validation_failed", "body")]
    [InlineData("\"text\"", "validation_failed", "body")]
    public async Task Submit_Bad_IsRejected(string json, string code, string field)
    {
        var (_, answer) = await Ask("submit-job", json);
        Assert.Equal(code, answer.GetProperty("code").GetString());
        Assert.True(answer.GetProperty("errors").TryGetProperty(field, out _), answer.ToString());
    }

    /// <summary>The same quota as over HTTP; whoever has no user of its own shares that of the bus.</summary>
    [Fact]
    public async Task Submit_BeyondTheQuota_IsRejected()
    {
        var jobs = string.Join(',', Enumerable.Repeat("""{"task_name":"echo","queue_name":"idle"}""", Quota));
        (await api.As(Callers.Token("bus"), HttpMethod.Post, "jobs/batch", $$"""{"jobs":[{{jobs}}]}""")).Expect(HttpStatusCode.Created);

        var (_, answer) = await Ask("submit-job", """{"task_name":"echo","queue_name":"idle"}""");
        Assert.Equal("quota_exceeded", answer.GetProperty("code").GetString());
        Assert.Equal("\"bus\" has 600 waiting jobs; with 1 more it would be more than the 600 that are allowed.", answer.GetProperty("reason").GetString());
        (_, answer) = await Ask("submit-job", """{"task_name":"echo","queue_name":"idle"}""", x => x.UserId = "guest");
        Assert.Equal("pending", answer.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Poison_WithoutReply_IsGoneAndLogged()
    {
        foreach (var (body, type) in ((string, string?)[])[("{", "application/json"), ("\0\u0001", "application/octet-stream"), ("{}", "application/vnd.masstransit+json"), ("plain", null)])
        {
            await channel.BasicPublishAsync("", "submit-job", true, new BasicProperties { ContentType = type }, Encoding.UTF8.GetBytes(body));
        }
        // What follows the poison is served, so the poison has been dealt with
        var (_, answer) = await Ask("submit-job", """{"task_name":"echo","queue_name":"idle"}""");
        Assert.True(answer.TryGetProperty("job_id", out _));
        await Eventually.Holds(() => api.Log.Lines.Count(x => x.Contains("Dropped an unreadable message from queue submit-job", StringComparison.Ordinal)) == 4);
        await Eventually.Passes(async () => Assert.Equal(0u, (await channel.QueueDeclarePassiveAsync("submit-job")).MessageCount));
        await NoQueue("submit-job_error");
        await NoQueue("submit-job_skipped");
    }

    /// <summary>The second address declares a queue that exists with other arguments, which closes the channel that is used for it.</summary>
    [Theory]
    [InlineData("http://example.com/answers")]
    [InlineData("queue:taken-answers")]
    public async Task Submit_UnusableResponseAddress_IsCarriedOutOnceAndLogged(string address)
    {
        await channel.QueueDeclareAsync("taken-answers", durable: false, exclusive: false, autoDelete: true);
        var id = Guid.CreateVersion7().ToString();
        var headers = new Dictionary<string, object?> { ["MT-Response-Address"] = address, ["MT-Request-Id"] = id };
        await channel.BasicPublishAsync("", "submit-job", true, new BasicProperties { ContentType = "application/json", Headers = headers },
            Encoding.UTF8.GetBytes($$"""{"task_name":"echo","queue_name":"idle","job_id":"{{id}}"}"""));
        await Eventually.Holds(() => api.Log.Lines.Any(x => x.Contains("Could not send JobAccepted", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.OK, (await api.Get($"jobs/{id}")).Status);
        await Eventually.Passes(async () => Assert.Equal(0u, (await channel.QueueDeclarePassiveAsync("submit-job")).MessageCount));
        Assert.DoesNotContain(api.Log.Lines, x => x.Contains("is taken", StringComparison.Ordinal));
        var (_, answer) = await Ask("submit-job", """{"task_name":"echo","queue_name":"idle"}""");
        Assert.True(answer.TryGetProperty("job_id", out _));
    }

    /// <summary>An answer there would come back as a command that nobody can read.</summary>
    [Theory]
    [InlineData("exchange:submit-job")]
    [InlineData("queue:cancel-job")]
    [InlineData("exchange:JobSystem.Contracts:CancelJob")]
    public async Task Submit_ResponseAddressIsOurOwn_NothingIsWrittenThere(string address)
    {
        var headers = new Dictionary<string, object?> { ["MT-Response-Address"] = address, ["MT-Request-Id"] = Guid.CreateVersion7().ToString() };
        await channel.BasicPublishAsync("", "submit-job", true, new BasicProperties { ContentType = "application/json", Headers = headers },
            """{"task_name":"echo","queue_name":"idle"}"""u8.ToArray());
        await Ask("submit-job", """{"task_name":"echo","queue_name":"idle"}""");
        await Ask("cancel-job", """{"job_id":"nobody"}""");
        Assert.DoesNotContain(api.Log.Lines, x => x.Contains("Dropped an unreadable message", StringComparison.Ordinal) || x.Contains("Could not send", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Cancel_RawJson_IsAnswered()
    {
        var (_, submitted) = await Ask("submit-job", """{"task_name":"echo","queue_name":"idle"}""");
        var (_, cancelled) = await Ask("cancel-job", $$"""{"job_id":"{{submitted.GetProperty("job_id")}}"}""");
        Assert.Equal("cancelled", cancelled.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Submit_ManyAtOnce_AllBecomeJobs()
    {
        var tag = Guid.CreateVersion7().ToString();
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => channel.BasicPublishAsync("submit-job", "", true,
            new BasicProperties { ContentType = "application/json" }, Encoding.UTF8.GetBytes($$"""{"task_name":"echo","tags":["{{tag}}"],"args":[{{i}}]}""")).AsTask()));
        await Eventually.Passes(async () =>
            Assert.Equal(500, (await api.Get($"jobs?tags={tag}&status=completed&limit=1")).Expect(HttpStatusCode.OK).GetProperty("total").GetInt32()));
    }

    async Task<(IReadOnlyBasicProperties Properties, JsonElement Answer)> Ask(string queue, string json, Action<BasicProperties>? more = null)
    {
        var replies = (await channel.QueueDeclareAsync(exclusive: true)).QueueName;
        var got = new TaskCompletionSource<(IReadOnlyBasicProperties, JsonElement)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, x) =>
        {
            got.TrySetResult((new BasicProperties(x.BasicProperties), JsonElement.Parse(Encoding.UTF8.GetString(x.Body.Span))));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(replies, autoAck: true, consumer);
        var properties = new BasicProperties { ContentType = "application/json", ReplyTo = replies, CorrelationId = "not-a-uuid" };
        more?.Invoke(properties);
        await channel.BasicPublishAsync("", queue, true, properties, Encoding.UTF8.GetBytes(json));
        var (came, answer) = await got.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal("not-a-uuid", came.CorrelationId);
        return (came, answer);
    }

    async Task NoQueue(string name)
    {
        await using var probe = await connection.CreateChannelAsync();
        await Assert.ThrowsAsync<RabbitMQ.Client.Exceptions.OperationInterruptedException>(() => probe.QueueDeclarePassiveAsync(name));
    }
}
