using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Bus;

[Collection(Stack.Name)]
public sealed class When_commands_come_over_the_bus(SharedStack stack) : Journey(stack)
{
    public enum Dress
    {
        Envelope,
        RawJson,
        RawJsonWithHeaders,
    }

    [Theory]
    [InlineData(Dress.Envelope)]
    [InlineData(Dress.RawJson)]
    [InlineData(Dress.RawJsonWithHeaders)]
    public async Task Should_submit_run_and_answer(Dress dress)
    {
        await using var bus = await BusClient.Connect(stack);
        var label = Deployment.Label("bus");

        var answer = await Ask(bus, dress, "submit-job", "SubmitJob", Job(label));

        var id = answer.GetProperty("job_id").GetString()!;
        Assert.Equal(("pending", false), (answer.GetProperty("status").GetString(), answer.GetProperty("duplicate").GetBoolean()));
        var job = await stack.Client.WaitFor(id);
        Assert.Equal(("completed", "high", "from-the-bus"), (job.Status, job.Priority, job.QueueName));
        Assert.Equal(id, Assert.Single(stack.Ledger.Of(label)).JobId);
    }

    [Theory]
    [InlineData(Dress.Envelope)]
    [InlineData(Dress.RawJson)]
    public async Task Should_cancel_and_retry_and_answer(Dress dress)
    {
        await using var bus = await BusClient.Connect(stack);
        var submitted = await Ask(bus, dress, "submit-job", "SubmitJob", new JsonObject { ["task_name"] = "echo", ["delay"] = 60 });
        var job = await stack.Client.Get(submitted.GetProperty("job_id").GetString()!);
        Assert.Equal(bus.User, job.Owner);

        var cancelled = await Ask(bus, dress, "cancel-job", "CancelJob", new JsonObject { ["job_id"] = job.Id, ["reason"] = "over the bus" });
        Assert.Equal((job.Id, "cancelled"), (cancelled.GetProperty("job_id").GetString(), cancelled.GetProperty("status").GetString()));
        Assert.Equal("over the bus", (await stack.Client.Get(job.Id)).CancelReason);

        var again = await Ask(bus, dress, "retry-job", "RetryJob", new JsonObject { ["job_id"] = job.Id });
        Assert.Equal((job.Id, "pending"), (again.GetProperty("job_id").GetString(), again.GetProperty("status").GetString()));
        Assert.Equal("completed", (await stack.Client.WaitFor(job.Id)).Status);

        var refused = await Ask(bus, dress, "cancel-job", "CancelJob", new JsonObject { ["job_id"] = job.Id });
        Assert.False(string.IsNullOrEmpty(refused.GetProperty("code").GetString()));
        Assert.False(string.IsNullOrEmpty(refused.GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task Should_make_one_job_of_a_message_that_comes_twice()
    {
        await using var bus = await BusClient.Connect(stack);
        var label = Deployment.Label("twice");
        var messageId = $"{Guid.CreateVersion7()}";
        for (var times = 0; times < 5; times++)
        {
            await bus.SendEnvelope("submit-job", "SubmitJob", Job(label), messageId);
        }
        var last = await bus.AskRaw("submit-job", Job(Deployment.Label("last")).ToJsonString());
        await stack.Client.WaitFor(last.GetProperty("job_id").GetString()!);
        await stack.Ledger.Started(label);

        Assert.Single(stack.Ledger.Of(label));
    }

    [Theory]
    [InlineData(Dress.Envelope)]
    [InlineData(Dress.RawJson)]
    public async Task Should_answer_what_is_wrong(Dress dress)
    {
        await using var bus = await BusClient.Connect(stack);

        var unknown = await Ask(bus, dress, "submit-job", "SubmitJob", new JsonObject { ["task_name"] = "process_data" });
        Assert.Contains("Task not found: process_data", unknown.GetProperty("reason").GetString(), StringComparison.Ordinal);

        var misspelt = await Ask(bus, dress, "submit-job", "SubmitJob", new JsonObject { ["task_name"] = "echo", ["prioritty"] = "high" });
        Assert.True(misspelt.GetProperty("errors").TryGetProperty("prioritty", out _));

        var missing = await Ask(bus, dress, "cancel-job", "CancelJob", new JsonObject { ["job_id"] = $"{Guid.CreateVersion7()}" });
        Assert.Equal("job_not_found", missing.GetProperty("code").GetString());
    }

    /// <summary>The broker's user is the caller: another's job is as good as none to it.</summary>
    [Theory]
    [InlineData(Dress.Envelope)]
    [InlineData(Dress.RawJson)]
    [InlineData(Dress.RawJsonWithHeaders)]
    public async Task Should_not_touch_the_job_of_another(Dress dress)
    {
        await using var bus = await BusClient.Connect(stack);
        var job = await stack.Client.Submit(JobRequest.Echo("mine") with { Delay = 60 });

        var refused = await Ask(bus, dress, "cancel-job", "CancelJob", new JsonObject { ["job_id"] = job.Id });

        Assert.Equal("job_not_found", refused.GetProperty("code").GetString());
        Assert.Equal("pending", (await stack.Client.Get(job.Id)).Status);
        await stack.Client.Cancel(job.Id);
    }

    JsonObject Job(string label) => new()
    {
        ["task_name"] = "http_request",
        ["kwargs"] = new JsonObject { ["method"] = "GET", ["url"] = stack.Ledger.Url(label) },
        ["queue_name"] = "from-the-bus",
        ["priority"] = "high",
    };

    static Task<JsonElement> Ask(BusClient bus, Dress dress, string exchange, string type, JsonObject message) => dress switch
    {
        Dress.Envelope => bus.AskEnvelope(exchange, type, message),
        Dress.RawJson => bus.AskRaw(exchange, message.ToJsonString()),
        _ => bus.AskWithHeaders(exchange, message.ToJsonString()),
    };
}
