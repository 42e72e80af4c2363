using System.Net;
using JobSystem.Contracts;
using JobSystem.JobApi.Tests.Api;
using JobSystem.JobApi.Tests.Jobs;
using JobSystem.Support;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.JobApi.Tests.Bus;

/// <summary>Submit, cancel and retry over the bus, in envelopes and as raw JSON.</summary>
[Collection(ApiTests.Name)]
public sealed class CommandBusTests(SharedHost shared)
{
    readonly JobApiHost api = shared.Host;

    [Theory]
    [MemberData(nameof(BadSubmissions.Table), MemberType = typeof(BadSubmissions))]
    public async Task Submit_BadSubmission_IsRejectedAndNamesField(string json, string field, string message)
    {
        var rejected = await Rejected(BusAddresses.SubmitJob, json);
        Assert.StartsWith(BadSubmissions.BeforeTime(message), Assert.Single(Assert.Contains(field, rejected.Errors!)), StringComparison.Ordinal);
        Assert.StartsWith($"{field}: ", rejected.Reason, StringComparison.Ordinal);
        Assert.Equal("validation_failed", rejected.Code);
    }

    [Theory]
    [MemberData(nameof(BadSubmissions.Malformed), MemberType = typeof(BadSubmissions))]
    public async Task Submit_Malformed_IsRejectedAndSaysWhere(string json, string message)
    {
        var rejected = await Rejected(BusAddresses.SubmitJob, json);
        Assert.StartsWith(message, Assert.Single(Assert.Contains("body", rejected.Errors!)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_UnknownTask_IsRejected()
    {
        var rejected = await Rejected(BusAddresses.SubmitJob, """{"task_name":"process_data","job_id":"mine"}""");
        Assert.Equal(("task_not_found", "Task not found: process_data", "mine"), (rejected.Code, rejected.Reason, rejected.JobId));
    }

    [Fact]
    public async Task Submit_RawJson_IsAccepted()
    {
        var accepted = await Accepted(BusAddresses.SubmitJob, """{"task_name":"echo","args":[7]}""");
        Assert.Equal("bus", (await api.Get($"jobs/{accepted.JobId}")).Expect(HttpStatusCode.OK).GetProperty("owner").GetString());
        Assert.Equal("[7]", (await api.End(accepted.JobId)).GetProperty("result").GetProperty("args").GetRawText());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Submit_Envelope_IsAccepted(bool publish)
    {
        var bus = api.Services.GetRequiredService<IBus>();
        var client = publish ? bus.CreateRequestClient<SubmitJob>() : bus.CreateRequestClient<SubmitJob>(new Uri($"exchange:{BusAddresses.SubmitJob}"));
        var answer = await client.GetResponse<JobAccepted, JobRejected>(new SubmitJob { TaskName = "echo", QueueName = "idle", Priority = "low", Tags = ["x"] });
        Assert.True(answer.Is(out Response<JobAccepted>? accepted));
        Assert.Equal("low", (await api.Get($"jobs/{accepted!.Message.JobId}")).Expect(HttpStatusCode.OK).GetProperty("priority").GetString());
    }

    [Fact]
    public async Task Submit_BadEnvelope_IsRejected()
    {
        var client = api.Services.GetRequiredService<IBus>().CreateRequestClient<SubmitJob>(new Uri($"exchange:{BusAddresses.SubmitJob}"));
        var answer = await client.GetResponse<JobAccepted, JobRejected>(new SubmitJob { TaskName = "echo", MaxRetries = -1 });
        Assert.True(answer.Is(out Response<JobRejected>? rejected));
        Assert.Equal("expected a whole number from 0 to 100; got -1", Assert.Single(rejected!.Message.Errors!["max_retries"]));
    }

    [Fact]
    public async Task Submit_OtherMessageInEnvelope_IsThrownAwayAndLogged()
    {
        var endpoint = await api.Services.GetRequiredService<IBus>().GetSendEndpoint(new($"exchange:{BusAddresses.SubmitJob}"));
        await endpoint.Send(new CancelJob { JobId = "wrong-address" });
        await Eventually.Holds(() => api.Log.Lines.Any(x => x.Contains("Dropped an unreadable message from queue submit-job", StringComparison.Ordinal) && x.Contains("CancelJob", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Submit_SameMessageTwice_MakesOneJob()
    {
        var bus = api.Services.GetRequiredService<IBus>();
        var endpoint = await bus.GetSendEndpoint(new($"exchange:{BusAddresses.SubmitJob}"));
        var (tag, messageId) = (Guid.CreateVersion7().ToString(), Guid.CreateVersion7());
        for (var i = 0; i < 2; i++)
        {
            await endpoint.Send(new SubmitJob { TaskName = "echo", QueueName = "idle", Tags = [tag] }, x => x.MessageId = messageId);
        }
        var answer = await bus.CreateRequestClient<SubmitJob>(new Uri($"exchange:{BusAddresses.SubmitJob}"))
            .GetResponse<JobAccepted>(new SubmitJob { TaskName = "echo", QueueName = "idle", Tags = [tag] }, x => x.UseExecute(c => c.MessageId = messageId));
        Assert.True(answer.Message.Duplicate);
        Assert.Equal(1, (await api.Get($"jobs?tags={tag}")).Expect(HttpStatusCode.OK).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Submit_SameKeyTwice_IsDuplicate()
    {
        var json = $$"""{"task_name":"echo","queue_name":"idle","idempotency_key":"{{Guid.CreateVersion7()}}"}""";
        var first = await Accepted(BusAddresses.SubmitJob, json);
        var second = await Accepted(BusAddresses.SubmitJob, json);
        Assert.Equal((first.JobId, false, true), (second.JobId, first.Duplicate, second.Duplicate));
        var other = await Rejected(BusAddresses.SubmitJob, json.Replace("echo", "fail", StringComparison.Ordinal));
        Assert.Equal("idempotency_key_reused", other.Code);
    }

    [Fact]
    public async Task CancelAndRetry_DoAsTheirAddressesDo()
    {
        var id = (await Accepted(BusAddresses.SubmitJob, """{"task_name":"echo","queue_name":"idle"}""")).JobId;
        Assert.Equal("job_not_final", (await Rejected(BusAddresses.RetryJob, $$"""{"job_id":"{{id}}"}""")).Code);
        Assert.Equal("cancelled", (await Accepted(BusAddresses.CancelJob, $$"""{"job_id":"{{id}}","reason":"enough"}""")).Status);
        Assert.Equal("job_final", (await Rejected(BusAddresses.CancelJob, $$"""{"job_id":"{{id}}"}""")).Code);
        Assert.Equal("pending", (await Accepted(BusAddresses.RetryJob, $$"""{"job_id":"{{id}}","delay":3600}""")).Status);
        var job = (await api.Get($"jobs/{id}")).Expect(HttpStatusCode.OK);
        Assert.Equal("pending", job.GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("cancel-job", "{}", "job_id", "expected 1 to 128 letters")]
    [InlineData("cancel-job", """{"job_id":5}""", "job_id", "expected 1 to 128 letters")]
    [InlineData("cancel-job", """{"job_id":"a","reason":{}}""", "reason", "expected a string of at most 500")]
    [InlineData("cancel-job", """{"job_id":"a","why":"x"}""", "why", "unknown member; expected job_id, reason")]
    [InlineData("retry-job", """{"job_id":"a","delay":-1}""", "delay", "expected a number of seconds")]
    [InlineData("retry-job", "7", "body", "expected a JSON object; got 7")]
    public async Task Command_Bad_IsRejectedAndNamesField(string queue, string json, string field, string message)
    {
        var rejected = await Rejected(queue, json);
        Assert.StartsWith(message, Assert.Single(Assert.Contains(field, rejected.Errors!)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_Unknown_IsRejected() => Assert.Equal("job_not_found", (await Rejected(BusAddresses.CancelJob, """{"job_id":"nobody"}""")).Code);

    async Task<JobAccepted> Accepted(string queue, string json) => Assert.IsType<JobAccepted>(await Ask(queue, json));

    async Task<JobRejected> Rejected(string queue, string json) => Assert.IsType<JobRejected>(await Ask(queue, json));

    async Task<object> Ask(string queue, string json)
    {
        var answer = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously);
        var requestId = Guid.CreateVersion7();
        var name = $"answers-{requestId:N}";
        var handle = api.Services.GetRequiredService<IReceiveEndpointConnector>().ConnectReceiveEndpoint(name, (_, endpoint) =>
        {
            endpoint.ConfigureConsumeTopology = false;
            endpoint.Handler<JobAccepted>(x => Answer(x, x.Message));
            endpoint.Handler<JobRejected>(x => Answer(x, x.Message));
        });
        var ready = await handle.Ready;
        var target = await api.Services.GetRequiredService<IBus>().GetSendEndpoint(new($"exchange:{queue}"));
        await target.Send(new Anything(), x =>
        {
            x.Serializer = new RawText(json);
            x.Headers.Set(MessageHeaders.RequestId, requestId.ToString());
            x.Headers.Set(MessageHeaders.ResponseAddress, ready.InputAddress.ToString());
        });
        var got = await answer.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await handle.StopAsync();
        return got;

        Task Answer(ConsumeContext context, object message)
        {
            Assert.Equal(requestId, context.RequestId);
            answer.TrySetResult(message);
            return Task.CompletedTask;
        }
    }
}
