using System.Net;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Tasks;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.JobApi.Tests.Api;

/// <summary>Arguments are compared with what the workers announced, wherever a job comes in.</summary>
[Collection(ApiTests.Name)]
public sealed class ArgumentTests(SharedHost shared)
{
    const string Expected = "expected a number; got \"soon\"";
    readonly JobApiHost api = shared.Host;

    [Theory]
    [InlineData("jobs", """{"task_name":"sleep","kwargs":{"seconds":"soon"}}""", "kwargs.seconds", Expected)]
    [InlineData("jobs", """{"task_name":"sleep","args":["soon"]}""", "args[0]", Expected)]
    [InlineData("jobs", """{"task_name":"sleep"}""", "kwargs.seconds", "expected a number; got nothing")]
    [InlineData("jobs", """{"task_name":"sleep","kwargs":{"seconds":1,"hours":1}}""", "kwargs.hours", "expected one of seconds, ignore_cancel; got an unknown name")]
    [InlineData("jobs", """{"task_name":"sleep","version":"1.0","kwargs":{"seconds":1e400}}""", "kwargs.seconds", "expected a number; got 1e400")]
    [InlineData("jobs/run-sync", """{"task_name":"sleep","kwargs":{"seconds":"soon"}}""", "kwargs.seconds", Expected)]
    [InlineData("jobs/batch", """{"jobs":[{"task_name":"echo","args":[{}]},{"task_name":"sleep","kwargs":{"seconds":"soon"}}]}""", "jobs[1].kwargs.seconds", Expected)]
    [InlineData("/jobs", """{"task_name":"sleep","kwargs":{"seconds":"soon"}}""", "kwargs.seconds", Expected)]
    [InlineData("/api/jobs/publish", """{"func":"sleep","payload":{"seconds":"soon"}}""", "payload.seconds", Expected)]
    [InlineData("/api/jobs/", """{"job_type":"sleep","title":"t","parameters":{"seconds":"soon"}}""", "parameters.seconds", Expected)]
    public async Task Submit_UnfitArguments_NamesTheField(string path, string json, string field, string message)
    {
        var reply = await api.Post(path, json);
        reply.Refused(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal(message, reply.About(field));
        Assert.Contains($"{field}: {message}", reply.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clone_UnfitArguments_NamesTheField()
    {
        var id = (await api.Submit("""{"task_name":"sleep","kwargs":{"seconds":0},"queue_name":"idle"}""")).GetProperty("id").GetString();
        var reply = await api.Post($"jobs/{id}/clone", """{"kwargs":{"seconds":"soon"}}""");
        reply.Refused(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal(Expected, reply.About("kwargs.seconds"));
    }

    [Fact]
    public async Task Submit_OverTheBus_IsRejected()
    {
        var client = api.Services.GetRequiredService<IBus>().CreateRequestClient<SubmitJob>(new Uri($"exchange:{BusAddresses.SubmitJob}"));
        var answer = await client.GetResponse<JobAccepted, JobRejected>(new SubmitJob { TaskName = "sleep", Kwargs = new Dictionary<string, JsonElement> { ["seconds"] = JsonElement.Parse("\"soon\"") } });
        Assert.True(answer.Is(out Response<JobRejected>? rejected));
        Assert.Equal(("validation_failed", $"kwargs.seconds: {Expected}"), (rejected!.Message.Code, rejected.Message.Reason));
    }

    [Fact]
    public async Task Submit_WhileWorkersDiffer_IsLeftToThem()
    {
        var task = $"shape.{Guid.CreateVersion7():N}";
        const string number = """{"properties":{"size":{"type":"number"}}}""";
        var unfit = $$$"""{"task_name":"{{{task}}}","kwargs":{"size":"large"},"queue_name":"idle"}""";

        await Announce("w1", task, "1.0", number);
        (await api.Post("jobs", unfit)).Refused(HttpStatusCode.BadRequest, "validation_failed");

        await Announce("w2", task, "1.0", """{"properties":{"size":{"type":"string"}}}""");
        await api.Submit(unfit);

        await Announce("w2", task, "1.0", " { \"properties\" : {\"size\":{\"type\":\"number\"}} } ");
        (await api.Post("jobs", unfit)).Refused(HttpStatusCode.BadRequest, "validation_failed");

        await Announce("w2", task, "1.0", null);
        await api.Submit(unfit);
    }

    [Fact]
    public async Task Submit_WithoutVersion_IsComparedWithTheHighestOfEachWorker()
    {
        var task = $"shape.{Guid.CreateVersion7():N}";
        var (unfit, fixedVersion) = ($$$"""{"task_name":"{{{task}}}","kwargs":{"size":"large"},"queue_name":"idle"}""", $$$"""{"task_name":"{{{task}}}","version":"1.9","kwargs":{"size":"large"},"queue_name":"idle"}""");
        await Announce("w1", task, "1.9", """{"properties":{"size":{"type":"string"}}}""");
        await Announce("w1", task, "1.10", """{"properties":{"size":{"type":"number"}}}""");

        (await api.Post("jobs", unfit)).Refused(HttpStatusCode.BadRequest, "validation_failed");
        await api.Submit(fixedVersion);

        await Announce("w2", task, "1.9", """{"properties":{"size":{"type":"string"}}}""");
        await api.Submit(unfit);
    }

    Task Announce(string worker, string task, string version, string? schema) => api.Services.GetRequiredService<TaskRegistry>().Announce(
        worker, [new AnnouncedTask { Name = task, Version = version, IsAsync = true, Parameters = schema is null ? null : JsonElement.Parse(schema) }], CancellationToken.None);
}
